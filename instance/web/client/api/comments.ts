// Comments: threads under a video, and what one may do to them.
import { call } from './http'
import type { Actor, List } from './types'

const enc = encodeURIComponent

export interface Comment {
  id: number
  url: string
  text: string
  threadId: number
  inReplyToCommentId: number | null
  createdAt: string
  isDeleted: boolean
  heldForReview: boolean
  totalRepliesFromVideoAuthor: number
  totalReplies: number
  account: Actor | null
}

export interface Tree { comment: Comment; children: Tree[] }
export interface Threads extends List<Comment> { totalNotDeletedComments: number }

export type CommentSort = '-createdAt' | '-totalReplies'
export const threadsOnPage = 10

const given = (password?: string) => (password ? { headers: { 'x-peertube-video-password': password } } : {})

export const threads = (video: string, start: number, sort: CommentSort, password?: string) =>
  call<Threads>(`/videos/${enc(video)}/comment-threads?start=${start}&count=${threadsOnPage}&sort=${sort}`, given(password))
export const thread = (video: string, id: number, password?: string) => call<Tree>(`/videos/${enc(video)}/comment-threads/${id}`, given(password))
export const addThread = (video: string, text: string, password?: string) =>
  call<{ comment: Comment }>(`/videos/${enc(video)}/comment-threads`, { body: { text }, ...given(password) })
export const addReply = (video: string, to: number, text: string, password?: string) =>
  call<{ comment: Comment }>(`/videos/${enc(video)}/comments/${to}`, { body: { text }, ...given(password) })
export const removeComment = (video: string, id: number) => call<void>(`/videos/${enc(video)}/comments/${id}`, { method: 'DELETE' })
export const approveComment = (video: string, id: number) => call<void>(`/videos/${enc(video)}/comments/${id}/approve`, { method: 'POST' })
