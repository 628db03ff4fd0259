// A paged list of videos: the next page is asked for before its place comes into view.
import type { ComponentChildren } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import { pageSize } from '../api/calls'
import { known } from '../api/http'
import type { List, Video } from '../api/types'
import { t } from '../lib/i18n'
import { back } from '../lib/router'
import { ErrorBox } from './ErrorBox'
import { Ghosts, VideoCard } from './VideoCard'

interface Props {
  load: (start: number) => Promise<List<Video>>
  inlined?: string // path whose answer the page may have come with
  empty: ComponentChildren
}

// Lists as they were when their page was left.
const left = new Map<string, List<Video>>()

export function VideoGrid({ load, inlined, empty }: Props) {
  const [key] = useState(() => location.pathname + location.search)
  const [given] = useState(() => (back.now ? left.get(key) : undefined) ?? (inlined ? known<List<Video>>(inlined) : undefined))
  const [list, setList] = useState<Video[]>(given?.data ?? [])
  const [total, setTotal] = useState<number | undefined>(given?.total)
  const [error, setError] = useState<unknown>()
  const busy = useRef(false)
  const end = useRef<HTMLDivElement>(null)

  const more = async () => {
    if (busy.current) return
    busy.current = true
    setError(undefined)
    try {
      const page = await load(list.length)
      // A video may have come or gone since the last page: each shows once.
      setList((now) => [...now, ...page.data.filter((v) => !now.some((n) => n.id === v.id))])
      setTotal(page.data.length ? page.total : 0)
    } catch (e) {
      setError(e)
    } finally {
      busy.current = false
    }
  }

  useEffect(() => {
    if (total === undefined) void more()
  }, [])

  useEffect(() => {
    if (total !== undefined) left.set(key, { total, data: list })
  }, [list, total])

  const open = total !== undefined && list.length > 0 && list.length < total
  useEffect(() => {
    if (!open || !end.current) return
    const eye = new IntersectionObserver((seen) => seen.some((s) => s.isIntersecting) && void more(), { rootMargin: '800px' })
    eye.observe(end.current)
    return () => eye.disconnect()
  }, [open, list.length])

  if (error && !list.length) return <ErrorBox error={error} retry={more} />
  if (total !== undefined && !list.length) return <>{empty}</>
  return (
    <>
      <ul class="grid edge-grid" aria-busy={total === undefined}>
        {list.map((v, i) => <VideoCard key={v.id} video={v} eager={i < 4} />)}
        {total === undefined && <Ghosts n={pageSize / 2} />}
      </ul>
      <div class="more" ref={end}>
        {Boolean(error) && <button class="btn" onClick={more}>{t('try.again')}</button>}
      </div>
    </>
  )
}
