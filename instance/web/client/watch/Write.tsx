// Where a comment is written. What could not be sent stays, to send again.
import { useRef, useState } from 'preact/hooks'
import { Problem } from '../api/http'
import { me, session } from '../api/session'
import { t } from '../lib/i18n'
import { use } from '../lib/store'
import { away } from '../people/away'
import { Avatar } from '../ui/Avatar'
import { Icon } from '../ui/Icon'

interface Props {
  send: (text: string) => Promise<void>
  label: string
  address: string // of what is answered, for those at home elsewhere
  start?: string
  cancel?: () => void
  held?: boolean // the owner looks at comments first
}

const longest = 10_000

export function Write({ send, label, address, start = '', cancel, held }: Props) {
  const who = use(session)
  const m = use(me)
  const [text, set] = useState(start)
  const [busy, setBusy] = useState(false)
  const [error, fail] = useState<string>()
  const field = useRef<HTMLTextAreaElement>(null)
  if (!who) {
    return <div><button class="btn" onClick={() => away('comment', address)}><Icon name="edit" />{t('comments.login')}</button></div>
  }
  const drop = () => {
    set('')
    fail(undefined)
    cancel?.()
  }
  const go = async (e: Event) => {
    e.preventDefault()
    if (!text.trim() || busy) return
    setBusy(true)
    fail(undefined)
    try {
      await send(text.trim())
      drop()
    } catch (err) {
      fail(err instanceof Problem && err.status > 0 && err.status < 500 ? err.message : t('comments.failed'))
    } finally {
      setBusy(false)
    }
  }
  const open = text !== '' || Boolean(cancel)
  return (
    <form class={`write ${busy ? 'busy' : ''}`} onSubmit={go}>
      {m && <Avatar actor={m.account} person size="s40" />}
      <div>
        <textarea class="input" ref={field} rows={open ? 3 : 1} maxLength={longest} aria-label={label} placeholder={label} value={text} dir="auto"
          autofocus={Boolean(cancel)} onInput={(e) => set(e.currentTarget.value)}
          onKeyDown={(e) => (e.ctrlKey || e.metaKey) && e.key === 'Enter' && go(e)} />
        {held && open && <p class="quiet-text">{t('comments.held.before')}</p>}
        {error && <p class="wrong-text" role="alert">{error}</p>}
        {open && (
          <div class="actions">
            <button type="button" class="btn quiet" onClick={drop}>{t('cancel')}</button>
            <button class="btn primary" disabled={busy || !text.trim()}>{error ? t('comments.again') : t('comments.send')}</button>
          </div>
        )}
      </div>
    </form>
  )
}
