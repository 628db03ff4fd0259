// Like and dislike. Who is signed out may do it from their own server.
import { useEffect, useState } from 'preact/hooks'
import { rate, rating, type Rating } from '../api/calls'
import { session } from '../api/session'
import type { VideoDetails } from '../api/types'
import { count } from '../lib/format'
import { t } from '../lib/i18n'
import { use } from '../lib/store'
import { away } from '../people/away'
import { Icon } from '../ui/Icon'
import { say } from '../ui/Toast'

export function Rate({ video }: { video: VideoDetails }) {
  const s = use(session)
  const [mine, set] = useState<Rating>('none')
  const [base, setBase] = useState<Rating>('none') // what the counts of the page contain
  useEffect(() => {
    if (!s) return
    // Without an answer both buttons show as not pressed.
    rating(video.id).then((r) => { set(r.rating); setBase(r.rating) }, () => undefined)
  }, [Boolean(s), video.id])
  const give = async (r: Rating) => {
    if (!s) return away('like', video.url)
    const before = mine
    const next = before === r ? 'none' : r
    set(next)
    try {
      await rate(video.uuid, next)
    } catch {
      set(before)
      say(t('error.server'), true)
    }
  }
  const likes = video.likes + Number(mine === 'like') - Number(base === 'like')
  return (
    <>
      <button class="btn" aria-pressed={mine === 'like'} aria-label={`${t('like')} · ${likes}`} title={t('like')} onClick={() => give('like')}>
        <Icon name={mine === 'like' ? 'thumb_up-fill' : 'thumb_up'} /><span class="num">{count(likes)}</span>
      </button>
      <button class="btn icon-only" aria-pressed={mine === 'dislike'} aria-label={t('dislike')} title={t('dislike')} onClick={() => give('dislike')}>
        <Icon name={mine === 'dislike' ? 'thumb_down-fill' : 'thumb_down'} />
      </button>
    </>
  )
}
