// What a report is about.
import type { Report } from '../api/people'
import { clock } from '../lib/format'
import { t, type Key } from '../lib/i18n'
import { plain } from '../lib/plain'
import { actorPath, handle, ours } from '../ui/Avatar'
import { Prose } from '../ui/Prose'

export function Subject({ report: r }: { report: Report }) {
  const gone = <> · {t('reports.deleted')}</>
  if (r.comment) {
    const c = r.comment
    return (
      <>
        <p><span class="badge">{t('reports.comment')}</span> <a href={`/w/${c.video.uuid}?threadId=${c.threadId}${c.id === c.threadId ? '' : `&commentId=${c.id}`}`}><bdi>{c.video.name}</bdi></a>{c.deleted && gone}</p>
        {c.text && <blockquote><Prose text={plain(c.text)} /></blockquote>}
      </>
    )
  }
  if (r.video) {
    const at = r.video.startAt ? `?start=${r.video.startAt}` : ''
    return (
      <p><span class="badge">{t('reports.video')}</span> {r.video.deleted ? <><bdi>{r.video.name}</bdi>{gone}</> : <a href={`/w/${r.video.uuid}${at}`}><bdi>{r.video.name}</bdi></a>}
        {r.video.startAt ? <span class="num"> · {clock(r.video.startAt)}</span> : null}</p>
    )
  }
  const a = r.flaggedAccount
  return <p><span class="badge">{t('reports.account')}</span> {a ? <><a href={actorPath('a', a)}><bdi>{a.displayName}</bdi></a>{!ours(a) && <span class="quiet-text"> <bdi>{handle(a)}</bdi></span>}</> : t('reports.deleted')}</p>
}

const states: Record<number, [string, Key]> = { 1: ['warn', 'reports.state.open'], 2: ['', 'reports.rejected'], 3: ['good', 'reports.accepted'] }

export function StateOf({ report: r }: { report: Report }) {
  const [kind, label] = states[r.state.id] ?? ['', 'reports.state.open']
  return <span class={`badge ${kind}`}>{t(label)}</span>
}
