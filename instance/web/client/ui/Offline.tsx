import { useEffect, useState } from 'preact/hooks'
import { t } from '../lib/i18n'
import { Icon } from './Icon'

/** A bar on top while there is no connection. What was loaded stays. */
export function Offline() {
  const [off, set] = useState(!navigator.onLine)
  useEffect(() => {
    const look = () => set(!navigator.onLine)
    addEventListener('online', look)
    addEventListener('offline', look)
    return () => {
      removeEventListener('online', look)
      removeEventListener('offline', look)
    }
  }, [])
  return <div role="status">{off && <p class="bar-line"><Icon name="wifi_off" />{t('offline')}</p>}</div>
}
