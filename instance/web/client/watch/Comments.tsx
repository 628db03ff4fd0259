// Comments under a video. They come when somebody scrolls to them.
import { useEffect, useRef, useState } from 'preact/hooks'
import { addThread, threads, threadsOnPage, type Comment, type CommentSort } from '../api/comments'
import { session } from '../api/session'
import type { VideoDetails } from '../api/types'
import { t, tn } from '../lib/i18n'
import { place } from '../lib/router'
import { use } from '../lib/store'
import { ErrorBox } from '../ui/ErrorBox'
import { Thread } from './Thread'
import { Write } from './Write'

/** Policies of comments, as PeerTube numbers them. */
export const Policy = { Open: 1, Closed: 2, Approval: 3 } as const

interface State { list: Comment[]; total: number; written: number; error?: unknown }

const sorts: [CommentSort, 'comments.newest' | 'comments.most'][] = [['-createdAt', 'comments.newest'], ['-totalReplies', 'comments.most']]

export function Comments({ video, password, seek }: { video: VideoDetails; password?: string; seek: (at: number) => void }) {
  const who = use(session)
  const [sort, setSort] = useState<CommentSort>('-createdAt')
  const [s, set] = useState<State>()
  const turn = useRef(0)
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
  const marked = Number(place.value.query.get('threadId')) || undefined
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
      {closed ? <p class="quiet-text">{t('comments.closed')}</p> : <Write send={write} label={t('comments.write')} held={video.commentsPolicy.id === Policy.Approval} />}
      {s && s.list.length > 0 && (
        <ol class="threads">
          {s.list.map((c) => <Thread key={c.id} first={c} video={video} password={password} closed={closed} marked={marked} seek={seek} />)}
        </ol>
      )}
      {s && !s.list.length && !s.error && !closed && <p class="quiet-text">{t('comments.none')}</p>}
      {Boolean(s?.error) && <ErrorBox error={s!.error} retry={() => void more(!s!.list.length)} />}
      {s && !s.error && s.list.length < s.total && (
        <button class="btn" onClick={() => void more(false)}>{tn('comments.more', Math.min(threadsOnPage, s.total - s.list.length))}</button>
      )}
    </section>
  )
}
