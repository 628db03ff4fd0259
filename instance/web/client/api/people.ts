// People: notices, reports, mutes, making and changing an account.
import { call } from './http'
import type { Actor, ActorSummary, Label, List, NSFWPolicy, Picture } from './types'

const enc = encodeURIComponent

interface Face { id: number; displayName: string; name: string; host: string; avatars: Picture[] }
interface Film { id: number; uuid: string; shortUUID: string; name: string }

/** Kinds of notices, as PeerTube numbers them. */
export const Kind = {
  NewVideo: 1, NewComment: 2, NewReport: 3, Published: 6, Registered: 9, NewFollow: 10, Mention: 11, InstanceFollower: 13, AutoFollow: 14,
  ReportState: 15, ReportMessage: 16, NewLive: 21,
} as const

export interface Notice {
  id: number
  type: number
  read: boolean
  createdAt: string
  video?: Film & { channel: Face }
  comment?: { id: number; threadId: number; account: Face; video: Film; heldForReview: boolean }
  abuse?: { id: number; state: number; video?: Film; comment?: { threadId: number; video: Film }; account?: Face }
  account?: Face
  actorFollow?: { id: number; follower: Face; state: string; following: { type: 'account' | 'channel' | 'instance'; name: string; displayName: string; host: string } }
}

const notices = '/users/me/notifications'
export const noticesOnPage = 50
export const askNotices = (start: number, unread = false) => call<List<Notice>>(`${notices}?start=${start}&count=${noticesOnPage}&sort=-createdAt${unread ? '&unread=true' : ''}`)
export const countUnread = () => call<List<Notice>>(`${notices}?unread=true&start=0&count=0`).then((l) => l.total)
export const readNotices = (ids: number[]) => call<void>(`${notices}/read`, { body: { ids } })
export const readAllNotices = () => call<void>(`${notices}/read-all`, { method: 'POST' })

export const reasons = ['violentOrRepulsive', 'hatefulOrAbusive', 'spamOrMisleading', 'privacy', 'rights', 'serverRules', 'thumbnails', 'captions'] as const
export type Reason = (typeof reasons)[number]
export interface Subject { video?: { id: number }; comment?: { id: number }; account?: { id: number } }
export const report = (what: Subject, reason: string, predefinedReasons: Reason[]) => call<unknown>('/abuses', { body: { ...what, reason, predefinedReasons } })

export interface Report {
  id: number
  reason: string
  predefinedReasons: Reason[]
  reporterAccount: Actor | null
  flaggedAccount: Actor | null
  state: Label
  moderationComment: string | null
  createdAt: string
  countMessages: number
  countReportsForReportee?: number
  video: { id: number; uuid: string; shortUUID?: string; name: string; deleted: boolean; startAt?: number | null } | null
  comment: { id: number; threadId: number; text: string; deleted: boolean; video: { uuid: string; name: string } } | null
}
export const ReportState = { Pending: 1, Rejected: 2, Accepted: 3 } as const
export const reportsOnPage = 20
export const reports = (start: number, state?: number, search = '') =>
  call<List<Report>>(`/abuses?start=${start}&count=${reportsOnPage}&sort=-createdAt${state ? `&state=${state}` : ''}${search && `&search=${enc(search)}`}`)
export const myReports = () => call<List<Report>>('/users/me/abuses?start=0&count=100&sort=-createdAt')
export interface Message { id: number; byModerator: boolean; message: string; createdAt: string; account: ActorSummary | null }
export const reportMessages = (id: number) => call<List<Message>>(`/abuses/${id}/messages`)
export const writeReport = (id: number, message: string) => call<unknown>(`/abuses/${id}/messages`, { body: { message } })
export const decide = (id: number, change: { state?: number; moderationComment?: string }) => call<void>(`/abuses/${id}`, { method: 'PUT', body: change })
export const removeReport = (id: number) => call<void>(`/abuses/${id}`, { method: 'DELETE' })

export interface AccountMute { blockedAccount: ActorSummary; createdAt: string }
export interface ServerMute { blockedServer: { host: string }; createdAt: string }
type Whose = 'users/me' | 'server'
export const mutedAccounts = (of: Whose) => call<List<AccountMute>>(`/${of}/blocklist/accounts?start=0&count=100`)
export const mutedServers = (of: Whose) => call<List<ServerMute>>(`/${of}/blocklist/servers?start=0&count=100`)
export const muteAccount = (of: Whose, accountName: string) => call<void>(`/${of}/blocklist/accounts`, { body: { accountName } })
export const unmuteAccount = (of: Whose, name: string) => call<void>(`/${of}/blocklist/accounts/${enc(name)}`, { method: 'DELETE' })
export const muteServer = (of: Whose, host: string) => call<void>(`/${of}/blocklist/servers`, { body: { host } })
export const unmuteServer = (of: Whose, host: string) => call<void>(`/${of}/blocklist/servers/${enc(host)}`, { method: 'DELETE' })

export interface Follow { id: number; follower: ActorSummary; following: ActorSummary; state: 'pending' | 'accepted' | 'rejected'; score: number; createdAt: string }
export const followsOnPage = 50
export interface Which { state?: string; search?: string }
const follows = (side: string) => (start: number, { state, search }: Which) =>
  call<List<Follow>>(`/server/${side}?start=${start}&count=${followsOnPage}&sort=-createdAt${state ? `&state=${state}` : ''}${search ? `&search=${enc(search)}` : ''}`)
export const followers = follows('followers')
export const followings = follows('following')
export const followServers = (hosts: string[], handles: string[]) => call<void>('/server/following', { body: { hosts, handles } })
export const unfollowServer = (name: string) => call<void>(`/server/following/${enc(name)}`, { method: 'DELETE' })
export const decideFollower = (handle: string, what: 'accept' | 'reject') => call<void>(`/server/followers/${enc(handle)}/${what}`, { method: 'POST' })
export const removeFollower = (handle: string) => call<void>(`/server/followers/${enc(handle)}`, { method: 'DELETE' })

export interface SignUp { username: string; password: string; email: string; displayName?: string; channel?: { name: string; displayName: string } }
export const signUp = (s: SignUp) => call<void>('/users/register', { body: s, anonymous: true })

export interface Profile {
  displayName?: string
  description?: string | null
  p2pEnabled?: boolean
  autoPlayVideo?: boolean
  autoPlayNextVideoPlaylist?: boolean
  nsfwPolicy?: NSFWPolicy
  currentPassword?: string
  password?: string
}
export const changeMe = (p: Profile) => call<void>('/users/me', { method: 'PUT', body: p })
export const leave = () => call<void>('/users/me', { method: 'DELETE' })
export function pickAvatar(file: File) {
  const f = new FormData()
  f.set('avatarfile', file)
  return call<{ avatars: Picture[] }>('/users/me/avatar/pick', { form: f })
}
export const removeAvatar = () => call<void>('/users/me/avatar', { method: 'DELETE' })
export type Notify = Record<string, number>
export const setNotify = (n: Notify) => call<void>('/users/me/notification-settings', { method: 'PUT', body: n })

interface Blocked { blockedByServer: boolean; blockedByUser: boolean }
export const blockStatus = (account: string, host: string) =>
  call<{ accounts: Record<string, Blocked | undefined>; hosts: Record<string, Blocked | undefined> }>(`/blocklist/status?accounts=${enc(account)}&hosts=${enc(host)}`)
