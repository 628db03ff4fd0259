// What happened that concerns the person: newest first under its day, the unread marked.
import { useEffect, useState } from 'preact/hooks'
import { askNotices, noticesOnPage, readAllNotices, readNotices, type Notice } from '../api/people'
import { session } from '../api/session'
import { ago, moment } from '../lib/format'
import { t } from '../lib/i18n'
import { use } from '../lib/store'
import { useTitle } from '../lib/title'
import { byDay, type Group } from '../people/notice'
import { refresh, unread } from '../people/unread'
import { Avatar } from '../ui/Avatar'
import { Empty } from '../ui/Empty'
import { ErrorBox } from '../ui/ErrorBox'
import { Icon } from '../ui/Icon'
import { say } from '../ui/Toast'

function Row({ group, read }: { group: Group; read: () => void }) {
  const { said: s, notices } = group
  const n = notices[0]!
  return (
    <li class={`notice ${n.read ? '' : 'unread'}`}>
      {s.face ? <Avatar actor={s.face} person={s.person} size="s40" /> : <span class="notice-icon"><Icon name={s.icon} /></span>}
      <a href={s.to} onClick={read}>
        <span>{s.text}</span>
        <small><time dateTime={n.createdAt} title={moment(n.createdAt)}>{ago(n.createdAt)}</time>{!n.read && <span class="sr"> · {t('notice.unread')}</span>}</small>
      </a>
      {!n.read && <button class="btn quiet icon-only" aria-label={t('notice.read')} title={t('notice.read')} onClick={read}><Icon name="check" /></button>}
    </li>
  )
}

export function Notices() {
  const who = use(session)
  const fresh = use(unread)
  const [list, set] = useState<Notice[]>()
  const [total, setTotal] = useState(0)
  const [only, setOnly] = useState(false)
  const [error, fail] = useState<unknown>()
  useTitle(t('notices'))
  const more = async (from: Notice[]) => {
    try {
      const page = await askNotices(from.length, only)
      set([...from, ...page.data.filter((n) => !from.some((f) => f.id === n.id))])
      setTotal(page.total)
      fail(undefined)
    } catch (e) {
      fail(e)
    }
  }
  // Newer ones come on top; what was read here meanwhile is no news.
  useEffect(() => { if (who && fresh > (list?.filter((n) => !n.read).length ?? -1)) void more([]) }, [fresh])
  useEffect(() => { if (who) { set(undefined); void more([]) } }, [Boolean(who), only])
  if (!who) return <Empty level={1} icon="notifications" title={t('notices')} text={t('notices.hint')}><a class="btn primary" href="/login?to=/my/notifications">{t('login')}</a></Empty>
  const mark = (ids: number[]) => set((now) => now?.map((n) => (ids.includes(n.id) ? { ...n, read: true } : n)))
  const read = async ({ notices }: Group) => {
    const ids = notices.filter((n) => !n.read).map((n) => n.id)
    if (!ids.length) return
    mark(ids)
    await readNotices(ids).catch(() => undefined) // it stays unread there, and shows so at the next look
    void refresh()
  }
  const all = async () => {
    try {
      await readAllNotices()
      mark(list?.map((n) => n.id) ?? [])
      void refresh()
    } catch {
      say(t('error.server'), true)
    }
  }
  return (
    <div class="page narrow">
      <header class="page-head">
        <h1>{t('notices')}</h1>
        {fresh > 0 && <button class="btn" onClick={all}><Icon name="check" />{t('notices.all')}</button>}
      </header>
      <div class="chips" role="group" aria-label={t('notices.which')}>
        <button class="chip" aria-pressed={!only} onClick={() => setOnly(false)}>{t('all')}</button>
        <button class="chip" aria-pressed={only} onClick={() => setOnly(true)}>{t('notices.unread')}</button>
      </div>
      {Boolean(error) && <ErrorBox error={error} retry={() => void more(list ?? [])} />}
      {!list && !error && <div class="skeleton block spaced-top late" />}
      {list && !list.length && !error && <Empty icon="notifications" title={t('notices.none')} text={t('notices.hint')} />}
      {list && byDay(list).map((d) => (
        <section key={d.label} class="day">
          <h2>{d.label}</h2>
          <ul class="rows card">{d.groups.map((g) => <Row key={g.key} group={g} read={() => void read(g)} />)}</ul>
        </section>
      ))}
      {list && list.length < total && <div class="more"><button class="btn" onClick={() => void more(list)}>{t('notices.more', { n: Math.min(noticesOnPage, total - list.length) })}</button></div>}
    </div>
  )
}
