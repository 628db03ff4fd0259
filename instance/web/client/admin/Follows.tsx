// Which servers follow this one, and which it follows.
import type { ComponentChildren } from 'preact'
import { useState } from 'preact/hooks'
import { Problem } from '../api/http'
import { decideFollower, followers, followings, followServers, removeFollower, unfollowServer, type Follow } from '../api/people'
import type { ActorSummary } from '../api/types'
import { day, whole } from '../lib/format'
import { t, tn, type Key } from '../lib/i18n'
import { Pages, usePaged } from '../lib/paged'
import { ask } from '../ui/Ask'
import { Avatar, handle } from '../ui/Avatar'
import { Confirm } from '../ui/Dialog'
import { Icon } from '../ui/Icon'
import { say } from '../ui/Toast'

const failed = (e: unknown) => say(e instanceof Problem && e.status > 0 && e.status < 500 ? e.message : t('error.server'), true)

// A server is shown by its host, a person or channel by its handle.
const name = (a: ActorSummary) => (a.name === 'peertube' ? a.host : handle(a))

const kinds = { pending: 'warn', accepted: 'good', rejected: 'bad' } as const

function Row({ actor, follow, children }: { actor: ActorSummary; follow: Follow; children: ComponentChildren }) {
  return (
    <li class="who-row">
      <Avatar actor={{ ...actor, displayName: name(actor) }} size="s40" />
      <span class="names">
        <strong><a href={/^https?:/.test(actor.url) ? actor.url : undefined} target="_blank" rel="noopener"><bdi>{name(actor)}</bdi></a></strong>
        <small><span class={`badge ${kinds[follow.state]}`}>{t(`follows.${follow.state}`)}</span> <span title={t('follows.score.hint')} class="num">{t('follows.score', { n: whole(follow.score) })}</span> · {day(follow.createdAt)}</small>
      </span>
      <span class="acts">{children}</span>
    </li>
  )
}

const states: [string, Key][] = [['', 'all'], ['pending', 'follows.pending'], ['accepted', 'follows.accepted'], ['rejected', 'follows.rejected']]

/** useSifted is a list of follows of one state, with the words that were looked for. */
function useSifted(load: typeof followers, label: string) {
  const [state, choose] = useState('')
  const [search, find] = useState('')
  const paged = usePaged((start) => load(start, { state, search: search.trim() }), `${state} ${search.trim()}`, (f) => f.id)
  const bar = (
    <div class="sift">
      <div class="chips" role="group" aria-label={label}>
        {states.map(([id, key]) => <button key={id} class="chip" aria-pressed={state === id} onClick={() => choose(id)}>{t(key)}</button>)}
      </div>
      <input class="input" type="search" aria-label={t('follows.find')} placeholder={t('follows.find')} value={search} onInput={(e) => find(e.currentTarget.value)} />
    </div>
  )
  return { paged, bar, sifted: Boolean(state || search) }
}

const hosts = (text: string) => [...new Set(text.split(/[\s,;]+/).map((w) => w.replace(/^https?:\/\//, '').replace(/^@/, '').replace(/\/.*$/, '').toLowerCase()).filter(Boolean))]

function Add({ done }: { done: () => void }) {
  const [text, set] = useState('')
  const [error, fail] = useState<string>()
  const [busy, setBusy] = useState(false)
  const words = hosts(text)
  const add = async (e: Event) => {
    e.preventDefault()
    setBusy(true)
    fail(undefined)
    try {
      await followServers(words.filter((w) => !w.includes('@')), words.filter((w) => w.includes('@')))
      set('')
      say(tn('follows.asked', words.length))
      done()
    } catch (err) {
      fail(err instanceof Problem && err.status > 0 && err.status < 500 ? Object.values(err.fields)[0] ?? err.message : t('error.server'))
    } finally {
      setBusy(false)
    }
  }
  return (
    <form class="one-line top" onSubmit={add}>
      <div class={`field ${error ? 'wrong' : ''}`}>
        <textarea class="input low" aria-label={t('follows.add')} placeholder={'tube.example\nname@tube.example'} autocapitalize="none" spellcheck={false} rows={Math.min(8, Math.max(2, text.split('\n').length))}
          aria-invalid={error ? true : undefined} aria-describedby="follows-help" value={text} onInput={(e) => set(e.currentTarget.value)} />
        <p class="about" id="follows-help">{error && <Icon name="error-fill" size={16} />}<span>{error ?? t('follows.add.help')}</span></p>
      </div>
      <button class="btn primary" disabled={busy || !words.length}><Icon name="add" />{words.length > 1 ? t('follows.n', { n: words.length }) : t('follow')}</button>
    </form>
  )
}

function Followings() {
  const { paged, bar, sifted } = useSifted(followings, t('follows.out'))
  const end = (f: Follow) => ask((close) => (
    <Confirm title={t('follows.end.title', { name: name(f.following) })} text={t('follows.end.text')} keep={t('keep.it')} verb={t('follows.end')} close={close}
      act={() => { close(); unfollowServer(name(f.following)).then(() => { say(t('unfollowed', { name: name(f.following) })); paged.again() }, failed) }} />
  ))
  return (
    <section>
      <h2>{t('follows.out')}</h2>
      <p class="quiet-text">{t('follows.out.hint')}</p>
      <Add done={paged.again} />
      {bar}
      <Pages of={paged} empty={<p class="quiet-text">{t(sifted ? 'search.none' : 'follows.out.none')}</p>}>
        {(list) => (
          <ul class="rows card">
            {list.map((f) => <Row key={f.id} actor={f.following} follow={f}><button class="btn" onClick={() => end(f)}>{t('follows.end')}</button></Row>)}
          </ul>
        )}
      </Pages>
    </section>
  )
}

function Followers() {
  const { paged, bar, sifted } = useSifted(followers, t('follows.in'))
  const act = (what: Promise<unknown>, told: string) => void what.then(() => { say(told); paged.again() }, failed)
  const remove = (f: Follow) => ask((close) => (
    <Confirm title={t('follows.remove', { name: name(f.follower) })} text={t('follows.remove.text')} keep={t('keep.it')} verb={t('playlist.take')} close={close}
      act={() => { close(); act(removeFollower(handle(f.follower)), t('follows.removed', { name: name(f.follower) })) }} />
  ))
  return (
    <section>
      <h2>{t('follows.in')}</h2>
      {bar}
      <Pages of={paged} empty={<p class="quiet-text">{t(sifted ? 'search.none' : 'follows.in.none')}</p>}>
        {(list) => (
          <ul class="rows card">
            {list.map((f) => (
              <Row key={f.id} actor={f.follower} follow={f}>
                {f.state !== 'accepted' && <button class="btn" onClick={() => act(decideFollower(handle(f.follower), 'accept'), t('follows.accepted.done', { name: name(f.follower) }))}>{t('follows.accept')}</button>}
                {f.state !== 'rejected' && <button class="btn" onClick={() => act(decideFollower(handle(f.follower), 'reject'), t('follows.rejected.done', { name: name(f.follower) }))}>{t('follows.reject')}</button>}
                <button class="btn quiet icon-only" aria-label={t('follows.remove', { name: name(f.follower) })} title={t('playlist.take')} onClick={() => remove(f)}><Icon name="delete" /></button>
              </Row>
            ))}
          </ul>
        )}
      </Pages>
    </section>
  )
}

export const Follows = () => <><Followings /><Followers /></>
