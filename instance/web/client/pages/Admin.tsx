// What administrators and moderators look after.
import { Follows } from '../admin/Follows'
import { Reports } from '../admin/Reports'
import { me } from '../api/session'
import { t, type Key } from '../lib/i18n'
import { use } from '../lib/store'
import { useTitle } from '../lib/title'
import { Mutes } from '../people/Mutes'
import { Empty } from '../ui/Empty'

/** What stands where, and up to which role of PeerTube's numbers one may see it. */
export const desks: { id: string; label: Key; role: number }[] = [
  { id: 'reports', label: 'reports', role: 1 }, { id: 'mutes', label: 'mutes', role: 1 }, { id: 'follows', label: 'follows', role: 0 },
]

export function Admin({ desk }: { desk: string }) {
  const role = use(me)?.role.id ?? 9
  useTitle(t('admin'))
  const mine = desks.filter((d) => role <= d.role)
  if (!mine.some((d) => d.id === desk)) return <Empty level={1} icon="lock" title={t('admin.no')} />
  return (
    <div class="page narrow sections">
      <h1>{t('admin')}</h1>
      <nav class="chips" aria-label={t('admin.parts')}>
        {mine.map((d) => <a class="chip" key={d.id} href={`/admin/${d.id}`} aria-current={d.id === desk ? 'page' : undefined}>{t(d.label)}</a>)}
      </nav>
      {desk === 'reports' && <Reports />}
      {desk === 'follows' && <Follows />}
      {desk === 'mutes' && <section><h2>{t('mutes')}</h2><p class="quiet-text">{t('mutes.all')}</p><Mutes of="server" /></section>}
    </div>
  )
}
