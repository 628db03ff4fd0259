// A channel's or an account's page: who they are, and their videos.
import { account, accountChannels, accountVideos, channel, channelVideos } from '../api/calls'
import { Problem } from '../api/http'
import { accountPlaylists, channelPlaylists, type PlaylistInfo } from '../api/playlists'
import { me } from '../api/session'
import type { Actor, List } from '../api/types'
import { count, day, whole } from '../lib/format'
import { t, tn } from '../lib/i18n'
import { useLoad } from '../lib/load'
import { plain } from '../lib/plain'
import { place } from '../lib/router'
import { use } from '../lib/store'
import { useTitle } from '../lib/title'
import { actorPath, Avatar, handle, ours } from '../ui/Avatar'
import { Empty } from '../ui/Empty'
import { ErrorBox } from '../ui/ErrorBox'
import { Follow } from '../ui/Follow'
import { Icon } from '../ui/Icon'
import { Menu } from '../ui/Menu'
import { Origin } from '../ui/Origin'
import { useAgainst } from '../people/Against'
import { useMuted } from '../people/muted'
import { PlaylistCard } from '../ui/PlaylistCard'
import { Prose } from '../ui/Prose'
import { say } from '../ui/Toast'
import { VideoGrid } from '../ui/VideoGrid'

function Head({ actor, person }: { actor: Actor; person?: boolean }) {
  const copy = () => navigator.clipboard?.writeText(handle(actor)).then(() => say(t('copied')), () => undefined)
  const banner = (actor.banners ?? []).toSorted((a, b) => b.width - a.width)[0]
  const owner = person ? actor : actor.ownerAccount ?? null
  const muted = useMuted(owner)
  const against = useAgainst(owner, { account: { id: owner?.id ?? 0 } }, actor.displayName, muted.value, muted.again)
  const mine = use(me)?.videoChannels?.some((c) => c.id === actor.id) && !person
  return (
    <>
      {banner && <div class="banner"><img src={banner.path ?? banner.fileUrl} alt="" width={6} height={1} /></div>}
      <header class="actor">
        <Avatar actor={actor} person={person} size="s80" />
        <div class="names">
          <h1><bdi>{actor.displayName}</bdi></h1>
          <button class="handle" onClick={copy} title={t('copy')}><bdi>{handle(actor)}</bdi><Icon name="content_copy" size={16} /></button>
          <p class="meta num">{!ours(actor) && /^https?:/.test(actor.url) && <><a class="link" href={actor.url} target="_blank" rel="noopener">{t('origin', { host: actor.host })}</a> · </>}{tn('followers', actor.followersCount, { n: count(actor.followersCount) })}</p>
          {(muted.value?.account || muted.value?.server) && <p class="badge warn"><Icon name="block" size={16} />{t('muted.here')}</p>}
          {muted.value?.all && <p class="badge warn"><Icon name="block" size={16} />{t('muted.all')}</p>}
        </div>
        {mine ? <a class="btn" href={`/my/channels?edit=${encodeURIComponent(actor.name)}`}><Icon name="edit" />{t('channel.manage')}</a> : (
          <div class="acts">
            {!person && <Follow channel={actor} />}
            {(against || !ours(actor)) && (
              <Menu label={t('more')} class="btn icon-only" face={<Icon name="more_horiz" />}>
                {!ours(actor) && <Origin url={actor.url} host={actor.host} />}
                {against}
              </Menu>
            )}
          </div>
        )}
      </header>
    </>
  )
}

function Ghost() {
  return (
    <header class="actor late" aria-hidden="true">
      <span class="avatar s80 skeleton" />
      <div class="names"><h1>&nbsp;</h1><p>&nbsp;</p><p>&nbsp;</p></div>
    </header>
  )
}

function TabLine({ base, now }: { base: string; now: string }) {
  return (
    <nav class="tabline" aria-label={t('channel.parts')}>
      <a href={base} aria-current={now === '' ? 'page' : undefined}>{t('channel.videos')}</a>
      <a href={base + '?show=playlists'} aria-current={now === 'playlists' ? 'page' : undefined}>{t('playlists')}</a>
      <a href={base + '?show=about'} aria-current={now === 'about' ? 'page' : undefined}>{t('nav.about')}</a>
    </nav>
  )
}

