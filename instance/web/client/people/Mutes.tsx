// Who is muted, by a person or by the instance for everybody.
import { useState } from 'preact/hooks'
import { Problem } from '../api/http'
import { muteAccount, mutedAccounts, mutedServers, muteServer, unmuteAccount, unmuteServer } from '../api/people'
import { t } from '../lib/i18n'
import { useLoad } from '../lib/load'
import { actorPath, Avatar, handle } from '../ui/Avatar'
import { ErrorBox } from '../ui/ErrorBox'
import { Icon } from '../ui/Icon'
import { say } from '../ui/Toast'

export function Mutes({ of }: { of: 'users/me' | 'server' }) {
  const [text, set] = useState('')
  const { value, error, again } = useLoad(async () => {
    const [accounts, servers] = await Promise.all([mutedAccounts(of), mutedServers(of)])
    return { accounts: accounts.data, servers: servers.data }
  }, of)
  const act = (what: Promise<unknown>, told: string, undo: () => Promise<unknown>) =>
    what.then(() => { say(told, false, () => void undo().then(again, () => say(t('error.server'), true))); again() }, (e) => say(e instanceof Problem && e.status > 0 && e.status < 500 ? e.message : t('error.server'), true))
  const add = (e: Event) => {
    e.preventDefault()
    const name = text.trim().replace(/^@/, '')
    if (!name) return
    set('')
    const one = name.includes('@') || !name.includes('.')
    void act(one ? muteAccount(of, name) : muteServer(of, name), t('mute.added', { name }), () => (one ? unmuteAccount(of, name) : unmuteServer(of, name)))
  }
  if (error) return <ErrorBox error={error} retry={again} />
  return (
    <>
      <form class="one-line" onSubmit={add}>
        <input class="input" aria-label={t('mutes.add')} placeholder={t('mutes.hint')} value={text} onInput={(e) => set(e.currentTarget.value)} />
        <button class="btn" disabled={!text.trim()}><Icon name="block" />{t('mutes.add')}</button>
      </form>
      {value && !(value.accounts.length + value.servers.length) && <p class="quiet-text">{t('mutes.none')}</p>}
      {value && value.accounts.length + value.servers.length > 0 && (
        <ul class="rows card">
          {value.servers.map((s) => (
            <li class="who-row" key={s.blockedServer.host}>
              <span class="notice-icon"><Icon name="block" /></span>
              <span class="names"><strong><bdi>{s.blockedServer.host}</bdi></strong><small>{t('mutes.server')}</small></span>
              <button class="btn" onClick={() => void act(unmuteServer(of, s.blockedServer.host), t('mute.undone', { name: s.blockedServer.host }), () => muteServer(of, s.blockedServer.host))}>{t('mutes.remove')}</button>
            </li>
          ))}
          {value.accounts.map((a) => (
            <li class="who-row" key={a.blockedAccount.id}>
              <Avatar actor={a.blockedAccount} person size="s40" />
              <a class="names" href={actorPath('a', a.blockedAccount)}><strong><bdi>{a.blockedAccount.displayName}</bdi></strong><small><bdi>{handle(a.blockedAccount)}</bdi></small></a>
              <button class="btn" onClick={() => void act(unmuteAccount(of, handle(a.blockedAccount)), t('mute.undone', { name: a.blockedAccount.displayName }), () => muteAccount(of, handle(a.blockedAccount)))}>{t('mutes.remove')}</button>
            </li>
          ))}
        </ul>
      )}
    </>
  )
}
