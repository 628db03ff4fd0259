// What a notice says and where it leads; several of the same thing say it once.
import type { ComponentChildren } from 'preact'
import { Kind, ReportState, type Notice } from '../api/people'
import type { ActorSummary } from '../api/types'
import { day } from '../lib/format'
import { t, tn } from '../lib/i18n'
import { among, rich } from '../lib/rich'
import { actorPath } from '../ui/Avatar'

interface Said { text: ComponentChildren; to: string; face?: ActorSummary; person?: boolean; icon: string; same?: string }

const actor = (f: { id: number; displayName: string; name: string; host: string; avatars: ActorSummary['avatars'] }): ActorSummary => ({ ...f, url: '' })
const watch = (v: { shortUUID: string }) => `/w/${v.shortUUID}`
const bold = (s: string) => <strong>{s}</strong>

function ofReport(n: Notice): Said {
  const a = n.abuse!
  const what = a.video?.name ?? a.comment?.video.name ?? a.account?.displayName ?? ''
  const to = `/my/reports#${a.id}`
  if (n.type === Kind.NewReport) return { icon: 'flag', to: '/admin/reports', text: rich('notice.report.new', { what: bold(what) }) }
  if (n.type === Kind.ReportMessage) return { icon: 'flag', to, text: t('notice.report.message') }
  return { icon: 'flag', to, text: t(a.state === ReportState.Accepted ? 'notice.report.accepted' : a.state === ReportState.Rejected ? 'notice.report.rejected' : 'notice.report.open') }
}

function ofFollow(n: Notice, names: string, several: boolean): Said {
  const f = n.actorFollow!
  const who = actor(f.follower)
  if (n.type === Kind.AutoFollow) return { icon: 'person_add', to: '/admin/follows', text: rich('notice.follow.auto', { name: bold(f.following.host) }) }
  if (f.following.type === 'instance') return { icon: 'person_add', to: '/admin/follows', text: rich('notice.follow.instance', { name: bold(f.follower.host) }), face: who }
  return { icon: 'person_add', to: actorPath('a', who), text: rich(several ? 'notice.follow.all' : 'notice.follow', { name: bold(names), what: f.following.displayName }), face: who, person: true, same: `follow ${f.following.name}` }
}

function ofComment(n: Notice, names: string, several: boolean): Said {
  const c = n.comment!
  const key = n.type === Kind.Mention ? 'notice.mention' : c.heldForReview ? 'notice.comment.held' : 'notice.comment'
  const reply = c.id === c.threadId ? '' : `&commentId=${c.id}`
  return {
    icon: 'mail', to: `${watch(c.video)}?threadId=${c.threadId}${reply}`, text: rich(several ? `${key}.all` : key, { name: bold(names), video: c.video.name }),
    face: actor(c.account), person: true, same: `${key} ${c.video.id}`,
  }
}

function ofVideo(n: Notice): Said {
  const v = n.video!
  const slots = { name: bold(v.channel.displayName), video: v.name }
  const key = n.type === Kind.Published ? 'notice.published' : n.type === Kind.NewLive ? 'notice.live' : 'notice.video'
  return { icon: 'video_library', to: watch(v), text: rich(key, slots), face: actor(v.channel) }
}

/** said is what one notice tells; names stand for the one, or the several, it is about. */
export function said(n: Notice, names: string, several = false): Said {
  if (n.abuse) return ofReport(n)
  if (n.actorFollow) return ofFollow(n, names, several)
  if (n.comment) return ofComment(n, names, several)
  if (n.video) return ofVideo(n)
  if (n.account) return { icon: 'person_add', to: actorPath('a', actor(n.account)), text: rich('notice.registered', { name: bold(n.account.displayName) }), face: actor(n.account), person: true }
  return { icon: 'notifications', to: '/my/notifications', text: t('notice.other') }
}

const whose = (n: Notice) => n.comment?.account.displayName ?? n.actorFollow?.follower.displayName ?? ''

export interface Group { key: number; notices: Notice[]; said: Said }
export interface Day { label: string; groups: Group[] }

function dated(date: string): string {
  const midnight = new Date().setHours(0, 0, 0, 0)
  const at = Date.parse(date)
  return at >= midnight ? t('today') : at >= midnight - 86_400_000 ? t('yesterday') : day(date)
}

/** byDay sorts notices under their days; in a day, those of the same thing are one. */
export function byDay(list: Notice[]): Day[] {
  const days: { label: string; sets: Map<string, Notice[]> }[] = []
  for (const n of list) {
    const label = dated(n.createdAt)
    if (days.at(-1)?.label !== label) days.push({ label, sets: new Map() })
    const sets = days.at(-1)!.sets
    const key = `${n.read} ${said(n, '').same ?? n.id}`
    sets.set(key, [...(sets.get(key) ?? []), n])
  }
  return days.map(({ label, sets }) => ({
    label,
    groups: [...sets.values()].map((notices) => {
      const names = [...new Set(notices.map(whose))]
      const shown = names.length > 3 ? names.slice(0, 2) : names
      const others = names.length - shown.length
      return { key: notices[0]!.id, notices, said: said(notices[0]!, among(shown, others ? tn('others', others) : ''), names.length > 1) }
    }),
  }))
}
