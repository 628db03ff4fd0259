import { Problem } from '../api/http'
import { t } from '../lib/i18n'
import { useTitle } from '../lib/title'
import { ErrorBox } from '../ui/ErrorBox'

export function NotFound() {
  useTitle(t('error.gone.title'))
  return <ErrorBox error={new Problem(404, '', '')} level={1} />
}
