// What people reported, and what the moderators decide.
import { useState } from 'preact/hooks'
import { decide, muteAccount, muteServer, removeReport, reports, ReportState, unmuteAccount, unmuteServer, type Report } from '../api/people'
import { removeVideo } from '../api/calls'
import { removeComment } from '../api/comments'
import { ago, moment } from '../lib/format'
import { t, tn, type Key } from '../lib/i18n'
import { Pages, usePaged } from '../lib/paged'
import { Messages } from '../people/Messages'
import { reasonName } from '../people/Report'
import { StateOf, Subject } from '../people/Subject'
import { ask } from '../ui/Ask'
import { actorPath, handle, ours } from '../ui/Avatar'
import { Confirm, Dialog } from '../ui/Dialog'
import { Empty } from '../ui/Empty'
import { Field } from '../ui/Field'
import { Icon } from '../ui/Icon'
import { Menu } from '../ui/Menu'
import { Prose } from '../ui/Prose'
import { say } from '../ui/Toast'

const bad = () => say(t('error.server'), true)

function Note({ report: r, done, close }: { report: Report; done: () => void; close: () => void }) {
  const [text, set] = useState(r.moderationComment ?? '')
  const save = async (e: Event) => {
    e.preventDefault()
    await decide(r.id, { moderationComment: text.trim() }).then(() => { close(); done() }, bad)
  }
  return (
    <Dialog title={t('reports.note')} close={close}>
      <form onSubmit={save}>
        <Field label={t('reports.note.label')}>{(a) => <textarea class="input" {...a} minLength={2} maxLength={3000} value={text} onInput={(e) => set(e.currentTarget.value)} />}</Field>
        <div class="actions"><button type="button" class="btn quiet" onClick={close}>{t('cancel')}</button><button class="btn primary" disabled={text.trim().length < 2}>{t('save')}</button></div>
      </form>
    </Dialog>
  )
}

/** More is the menu of what else can be done; what is lost by it is asked for first. */
function More({ report: r, act, again }: { report: Report; act: (what: () => Promise<unknown>, told?: string, undo?: () => Promise<unknown>) => void; again: () => void }) {
  const flagged = r.flaggedAccount
  const sure = (title: string, text: string, verb: string, what: () => Promise<unknown>, told: string) =>
    ask((close) => <Confirm title={title} text={text} keep={t('keep.it')} verb={verb} act={() => { close(); act(what, told) }} close={close} />)
  return (
    <Menu label={t('reports.acts')} class="btn quiet icon-only" face={<Icon name="more_horiz" />}>
      {r.state.id !== ReportState.Pending && <button onClick={() => act(() => decide(r.id, { state: ReportState.Pending }))}><Icon name="replay" />{t('reports.reopen')}</button>}
      <button onClick={() => ask((close) => <Note report={r} done={again} close={close} />)}><Icon name="edit" />{t('reports.note')}</button>
      {r.comment && !r.comment.deleted && (
        <button onClick={() => sure(t('comments.delete.title'), t('comments.delete.text'), t('comments.delete'), () => removeComment(r.comment!.video.uuid, r.comment!.id), t('comments.deleted'))}>
          <Icon name="delete" />{t('reports.comment.delete')}
        </button>
      )}
      {r.video && !r.video.deleted && flagged && ours(flagged) && (
        <button onClick={() => sure(t('delete.named', { name: r.video!.name }), t('delete.text'), t('delete.video'), () => removeVideo(r.video!.uuid), t('delete.done'))}>
          <Icon name="delete" />{t('delete.video')}
        </button>
      )}
      {flagged && (
        <button onClick={() => act(() => muteAccount('server', handle(flagged)), t('mute.all.done', { name: flagged.displayName }), () => unmuteAccount('server', handle(flagged)))}>
          <Icon name="block" />{t('mute.all', { name: flagged.displayName })}
        </button>
      )}
      {flagged && !ours(flagged) && (
        <button onClick={() => act(() => muteServer('server', flagged.host), t('mute.all.done', { name: flagged.host }), () => unmuteServer('server', flagged.host))}>
          <Icon name="block" />{t('mute.all', { name: flagged.host })}
        </button>
      )}
      <hr />
      <button onClick={() => sure(t('reports.delete.title'), t('reports.delete.text'), t('reports.delete'), () => removeReport(r.id), t('reports.deleted.done'))}><Icon name="delete" />{t('reports.delete')}</button>
    </Menu>
  )
}