function AboutActor({ actor, owner }: { actor: Actor; owner?: Actor }) {
  return (
    <section>
      <h2 class="sr">{t('nav.about')}</h2>
      <dl class="facts">
        <dt>{t('channel.since')}</dt><dd>{day(actor.createdAt)}</dd>
        {actor.videosCount !== undefined && <><dt>{t('channel.videos')}</dt><dd class="num">{whole(actor.videosCount)}</dd></>}
        {owner && <><dt>{t('channel.owner')}</dt><dd><a href={actorPath('a', owner)}><bdi>{owner.displayName}</bdi></a></dd></>}
      </dl>
      {actor.description ? <Prose text={ours(actor) ? actor.description : plain(actor.description)} /> : <p class="quiet-text">{t('channel.silent')}</p>}
      {actor.support && <><h3 class="spaced">{t('channel.support')}</h3><Prose text={ours(actor) ? actor.support : plain(actor.support)} /></>}
    </section>
  )
}

function Lists({ load, of }: { load: () => Promise<List<PlaylistInfo>>; of: string }) {
  const { value, error, again } = useLoad(load, of)
  if (error) return <ErrorBox error={error} retry={again} />
  if (value && !value.data.length) return <Empty icon="playlist_play" title={t('playlists.none')} />
  return <><h2 class="sr">{t('playlists')}</h2><ul class="grid">{value?.data.map((p) => <PlaylistCard key={p.id} playlist={p} />)}</ul></>
}

export function ChannelPage({ name }: { name: string }) {
  const { value, error, again } = useLoad(() => channel(name), name)
  const show = use(place).query.get('show') ?? ''
  useTitle(value?.displayName)
  if (error) return <ErrorBox error={error} retry={again} level={1} />
  return (
    <div class="page">
      {value ? <Head actor={value} /> : <Ghost />}
      <TabLine base={`/c/${encodeURIComponent(name)}`} now={show} />
      {show === 'about' && value ? <AboutActor actor={value} owner={value.ownerAccount} /> : show === 'playlists' ? <Lists load={() => channelPlaylists(name, 0)} of={name} /> : (
        <>
          <h2 class="sr">{t('channel.videos')}</h2>
          <VideoGrid load={(start) => channelVideos(name, start)} empty={<Empty icon="video_library" title={t('channel.empty')} />} />
        </>
      )}
    </div>
  )
}

export function AccountPage({ name }: { name: string }) {
  const { value, error, again } = useLoad(() => account(name), name)
  const channels = useLoad(() => accountChannels(name), name).value?.data ?? []
  const show = use(place).query.get('show') ?? ''
  useTitle(value?.displayName)
  if (error) return <ErrorBox error={error} retry={again} level={1} />
  return (
    <div class="page">
      {value ? <Head actor={value} person /> : <Ghost />}
      <TabLine base={`/a/${encodeURIComponent(name)}`} now={show} />
      {show === 'about' && value ? (
        <>
          <AboutActor actor={value} />
          <h2 class="spaced">{t('account.channels')}</h2>
          <ul class="actors">
            {channels.map((c) => (
              <li key={c.id}><a href={actorPath('c', c)}><Avatar actor={c} size="s40" /><span><bdi>{c.displayName}</bdi><small class="num">{tn('followers', c.followersCount, { n: count(c.followersCount) })}</small></span></a></li>
            ))}
          </ul>
        </>
      ) : show === 'playlists' ? <Lists load={() => accountPlaylists(name, 0)} of={name} /> : (
        <>
          <h2 class="sr">{t('channel.videos')}</h2>
          <VideoGrid load={(start) => accountVideos(name, start)} empty={<Empty icon="video_library" title={t('channel.empty')} />} />
        </>
      )}
    </div>
  )
}

/** Anyone is the page of a short address, /@name: an account's, else a channel's. */
export function Anyone({ name }: { name: string }) {
  const { value, error, again } = useLoad(() => account(name).then(() => 'a', (e) => { if (e instanceof Problem && e.status === 404) return 'c'; throw e }), name)
  if (error) return <ErrorBox error={error} retry={again} level={1} />
  return !value ? null : value === 'a' ? <AccountPage name={name} /> : <ChannelPage name={name} />
}
