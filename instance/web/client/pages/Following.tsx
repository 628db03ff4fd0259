// What the followed channels published, and which ones they are.
import { followed, followedVideos } from '../api/following'
import { session } from '../api/session'
import { t } from '../lib/i18n'
import { useLoad } from '../lib/load'
import { place } from '../lib/router'
import { use } from '../lib/store'
import { useTitle } from '../lib/title'
import { actorPath, Avatar, handle } from '../ui/Avatar'
import { Empty } from '../ui/Empty'
import { ErrorBox } from '../ui/ErrorBox'
import { Follow } from '../ui/Follow'
import { VideoGrid } from '../ui/VideoGrid'

function Channels() {
  const { value, error, again } = useLoad(() => followed(0), 'followed')
  if (error) return <ErrorBox error={error} retry={again} />
  if (!value) return <div class="skeleton block" />
  if (!value.data.length) return <Nothing />
  return (
    <ul class="rows card">
      {value.data.map((c) => (
        <li class="who-row" key={c.id}>
          <Avatar actor={c} size="s40" />
          <a class="names" href={actorPath('c', c)}><strong><bdi>{c.displayName}</bdi></strong><small><bdi>{handle(c)}</bdi></small></a>
          <Follow channel={c} />
        </li>
      ))}
    </ul>
  )
}

const Nothing = () => <Empty icon="groups" title={t('following.empty.title')} text={t('following.empty')}><a class="btn primary" href="/search">{t('search.find')}</a></Empty>

export function Following() {
  const who = use(session)
  const channels = use(place).query.get('show') === 'channels'
  useTitle(t('nav.following'))
  if (!who) return <Empty level={1} icon="groups" title={t('nav.following')} text={t('following.login')}><a class="btn primary" href="/login?to=/following">{t('login')}</a></Empty>
  return (
    <div class="page">
      <h1 class="sr">{t('nav.following')}</h1>
      <nav class="chips" aria-label={t('following.parts')}>
        <a class="chip" href="/following" aria-current={channels ? undefined : 'page'}>{t('channel.videos')}</a>
        <a class="chip" href="/following?show=channels" aria-current={channels ? 'page' : undefined}>{t('account.channels')}</a>
      </nav>
      {channels ? <Channels /> : <><h2 class="sr">{t('channel.videos')}</h2><VideoGrid load={followedVideos} empty={<Nothing />} /></>}
    </div>
  )
}
