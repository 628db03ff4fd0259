// My videos: every one with its state, kept fresh while the server works on one.
import { useEffect, useState } from 'preact/hooks'
import { myVideos, removeVideo } from '../api/calls'
import { session } from '../api/session'
import type { Video } from '../api/types'
import { count, day, percent } from '../lib/format'
import { t, tn } from '../lib/i18n'
import { go } from '../lib/router'
import { use } from '../lib/store'
import { useTitle } from '../lib/title'
import { broken, making, resolutions } from '../upload/progress'
import { Confirm } from '../ui/Dialog'
import { Empty } from '../ui/Empty'
import { ErrorBox } from '../ui/ErrorBox'
import { Icon } from '../ui/Icon'
import { Menu } from '../ui/Menu'
import { Thumb } from '../ui/Thumb'
import { say } from '../ui/Toast'
import { watchPath } from '../ui/VideoCard'

function StateBadge({ v }: { v: Video }) {
  if (broken(v)) return <span class="badge bad"><Icon name="error-fill" size={16} />{t('state.failed')}</span>
  if (making(v)) {
    const best = resolutions(v)[0]
    const part = v.transcodingProgress !== undefined ? ' · ' + percent(v.transcodingProgress / 100) : ''
    const phase = v.state?.id !== 1 ? t('state.making') : best ? t('state.watchable', { best }) : t('state.more')
    return <span class="badge warn num"><Icon name="hourglass_empty" size={16} />{phase + part}</span>
  }
  return <span class="badge good"><Icon name="check" size={16} />{t('state.published')}</span>
}

function MyRow({ v, remove }: { v: Video; remove: () => void }) {
  const edit = `/my/videos/${v.shortUUID}/edit`
  return (
    <li class="mine" data-uuid={v.uuid} data-state={v.state?.id}>
      <Thumb video={v} sizes="120px" />
      <div class="mine-main">
        <a class="mine-title" href={watchPath(v)}><bdi>{v.name}</bdi></a>
        <p class="quiet-text num">{tn('views', v.views, { n: count(v.views) })} · {day(v.createdAt)}</p>
        <p class="badges"><StateBadge v={v} />{v.privacy.id !== 1 && <span class="badge"><Icon name="lock" size={16} />{t(`privacy.${v.privacy.id as 2}`)}</span>}</p>
      </div>
      <Menu label={t('mine.menu', { name: v.name })} class="btn quiet icon-only" face={<Icon name="more_vert" />}>
        <a href={watchPath(v)}><Icon name="play_arrow" />{t('watch')}</a>
        <a href={edit}><Icon name="edit" />{t('edit')}</a>
        <hr />
        <button onClick={remove}><Icon name="delete" />{t('delete.video')}</button>
      </Menu>
    </li>
  )
}

export function Mine() {
  const s = use(session)
  const [list, setList] = useState<Video[]>()
  const [total, setTotal] = useState(0)
  const [error, setError] = useState<unknown>()
  const [doomed, doom] = useState<Video>()
  useTitle(t('nav.mine'))

  const look = async () => {
    try {
      const page = await myVideos(0)
      setList((now) => [...page.data, ...(now ?? []).slice(page.data.length)])
      setTotal(page.total)
      setError(undefined)
    } catch (e) {
      setError(e)
    }
  }
  const more = async () => {
    const page = await myVideos(list?.length ?? 0).catch(() => undefined)
    if (page) setList([...(list ?? []), ...page.data.filter((v) => !list?.some((n) => n.id === v.id))])
    else say(t('error.server'), true)
  }
  useEffect(() => {
    if (s) void look()
    else go('/login?to=/my/videos', true)
  }, [Boolean(s)])
  const busy = list?.some(making) ?? false
  useEffect(() => {
    if (!busy) return
    const timer = setInterval(() => !document.hidden && void look(), 3000)
    return () => clearInterval(timer)
  }, [busy])

  const remove = async () => {
    const v = doomed!
    doom(undefined)
    try {
      await removeVideo(v.uuid)
      setList(list?.filter((x) => x.id !== v.id))
      say(t('delete.done'))
    } catch {
      say(t('error.server'), true)
    }
  }

  return (
    <div class="narrow">
      <div class="page-head"><h1>{t('nav.mine')}</h1></div>
      {Boolean(error) && !list && <ErrorBox error={error} retry={look} />}
      {!list && !error && <ul class="card rows late" aria-hidden="true">{[1, 2, 3, 4, 5].map((i) => <li class="mine" key={i}><div class="thumb" /><div class="mine-main"><i class="skeleton line" /><i class="skeleton line" /></div></li>)}</ul>}
      {list && !list.length && <Empty icon="video_library" title={t('mine.empty.title')} text={t('mine.empty')}><a class="btn primary" href="/upload">{t('nav.upload')}</a></Empty>}
      {list && list.length > 0 && <ul class="card rows">{list.map((v) => <MyRow key={v.id} v={v} remove={() => doom(v)} />)}</ul>}
      {list && list.length < total && <div class="more"><button class="btn" onClick={more}>{t('more')}</button></div>}
      {doomed && <Confirm title={t('delete.named', { name: doomed.name })} text={t('delete.text')} keep={t('keep.it')} verb={t('delete.video')} act={remove} close={() => doom(undefined)} />}
    </div>
  )
}
