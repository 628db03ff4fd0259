// What the followed channels published, and which ones they are.
import { useState } from 'preact/hooks'
import { followed, followedVideos } from '../api/following'
import { session } from '../api/session'
import { count } from '../lib/format'
import { t, tn } from '../lib/i18n'
import { Pages, usePaged } from '../lib/paged'
import { place } from '../lib/router'
import { use } from '../lib/store'
import { useTitle } from '../lib/title'
import { actorPath, Avatar, handle } from '../ui/Avatar'
import { Empty } from '../ui/Empty'
import { Follow } from '../ui/Follow'
import { VideoGrid } from '../ui/VideoGrid'

function Channels() {
  const [text, find] = useState('')
  const paged = usePaged((start) => followed(start, text.trim()), text.trim(), (c) => c.id)
  return (
    <>
      <div class="sift"><input class="input" type="search" aria-label={t('following.find')} placeholder={t('following.find')} value={text} onInput={(e) => find(e.currentTarget.value)} /></div>
      <Pages of={paged} empty={text ? <Empty icon="search" title={t('search.none')} /> : <Nothing />}>
        {(list) => (
          <ul class="rows card">
            {list.map((c) => (
              <li class="who-row" key={c.id}>
                <Avatar actor={c} size="s40" />
                <a class="names" href={actorPath('c', c)}><strong><bdi>{c.displayName}</bdi></strong><small><bdi>{handle(c)}</bdi> · {tn('followers', c.followersCount, { n: count(c.followersCount) })}</small></a>
                <Follow channel={c} />
              </li>
            ))}
          </ul>
        )}
      </Pages>
    </>
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
