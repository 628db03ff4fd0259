import { videos, videosPath, type Sort } from '../api/calls'
import { session } from '../api/session'
import { t, type Key } from '../lib/i18n'
import { place } from '../lib/router'
import { use } from '../lib/store'
import { useTitle } from '../lib/title'
import { Empty } from '../ui/Empty'
import { VideoGrid } from '../ui/VideoGrid'

const views: { id: string; label: Key; sort: Sort; local: boolean }[] = [
  { id: '', label: 'home.recent', sort: '-publishedAt', local: false },
  { id: 'trending', label: 'home.trending', sort: '-trending', local: false },
  { id: 'local', label: 'home.local', sort: '-publishedAt', local: true },
]

export function Home() {
  const { query } = use(place)
  const s = use(session)
  const view = views.find((v) => v.id === (query.get('show') ?? '')) ?? views[0]!
  useTitle('')
  return (
    <div class="page">
      <h1 class="sr">{t('nav.home')}</h1>
      <nav class="chips" aria-label={t('home.which')}>
        {views.map((v) => (
          <a key={v.id} class="chip" href={v.id ? `/?show=${v.id}` : '/'} aria-current={v === view ? 'page' : undefined}>{t(v.label)}</a>
        ))}
      </nav>
      <h2 class="sr">{t(view.label)}</h2>
      <VideoGrid key={view.id} load={(start) => videos(start, view.sort, view.local)} inlined={videosPath(0, view.sort, view.local)}
        empty={(
          <Empty icon="video_library" title={t('home.empty.title')} text={s ? t('home.empty.mine') : t('home.empty')}>
            <a class="btn primary" href={s ? '/upload' : '/login'}>{s ? t('nav.upload') : t('login')}</a>
          </Empty>
        )} />
    </div>
  )
}
