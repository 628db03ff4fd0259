// Which servers follow this one, and which it follows.
import { useState } from 'preact/hooks'
import { Problem } from '../api/http'
import { decideFollower, followers, followings, followServers, removeFollower, unfollowServer, type Follow } from '../api/people'
import type { ActorSummary } from '../api/types'
import { day } from '../lib/format'
import { t } from '../lib/i18n'
import { useLoad } from '../lib/load'
import { Avatar, handle } from '../ui/Avatar'
import { ErrorBox } from '../ui/ErrorBox'
import { Icon } from '../ui/Icon'
import { say } from '../ui/Toast'

const failed = (e: unknown) => say(e instanceof Problem && e.status > 0 && e.status < 500 ? e.message : t('error.server'), true)

// A server is shown by its host, a person or channel by its handle.
const name = (a: ActorSummary) => (a.name === 'peertube' ? a.host : handle(a))

function Row({ actor, follow, children }: { actor: ActorSummary; follow: Follow; children: preact.ComponentChildren }) {
  return (
    <li class="who-row">
      <Avatar actor={{ ...actor, displayName: name(actor) }} size="s40" />
      <span class="names">
        <strong><a href={actor.url} target="_blank" rel="noopener"><bdi>{name(actor)}</bdi></a></strong>
        <small>{t(`follows.${follow.state}`)} · {day(follow.createdAt)}</small>
      </span>
      {children}
    </li>
  )
}

function Followings() {
  const [text, set] = useState('')
  const { value, error, again } = useLoad(followings, 'following')
  const add = async (e: Event) => {
    e.preventDefault()
    const words = text.split(/[\s,]+/).map((w) => w.replace(/^https?:\/\//, '').replace(/\/.*$/, '')).filter(Boolean)
    try {
      await followServers(words.filter((w) => !w.includes('@')), words.filter((w) => w.includes('@')).map((w) => w.replace(/^@/, '')))
      set('')
      again()
    } catch (err) {
      failed(err)
    }
  }
  return (
    <section>
      <h2>{t('follows.out')}</h2>
      <p class="quiet-text">{t('follows.out.hint')}</p>
      <form class="one-line" onSubmit={add}>
        <input class="input" aria-label={t('follows.add')} placeholder="tube.example, name@tube.example" value={text} onInput={(e) => set(e.currentTarget.value)} />
        <button class="btn primary" disabled={!text.trim()}><Icon name="add" />{t('follow')}</button>
      </form>
      {error ? <ErrorBox error={error} retry={again} /> : (
        <ul class="rows card">
          {value?.data.map((f) => (
            <Row key={f.id} actor={f.following} follow={f}>
              <button class="btn" onClick={() => unfollowServer(name(f.following)).then(again, failed)}>{t('follows.end')}</button>
            </Row>
          ))}
        </ul>
      )}
      {value && !value.data.length && <p class="quiet-text">{t('follows.out.none')}</p>}
    </section>
  )
}

function Followers() {
  const { value, error, again } = useLoad(followers, 'followers')
  const act = (what: Promise<unknown>) => void what.then(again, failed)
  return (
    <section>
      <h2>{t('follows.in')}</h2>
      {error ? <ErrorBox error={error} retry={again} /> : (
        <ul class="rows card">
          {value?.data.map((f) => (
            <Row key={f.id} actor={f.follower} follow={f}>
              {f.state !== 'accepted' && <button class="btn primary" onClick={() => act(decideFollower(handle(f.follower), 'accept'))}>{t('follows.accept')}</button>}
              {f.state !== 'rejected' && <button class="btn" onClick={() => act(decideFollower(handle(f.follower), 'reject'))}>{t('follows.reject')}</button>}
              <button class="btn quiet icon-only" aria-label={t('follows.remove', { name: name(f.follower) })} title={t('playlist.take')} onClick={() => act(removeFollower(handle(f.follower)))}><Icon name="delete" /></button>
            </Row>
          ))}
        </ul>
      )}
      {value && !value.data.length && <p class="quiet-text">{t('follows.in.none')}</p>}
    </section>
  )
}

export const Follows = () => <><Followings /><Followers /></>
