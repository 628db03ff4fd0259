// What moderators and who reported write to each other about a report.
import { useState } from 'preact/hooks'
import { Problem } from '../api/http'
import { reportMessages, writeReport } from '../api/people'
import { me } from '../api/session'
import { ago, moment } from '../lib/format'
import { t } from '../lib/i18n'
import { useLoad } from '../lib/load'
import { use } from '../lib/store'
import { Dialog } from '../ui/Dialog'
import { ErrorBox } from '../ui/ErrorBox'
import { Field } from '../ui/Field'
import { Prose } from '../ui/Prose'

export function Messages({ report, close }: { report: number; close: () => void }) {
  const m = use(me)
  const { value, error, again } = useLoad(() => reportMessages(report), report)
  const [text, set] = useState('')
  const [wrong, fail] = useState<string>()
  const send = async (e: Event) => {
    e.preventDefault()
    try {
      await writeReport(report, text.trim())
      set('')
      fail(undefined)
      again()
    } catch (err) {
      fail(err instanceof Problem && err.status > 0 && err.status < 500 ? err.message : t('error.server'))
    }
  }
  return (
    <Dialog title={t('reports.messages')} close={close}>
      {Boolean(error) && <ErrorBox error={error} retry={again} />}
      {value && !value.data.length && <p>{t('reports.messages.none')}</p>}
      <ol class="messages">
        {value?.data.map((x) => (
          <li key={x.id} class={x.account?.id === m?.account.id ? 'own' : ''}>
            <p class="quiet-text"><bdi>{x.byModerator && x.account?.id !== m?.account.id ? t('reports.moderator') : x.account?.displayName ?? ''}</bdi> · <time dateTime={x.createdAt} title={moment(x.createdAt)}>{ago(x.createdAt)}</time></p>
            <Prose text={x.message} />
          </li>
        ))}
      </ol>
      <form onSubmit={send}>
        <Field label={t('reports.message')} error={wrong}>
          {(a) => <textarea class="input low" {...a} minLength={2} maxLength={3000} value={text} dir="auto" onInput={(e) => set(e.currentTarget.value)} />}
        </Field>
        <div class="actions"><button type="button" class="btn quiet" onClick={close}>{t('close')}</button><button class="btn primary" disabled={text.trim().length < 2}>{t('send')}</button></div>
      </form>
    </Dialog>
  )
}
