// What I reported, and what became of it.
import { myReports } from '../api/people'
import { session } from '../api/session'
import { ago, moment } from '../lib/format'
import { t, tn } from '../lib/i18n'
import { useLoad } from '../lib/load'
import { use } from '../lib/store'
import { useTitle } from '../lib/title'
import { Messages } from '../people/Messages'
import { reasonName } from '../people/Report'
import { StateOf, Subject } from '../people/Subject'
import { ask } from '../ui/Ask'
import { Empty } from '../ui/Empty'
import { ErrorBox } from '../ui/ErrorBox'
import { Icon } from '../ui/Icon'
import { Prose } from '../ui/Prose'

export function MyReports() {
  const who = use(session)
  const { value, error, again } = useLoad(async () => (who ? myReports() : { total: 0, data: [] }), Boolean(who))
  useTitle(t('reports.mine'))
  if (!who) return <Empty level={1} icon="flag" title={t('reports.mine')}><a class="btn primary" href="/login?to=/my/reports">{t('login')}</a></Empty>
  return (
    <div class="narrow">
      <header class="page-head"><h1>{t('reports.mine')}</h1></header>
      {error ? <ErrorBox error={error} retry={again} /> : value && !value.data.length ? <Empty icon="flag" title={t('reports.none')} text={t('reports.mine.none')} /> : (
        <ul class="rows card">
          {value?.data.map((r) => (
            <li class="report" key={r.id} id={String(r.id)}>
              <div>
                <Subject report={r} />
                <p class="badges"><StateOf report={r} />{r.predefinedReasons?.map((p) => <span class="badge" key={p}>{reasonName(p)}</span>)}</p>
                <Prose text={r.reason} />
                <p class="quiet-text"><time dateTime={r.createdAt} title={moment(r.createdAt)}>{ago(r.createdAt)}</time></p>
              </div>
              <div class="acts">
                <button class="btn" onClick={() => ask((close) => <Messages report={r.id} close={() => { close(); again() }} />)}><Icon name="mail" />{tn('reports.messages.n', r.countMessages)}</button>
              </div>
            </li>
          ))}
        </ul>
      )}
    </div>
  )
}
