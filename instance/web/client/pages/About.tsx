import { about } from '../api/calls'
import type { Config } from '../api/types'
import { t } from '../lib/i18n'
import { useLoad } from '../lib/load'
import { useTitle } from '../lib/title'
import { Prose } from '../ui/Prose'

export function About({ config }: { config?: Config }) {
  const { value } = useLoad(about, '')
  const name = config?.instance.name ?? ''
  useTitle(t('nav.about'))
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
