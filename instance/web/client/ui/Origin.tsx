import { t } from '../lib/i18n'
import { Icon } from './Icon'

/** Origin leads to where something of another server is at home; nothing for addresses that are no web pages. */
export function Origin({ url, host }: { url: string; host: string }) {
  if (!/^https?:\/\//.test(url)) return null
  return <a href={url} target="_blank" rel="noopener"><Icon name="open_in_new" />{t('origin', { host })}</a>
}
