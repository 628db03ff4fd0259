import { about, type About as Facts } from '../api/calls'
import { known } from '../api/http'
import type { Config } from '../api/types'
import { t } from '../lib/i18n'
import { useLoad } from '../lib/load'
import { useTitle } from '../lib/title'
import { Prose } from '../ui/Prose'

export function About({ config }: { config?: Config }) {
  const { value, error } = useLoad(about, '', known<Facts>('/config/about'))
  const name = config?.instance.name ?? ''
  useTitle(t('nav.about'))
  if (!value && !error) return null // a moment without a page is calmer than one that moves
  return (
    <div class="narrow about">
      <h1>{t('about.title', { name })}</h1>
      <p class="lead">{config?.instance.shortDescription}</p>
      {value?.instance.description && <Prose text={value.instance.description} />}
      <h2>{t('about.p2p.title')}</h2>
      <p class="read">{t('about.p2p')}</p>
      {value?.instance.terms && <><h2>{t('about.terms')}</h2><Prose text={value.instance.terms} /></>}
      <h2>{t('about.software.title')}</h2>
      <p class="read">{t('about.software', { version: config?.serverVersion ?? '' })}</p>
    </div>
  )
}
