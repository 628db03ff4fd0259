// What people reported, and what the moderators decide.
import { useState } from 'preact/hooks'
import { decide, removeReport, reports, ReportState, type Report } from '../api/people'
import { removeComment } from '../api/comments'
import { ago, moment } from '../lib/format'
import { t } from '../lib/i18n'
import { useLoad } from '../lib/load'
import { plain } from '../lib/plain'
import { reasonName } from '../people/Report'
import { actorPath } from '../ui/Avatar'
import { Empty } from '../ui/Empty'
import { ErrorBox } from '../ui/ErrorBox'
import { Icon } from '../ui/Icon'
import { Menu } from '../ui/Menu'
import { Prose } from '../ui/Prose'
import { say } from '../ui/Toast'

function Subject({ report: r }: { report: Report }) {
  if (r.comment) {
    return (
      <>
        <p>{t('reports.comment')} <a href={`/w/${r.comment.video.uuid}?threadId=${r.comment.threadId}`}><bdi>{r.comment.video.name}</bdi></a>{r.comment.deleted && ` · ${t('reports.deleted')}`}</p>
        {r.comment.text && <blockquote><Prose text={plain(r.comment.text)} /></blockquote>}
      </>
    )
  }
  if (r.video) return <p>{t('reports.video')} {r.video.deleted ? <bdi>{r.video.name} · {t('reports.deleted')}</bdi> : <a href={`/w/${r.video.uuid}${r.video.startAt ? `?start=${r.video.startAt}` : ''}`}><bdi>{r.video.name}</bdi></a>}</p>
  return <p>{t('reports.account')} {r.flaggedAccount ? <a href={actorPath('a', r.flaggedAccount)}><bdi>{r.flaggedAccount.displayName}</bdi></a> : t('reports.deleted')}</p>
}

function Row({ report: r, again }: { report: Report; again: () => void }) {
  const act = (what: Promise<unknown>) => void what.then(again, () => say(t('error.server'), true))
  const open = r.state.id === ReportState.Pending
  return (
    <li class="report">
      <div>
        <Subject report={r} />
        {r.predefinedReasons?.length > 0 && <p class="badges">{r.predefinedReasons.map((p) => <span class="badge warn" key={p}>{reasonName(p)}</span>)}</p>}
        <Prose text={r.reason} />
        <p class="quiet-text">
          {r.reporterAccount ? <a href={actorPath('a', r.reporterAccount)}><bdi>{r.reporterAccount.displayName}</bdi></a> : t('reports.deleted')} · <time dateTime={r.createdAt} title={moment(r.createdAt)}>{ago(r.createdAt)}</time>
          {!open && <> · <strong>{r.state.id === ReportState.Accepted ? t('reports.accepted') : t('reports.rejected')}</strong></>}
        </p>
      </div>
      <div class="acts">
        {open && <button class="btn primary" onClick={() => act(decide(r.id, ReportState.Accepted))}>{t('reports.accept')}</button>}
        {open && <button class="btn" onClick={() => act(decide(r.id, ReportState.Rejected))}>{t('reports.reject')}</button>}
        <Menu label={t('reports.acts')} class="btn quiet icon-only" face={<Icon name="more_horiz" />}>
          {!open && <button onClick={() => act(decide(r.id, ReportState.Pending))}><Icon name="replay" />{t('reports.reopen')}</button>}
          {r.comment && !r.comment.deleted && <button onClick={() => act(removeComment(r.comment!.video.uuid, r.comment!.id))}><Icon name="delete" />{t('reports.comment.delete')}</button>}
          <button onClick={() => act(removeReport(r.id))}><Icon name="delete" />{t('reports.delete')}</button>
        </Menu>
      </div>
    </li>
  )
}

export function Reports() {
  const [state, set] = useState<number>(ReportState.Pending)
  const { value, error, again } = useLoad(() => reports(0, state || undefined), state)
  return (
    <section>
      <h2>{t('reports')}</h2>
      <div class="chips" role="group" aria-label={t('reports.state')}>
        <button class="chip" aria-pressed={state === ReportState.Pending} onClick={() => set(ReportState.Pending)}>{t('reports.open')}</button>
        <button class="chip" aria-pressed={state === 0} onClick={() => set(0)}>{t('reports.all')}</button>
      </div>
      {error ? <ErrorBox error={error} retry={again} /> : value && !value.data.length ? <Empty icon="flag" title={t('reports.none')} /> : (
        <ul class="rows card">{value?.data.map((r) => <Row key={r.id} report={r} again={again} />)}</ul>
      )}
    </section>
  )
}
