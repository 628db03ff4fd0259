// Somebody without an account here wants to follow, answer or like: their own server can do it for them.
import { useState } from 'preact/hooks'
import { recall, remember } from '../lib/local'
import { t } from '../lib/i18n'
import { place } from '../lib/router'
import { Dialog } from '../ui/Dialog'
import { Field } from '../ui/Field'
import { Icon } from '../ui/Icon'
import { say } from '../ui/Toast'

interface Finger { links?: { rel?: string; template?: string }[] }

/** door is where a server takes the address of something elsewhere: what WebFinger says, else as PeerTube has it. */
async function door(name: string, host: string, uri: string): Promise<string> {
  const plain = `https://${host}/remote-interaction?uri=${encodeURIComponent(uri)}`
  if (!name) return plain
  try {
    const res = await fetch(`https://${host}/.well-known/webfinger?resource=${encodeURIComponent(`acct:${name}@${host}`)}`, { signal: AbortSignal.timeout(5000) })
    const doc = (await res.json()) as Finger
    const template = doc.links?.find((l) => l.rel === 'http://ostatus.org/schema/1.0/subscribe')?.template
    const to = template && new URL(template.replace('{uri}', encodeURIComponent(uri)))
    return to && /^https?:$/.test(to.protocol) && to.host === host ? to.href : plain
  } catch {
    return plain // it keeps its answers from pages of others
  }
}

export function Elsewhere({ title, uri, close }: { title: string; uri: string; close: () => void }) {
  const [text, set] = useState(recall<string>('elsewhere') ?? '')
  const [error, fail] = useState<string>()
  const [busy, setBusy] = useState(false)
  const copy = () => navigator.clipboard?.writeText(uri).then(() => say(t('copied')), () => undefined)
  const go = async (e: Event) => {
    e.preventDefault()
    const [host, name = ''] = text.trim().replace(/^https?:\/\//, '').replace(/^@/, '').replace(/\/.*$/, '').toLowerCase().split('@').reverse()
    if (!host || !/^[\p{L}\d.-]+(:\d+)?$/u.test(host) || !host.includes('.')) return fail(t('elsewhere.wrong'))
    remember('elsewhere', text.trim())
    setBusy(true)
    location.assign(await door(name, host, uri))
  }
  return (
    <Dialog title={title} close={close}>
      <p>{t('elsewhere.here')}</p>
      <a class="btn primary wide spaced-top" href={`/login?to=${encodeURIComponent(place.value.path)}`}><Icon name="login" />{t('login')}</a>
      <form onSubmit={go} noValidate>
        <Field label={t('elsewhere.label')} help={t('elsewhere.help')} error={error}>
          {(a) => <input {...a} class="input" type="text" inputMode="email" autocapitalize="none" spellcheck={false} placeholder={t('elsewhere.hint')} value={text}
            onInput={(e) => { set(e.currentTarget.value); fail(undefined) }} />}
        </Field>
        <div class="actions">
          <button type="button" class="btn quiet" onClick={copy}><Icon name="content_copy" />{t('elsewhere.copy')}</button>
          <button class="btn" disabled={busy || !text.trim()}><Icon name="open_in_new" />{t('elsewhere.go')}</button>
        </div>
      </form>
    </Dialog>
  )
}
