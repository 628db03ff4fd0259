// What happened that concerns the person: newest first, the unread ones marked.
import { useEffect, useState } from 'preact/hooks'
import { askNotices, Kind, noticesOnPage, readAllNotices, readNotices, ReportState, type Notice } from '../api/people'
import { session } from '../api/session'
import type { ActorSummary } from '../api/types'
import { ago, moment } from '../lib/format'
import { t } from '../lib/i18n'
import { use } from '../lib/store'
import { useTitle } from '../lib/title'
import { refresh, unread } from '../people/unread'
import { actorPath, Avatar, handle } from '../ui/Avatar'
import { Empty } from '../ui/Empty'
import { ErrorBox } from '../ui/ErrorBox'
import { Icon } from '../ui/Icon'

interface Said { text: string; to: string; face?: ActorSummary; person?: boolean; icon: string }

const actor = (f: { id: number; displayName: string; name: string; host: string; avatars: ActorSummary['avatars'] }): ActorSummary => ({ ...f, url: '' })
const watch = (v: { shortUUID: string }) => `/w/${v.shortUUID}`

function ofReport(n: Notice): Said {
  const a = n.abuse!
  const state = a.state === ReportState.Accepted ? t('notice.report.accepted') : a.state === ReportState.Rejected ? t('notice.report.rejected') : t('notice.report.open')
  if (n.type === Kind.NewReport) return { icon: 'flag', to: '/admin/reports', text: t('notice.report.new', { what: a.video?.name ?? a.comment?.video.name ?? a.account?.displayName ?? '' }) }
  if (n.type === Kind.ReportMessage) return { icon: 'flag', to: '/my/notifications', text: t('notice.report.message') }
  return { icon: 'flag', to: '/my/notifications', text: state }
}

function ofFollow(n: Notice): Said {
  const f = n.actorFollow!
  const who = actor(f.follower)
  if (f.following.type === 'instance') return { icon: 'person_add', to: '/admin/follows', text: t('notice.follow.instance', { name: f.follower.host }), face: who, person: true }
  return { icon: 'person_add', to: actorPath('a', who), text: t('notice.follow', { name: f.follower.displayName, what: f.following.displayName }), face: who, person: true }
}

function said(n: Notice): Said {
  if (n.abuse) return ofReport(n)
  if (n.actorFollow) return n.type === Kind.AutoFollow ? { icon: 'person_add', to: '/admin/follows', text: t('notice.follow.auto', { name: n.actorFollow.following.host }) } : ofFollow(n)
  if (n.comment) {
    const c = n.comment
    const slots = { name: c.account.displayName, video: c.video.name }
    const text = n.type === Kind.Mention ? t('notice.mention', slots) : c.heldForReview ? t('notice.comment.held', slots) : t('notice.comment', slots)
    return { icon: 'mail', to: `${watch(c.video)}?threadId=${c.threadId}`, text, face: actor(c.account), person: true }
  }
  if (n.video) {
    const text = n.type === Kind.Published ? t('notice.published', { video: n.video.name })
      : n.type === Kind.NewLive ? t('notice.live', { name: n.video.channel.displayName, video: n.video.name })
        : t('notice.video', { name: n.video.channel.displayName, video: n.video.name })
    return { icon: 'video_library', to: watch(n.video), text, face: actor(n.video.channel) }
  }
  if (n.account) return { icon: 'person_add', to: actorPath('a', actor(n.account)), text: t('notice.registered', { name: handle(actor(n.account)) }), face: actor(n.account), person: true }
  return { icon: 'notifications', to: '/my/notifications', text: t('notice.other') }
}

function Row({ notice: n, read }: { notice: Notice; read: () => void }) {
  const s = said(n)
  return (
    <li class={`notice ${n.read ? '' : 'unread'}`}>
      {s.face ? <Avatar actor={s.face} person={s.person} size="s40" /> : <span class="notice-icon"><Icon name={s.icon} /></span>}
      <a href={s.to} onClick={read}>
        <span dir="auto">{s.text}</span>
        <small><time dateTime={n.createdAt} title={moment(n.createdAt)}>{ago(n.createdAt)}</time>{!n.read && <span class="sr"> · {t('notice.unread')}</span>}</small>
      </a>
      {!n.read && <button class="btn quiet icon-only" aria-label={t('notice.read')} title={t('notice.read')} onClick={read}><Icon name="check" /></button>}
    </li>
  )
}

export function Notices() {
  const who = use(session)
  const fresh = use(unread)
  const [list, set] = useState<Notice[]>()
  const [total, setTotal] = useState(0)
  const [error, fail] = useState<unknown>()
  useTitle(t('notices'))
  const more = async (from: Notice[]) => {
    try {
      const page = await askNotices(from.length)
      set([...from, ...page.data.filter((n) => !from.some((f) => f.id === n.id))])
      setTotal(page.total)
      fail(undefined)
    } catch (e) {
      fail(e)
    }
  }
  useEffect(() => { if (who) void more([]) }, [Boolean(who), fresh])
  if (!who) return <Empty level={1} icon="notifications" title={t('notices')}><a class="btn primary" href="/login?to=/my/notifications">{t('login')}</a></Empty>
  const read = async (n: Notice) => {
    if (n.read) return
    set((now) => now?.map((x) => (x.id === n.id ? { ...x, read: true } : x)))
    await readNotices([n.id]).catch(() => undefined) // it stays unread there, and shows so at the next look
    void refresh()
  }
  const all = async () => {
    await readAllNotices().catch(fail)
    set((now) => now?.map((x) => ({ ...x, read: true })))
    void refresh()
  }
  return (
    <div class="page narrow">
      <header class="page-head">
        <h1>{t('notices')}</h1>
        {list?.some((n) => !n.read) && <button class="btn" onClick={all}><Icon name="check" />{t('notices.all')}</button>}
      </header>
      {Boolean(error) && <ErrorBox error={error} retry={() => void more(list ?? [])} />}
      {!list && !error && <div class="skeleton block" />}
      {list && !list.length && <Empty icon="notifications" title={t('notices.none')} text={t('notices.hint')} />}
      {list && list.length > 0 && <ul class="rows card">{list.map((n) => <Row key={n.id} notice={n} read={() => void read(n)} />)}</ul>}
      {list && list.length < total && <div class="more"><button class="btn" onClick={() => void more(list)}>{t('notices.more', { n: Math.min(noticesOnPage, total - list.length) })}</button></div>}
    </div>
  )
}
