// One message at a time at the bottom. Good news goes by itself; errors stay until closed.
import { useEffect, useState } from 'preact/hooks'
import { t } from '../lib/i18n'
import { Store, use } from '../lib/store'
import { Icon } from './Icon'

interface Message { text: string; bad?: boolean; undo?: () => void }

const message = new Store<Message | undefined>(undefined)

/** say shows a sentence; undo, where given, takes back what it tells of. */
export function say(text: string, bad = false, undo?: () => void) {
  message.set({ text, bad, undo })
}

export function Toast() {
  const m = use(message)
  const [held, hold] = useState(false)
  useEffect(() => {
    if (!m || m.bad || held) return
    const timer = setTimeout(() => message.set(undefined), m.undo ? 12_000 : 6000)
    return () => clearTimeout(timer)
  }, [m, held])
  return (
    <div role="status" aria-live="polite">
      {m && (
        <div class="toast" onMouseEnter={() => hold(true)} onMouseLeave={() => hold(false)} onFocusIn={() => hold(true)} onFocusOut={() => hold(false)}>
          <Icon name={m.bad ? 'error-fill' : 'check_circle-fill'} kind={m.bad ? 'bad' : 'good'} />
          <span>{m.text}</span>
          {m.undo && <button class="btn" onClick={() => { message.set(undefined); m.undo!() }}>{t('undo')}</button>}
          <button class="btn quiet icon-only" aria-label={t('close')} onClick={() => message.set(undefined)}><Icon name="close" /></button>
        </div>
      )}
    </div>
  )
}
