// Tell the moderators what is wrong with a video, a comment or an account.
import { useState } from 'preact/hooks'
import { Problem } from '../api/http'
import { reasons, report, type Reason, type Subject } from '../api/people'
import { t, type Key } from '../lib/i18n'
import { Dialog } from '../ui/Dialog'
import { Field } from '../ui/Field'
import { say } from '../ui/Toast'

export const reasonName = (r: Reason) => t(`reason.${r}` as Key)

export function Report({ what, name, close }: { what: Subject; name: string; close: () => void }) {
  const [text, set] = useState('')
  const [chosen, choose] = useState<Reason[]>([])
  const [error, fail] = useState<string>()
  const [busy, setBusy] = useState(false)
  const send = async (e: Event) => {
    e.preventDefault()
    setBusy(true)
    try {
      await report(what, text.trim(), chosen)
      say(t('report.sent'))
      close()
    } catch (err) {
      fail(err instanceof Problem && err.status > 0 && err.status < 500 ? err.message : t('error.server'))
      setBusy(false)
    }
  }
  return (
    <Dialog title={t('report.title', { name })} close={close}>
      <form onSubmit={send}>
        <fieldset class="checks">
          <legend class="sr">{t('report.reasons')}</legend>
          {reasons.map((r) => (
            <label class="check" key={r}>
              <input type="checkbox" checked={chosen.includes(r)} onChange={() => choose((now) => (now.includes(r) ? now.filter((x) => x !== r) : [...now, r]))} />
              {reasonName(r)}
            </label>
          ))}
        </fieldset>
        <Field label={t('report.text')} error={error} help={t('report.where')}>
          {(a) => <textarea class="input" {...a} required minLength={2} maxLength={3000} value={text} onInput={(e) => set(e.currentTarget.value)} />}
        </Field>
        <div class="actions">
          <button type="button" class="btn quiet" onClick={close}>{t('cancel')}</button>
          <button class="btn danger" disabled={busy || text.trim().length < 2}>{t('report.send')}</button>
        </div>
      </form>
    </Dialog>
  )
}
