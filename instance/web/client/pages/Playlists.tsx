// My playlists.
import { useState } from 'preact/hooks'
import { accountPlaylists, makePlaylist } from '../api/playlists'
import { me, session } from '../api/session'
import { t } from '../lib/i18n'
import { Pages, usePaged } from '../lib/paged'
import { use } from '../lib/store'
import { useTitle } from '../lib/title'
import { PlaylistForm } from '../playlist/Form'
import { Dialog } from '../ui/Dialog'
import { Empty } from '../ui/Empty'
import { Icon } from '../ui/Icon'
import { PlaylistCard } from '../ui/PlaylistCard'

export function Playlists() {
  const who = use(session)
  const name = use(me)?.username ?? ''
  const [making, make] = useState(false)
  const paged = usePaged(async (start) => (name ? accountPlaylists(name, start) : { total: 0, data: [] }), name, (p) => p.id)
  useTitle(t('playlists.mine'))
  if (!who) return <Empty level={1} icon="playlist_play" title={t('playlists.mine')}><a class="btn primary" href="/login?to=/my/playlists">{t('login')}</a></Empty>
  return (
    <div class="page">
      <header class="page-head">
        <h1>{t('playlists.mine')}</h1>
        <button class="btn" onClick={() => make(true)}><Icon name="add" />{t('playlist.new')}</button>
      </header>
      <h2 class="sr">{t('playlists')}</h2>
      <Pages of={paged} empty={<Empty icon="playlist_play" title={t('playlists.none')} />}>{(list) => <ul class="grid">{list.map((p) => <PlaylistCard key={p.id} playlist={p} />)}</ul>}</Pages>
      {making && (
        <Dialog title={t('playlist.new')} close={() => make(false)}>
          <PlaylistForm close={() => make(false)} save={async (e) => { await makePlaylist(e); paged.again() }} />
        </Dialog>
      )}
    </div>
  )
}
