// Comments under a video. A link to one shows it first, whatever the order.
import { useEffect, useRef, useState } from 'preact/hooks'
import { addThread, thread, threads, threadsOnPage, type Comment, type CommentSort } from '../api/comments'
import { session } from '../api/session'
import type { VideoDetails } from '../api/types'
import { whole } from '../lib/format'
import { t, tn } from '../lib/i18n'
import { place } from '../lib/router'
import { use } from '../lib/store'
import { ErrorBox } from '../ui/ErrorBox'
import { say } from '../ui/Toast'
import { Thread } from './Thread'
import { Write } from './Write'

/** Policies of comments, as PeerTube numbers them. */
export const Policy = { Open: 1, Closed: 2, Approval: 3 } as const

interface State { list: Comment[]; total: number; written: number; error?: unknown }

const sorts: [CommentSort, 'comments.newest' | 'comments.most'][] = [['-createdAt', 'comments.newest'], ['-totalReplies', 'comments.most']]

const number = (name: string) => Number(place.value.query.get(name)) || undefined

/** useLinked asks for the thread that the address names, which may stand on no page yet. */
function useLinked(video: string, id: number | undefined, password?: string) {
  const [first, set] = useState<Comment>()
  useEffect(() => {
    set(undefined)
    if (!id) return
    thread(video, id, password).then((tree) => set(tree.comment), () => say(t('comments.lost'), true))
  }, [id, video])
  return first
}

export function Comments({ video, password, seek }: { video: VideoDetails; password?: string; seek: (at: number) => void }) {
  const who = use(session)
  use(place)
  const [sort, setSort] = useState<CommentSort>('-createdAt')
  const [s, set] = useState<State>()
  const turn = useRef(0)
  const linked = number('threadId')
  const marked = number('commentId') ?? linked
  const first = useLinked(video.uuid, linked, password)
  const more = async (fresh: boolean) => {
    const mine = fresh ? ++turn.current : turn.current
    const before = fresh ? [] : s?.list ?? []
    try {
      const page = await threads(video.uuid, before.length, sort, password)
      if (mine !== turn.current) return // another order was chosen meanwhile
      const list = [...before, ...page.data.filter((c) => !before.some((b) => b.id === c.id))]
      set({ list, total: page.data.length ? page.total : list.length, written: page.totalNotDeletedComments })
    } catch (error) {
      if (mine === turn.current) set({ list: before, total: before.length, written: s?.written ?? 0, error })
    }
  }
  useEffect(() => void more(true), [sort, Boolean(who), video.uuid])
  const write = async (text: string) => {
    const { comment } = await addThread(video.uuid, text, password)
    set((now) => ({ list: [comment, ...(now?.list ?? [])], total: (now?.total ?? 0) + 1, written: (now?.written ?? 0) + 1 }))
  }
  const closed = video.commentsPolicy.id === Policy.Closed
  const shared = { video, password, closed, marked, seek }
  const others = s?.list.filter((c) => c.id !== first?.id)
  return (
    <section class="comments" aria-labelledby="comments">
      <header>
        <h2 id="comments">{s ? tn('comments', s.written) : t('comments.title')}</h2>
        {s && s.total > 1 && (
          <div class="seg" role="group" aria-label={t('comments.order')}>
            {sorts.map(([key, label]) => <button key={key} class="chip" aria-pressed={sort === key} onClick={() => setSort(key)}>{t(label)}</button>)}
          </div>
        )}
      </header>
      {closed ? <p class="quiet-text">{t('comments.closed')}</p>
        : <Write send={write} label={t('comments.write')} address={video.url} held={video.commentsPolicy.id === Policy.Approval} />}
      {first && <ol class="threads linked"><Thread key={first.id} first={first} {...shared} linked /></ol>}
      {!s && <div class="skeleton block late" aria-hidden="true" />}
      {others && others.length > 0 && <ol class="threads">{others.map((c) => <Thread key={c.id} first={c} {...shared} />)}</ol>}
      {s && !s.list.length && !s.error && !closed && <p class="quiet-text">{t('comments.none')}</p>}
      {Boolean(s?.error) && <ErrorBox error={s!.error} retry={() => void more(!s!.list.length)} />}
      {s && !s.error && s.list.length < s.total && (
        <div class="more-line">
          <button class="btn" onClick={() => void more(false)}>{tn('comments.more', Math.min(threadsOnPage, s.total - s.list.length))}</button>
          <span class="quiet-text num">{t('of.all', { n: whole(s.list.length), all: whole(s.total) })}</span>
        </div>
      )}
    </section>
  )
}
