// The keys, on `?`.
import { useEffect } from 'preact/hooks'
import { t, type Key } from '../lib/i18n'
import { Store, use } from '../lib/store'
import { Dialog } from './Dialog'

export const keyHelp = new Store(false)

const keys: [string[], Key][] = [
  [['Space', 'K'], 'keys.play'], [['J', 'L'], 'keys.ten'], [['←', '→'], 'keys.five'], [['↑', '↓'], 'keys.volume'],
  [['0', '…', '9'], 'keys.part'], [['M'], 'keys.mute'], [['F'], 'keys.full'], [['T'], 'keys.theatre'], [['C'], 'keys.captions'],
  [['<', '>'], 'keys.speed'], [[',', '.'], 'keys.frame'], [['I'], 'keys.pip'], [['S'], 'keys.sources'], [['?'], 'keys.help'],
]

/** typing tells whether a key press belongs to a field. */
export function typing(e: KeyboardEvent): boolean {
  const el = e.composedPath()[0] as HTMLElement
  return e.ctrlKey || e.metaKey || e.altKey || el.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(el.tagName)
}

export function KeyHelp() {
  const open = use(keyHelp)
  useEffect(() => {
    const press = (e: KeyboardEvent) => {
      if (e.key === '?' && !typing(e)) keyHelp.set(!keyHelp.value)
    }
    addEventListener('keydown', press)
    return () => removeEventListener('keydown', press)
  }, [])
  if (!open) return null
  const close = () => keyHelp.set(false)
  return (
    <Dialog title={t('keys.title')} close={close}>
      <dl class="keys">
        {keys.map(([names, does]) => (
          <>
            <dt>{names.map((n) => (n === '…' ? '…' : <kbd>{n}</kbd>))}</dt>
            <dd>{t(does)}</dd>
          </>
        ))}
      </dl>
      <div class="actions"><button class="btn" autofocus onClick={close}>{t('close')}</button></div>
    </Dialog>
  )
}