function Row({ report: r, again }: { report: Report; again: () => void }) {
  const act = (what: () => Promise<unknown>, told?: string, undo?: () => Promise<unknown>) =>
    void what().then(() => {
      if (told) say(told, false, undo && (() => void undo().then(again, bad)))
      again()
    }, bad)
  const settle = (state: number, told: string) => act(() => decide(r.id, { state }), told, () => decide(r.id, { state: ReportState.Pending }))
  const open = r.state.id === ReportState.Pending
  const by = r.reporterAccount
  return (
    <li class="report">
      <div>
        <Subject report={r} />
        <p class="badges">{!open && <StateOf report={r} />}{r.predefinedReasons?.map((p) => <span class="badge warn" key={p}>{reasonName(p)}</span>)}</p>
        <Prose text={r.reason} />
        {r.moderationComment && <p class="note-line"><Icon name="edit" size={16} /><span>{r.moderationComment}</span></p>}
        <p class="quiet-text">
          {by ? <><a href={actorPath('a', by)}><bdi>{by.displayName}</bdi></a>{!ours(by) && <> <bdi>{handle(by)}</bdi></>}</> : t('reports.nobody')} · <time dateTime={r.createdAt} title={moment(r.createdAt)}>{ago(r.createdAt)}</time>
          {(r.countReportsForReportee ?? 0) > 1 && <span class="num"> · {tn('reports.against', r.countReportsForReportee!)}</span>}
        </p>
      </div>
      <div class="acts">
        {open && <button class="btn" onClick={() => settle(ReportState.Accepted, t('reports.accepted.done'))}><Icon name="check" />{t('reports.accept')}</button>}
        {open && <button class="btn" onClick={() => settle(ReportState.Rejected, t('reports.rejected.done'))}><Icon name="close" />{t('reports.reject')}</button>}
        <button class="btn" onClick={() => ask((close) => <Messages report={r.id} close={() => { close(); again() }} />)} aria-label={tn('reports.messages.n', r.countMessages)} title={t('reports.messages')}>
          <Icon name="mail" /><span class="num">{r.countMessages}</span>
        </button>
        <More report={r} act={act} again={again} />
      </div>
    </li>
  )
}

const states: [number, Key][] = [[ReportState.Pending, 'reports.open'], [ReportState.Accepted, 'reports.accepted'], [ReportState.Rejected, 'reports.rejected'], [0, 'all']]

export function Reports() {
  const [state, set] = useState<number>(ReportState.Pending)
  const [search, find] = useState('')
  const paged = usePaged((start) => reports(start, state || undefined, search.trim()), `${state} ${search.trim()}`, (r) => r.id)
  return (
    <section>
      <h2>{t('reports')}</h2>
      <div class="sift">
        <div class="chips" role="group" aria-label={t('reports.state')}>
          {states.map(([id, label]) => <button key={id} class="chip" aria-pressed={state === id} onClick={() => set(id)}>{t(label)}</button>)}
        </div>
        <input class="input" type="search" aria-label={t('reports.find')} placeholder={t('reports.find')} value={search} onInput={(e) => find(e.currentTarget.value)} />
      </div>
      <Pages of={paged} empty={<Empty icon="flag" title={t('reports.none')} text={search ? t('search.none') : t('reports.none.text')} />}>
        {(list) => <ul class="rows card">{list.map((r) => <Row key={r.id} report={r} again={paged.again} />)}</ul>}
      </Pages>
    </section>
  )
}
