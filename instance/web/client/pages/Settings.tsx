// One's own account: name and picture, how videos play, notifications, password, who is muted, and leaving.
import type { ComponentChildren } from 'preact'
import { useState } from 'preact/hooks'
import { Problem } from '../api/http'
import { changeMe, leave, pickAvatar, removeAvatar, setNotify, type Profile as Change } from '../api/people'
import { loadMe, logOut, me } from '../api/session'
import type { NSFWPolicy } from '../api/types'
import { t, type Key } from '../lib/i18n'
import { go } from '../lib/router'
import { use } from '../lib/store'
import { useTitle } from '../lib/title'
import { Mutes } from '../people/Mutes'
import { Avatar } from '../ui/Avatar'
import { Confirm } from '../ui/Dialog'
import { Empty } from '../ui/Empty'
import { Field } from '../ui/Field'
import { PickPicture } from '../ui/PickPicture'
import { say } from '../ui/Toast'

const why = (e: unknown) => (e instanceof Problem && e.status > 0 && e.status < 500 ? e.message : t('error.server'))

function Face() {
  const account = use(me)!.account
  const act = (what: Promise<unknown>) => what.then(loadMe).then(() => say(t('settings.saved')), (e) => say(why(e), true))
  return (
    <div class="face">
      <Avatar actor={account} person size="s80" />
      <PickPicture label={t('settings.picture')} pick={(file) => void act(pickAvatar(file))} />
      {account.avatars.length > 0 && <button class="btn quiet" onClick={() => void act(removeAvatar())}>{t('settings.picture.remove')}</button>}
    </div>
  )
}

/** useSave sends a change of the account; what the server refuses stands at its field. */
function useSave() {
  const [errors, fail] = useState<Record<string, string>>({})
  const [busy, setBusy] = useState(false)
  const save = async (change: Change) => {
    fail({})
    setBusy(true)
    try {
      await changeMe(change)
      await loadMe()
      say(t('settings.saved'))
      return true
    } catch (err) {
      if (err instanceof Problem && Object.keys(err.fields).length) fail(err.fields)
      else say(why(err), true)
      return false
    } finally {
      setBusy(false)
    }
  }
  return { errors, busy, save }
}

function Profile() {
  const account = use(me)!.account
  const [name, setName] = useState(account.displayName)
  const [about, setAbout] = useState(account.description ?? '')
  const { errors, busy, save } = useSave()
  return (
    <form class="details" onSubmit={(e) => { e.preventDefault(); void save({ displayName: name.trim(), description: about.trim() || null }) }}>
      <Field label={t('settings.name')} error={errors.displayName}>
        {(a) => <input class="input" {...a} required maxLength={120} value={name} onInput={(e) => setName(e.currentTarget.value)} />}
      </Field>
      <Field label={t('settings.about')} error={errors.description}>
        {(a) => <textarea class="input" {...a} maxLength={1000} value={about} onInput={(e) => setAbout(e.currentTarget.value)} />}
      </Field>
      <div class="actions"><button class="btn primary" disabled={busy || !name.trim()}>{t('save')}</button></div>
    </form>
  )
}

const policies: [NSFWPolicy, Key][] = [['do_not_list', 'nsfw.hide'], ['blur', 'nsfw.blur'], ['display', 'nsfw.display']]

function Playing() {
  const m = use(me)!
  const { busy, save } = useSave()
  const flip = (label: Key, now: boolean | undefined, name: 'autoPlayVideo' | 'autoPlayNextVideoPlaylist' | 'p2pEnabled') => (
    <label class="switch">{t(label)}<input type="checkbox" role="switch" checked={now ?? true} disabled={busy} onChange={(e) => void save({ [name]: e.currentTarget.checked })} /></label>
  )
  return (
    <div class="details switches">
      {flip('settings.autoplay', m.autoPlayVideo, 'autoPlayVideo')}
      {flip('settings.autonext', m.autoPlayNextVideoPlaylist, 'autoPlayNextVideoPlaylist')}
      {flip('p2p.switch', m.p2pEnabled, 'p2pEnabled')}
      <Field label={t('settings.nsfw')}>
        {(a) => (
          <select class="input" {...a} disabled={busy} value={m.nsfwPolicy === 'warn' ? 'blur' : m.nsfwPolicy} onChange={(e) => void save({ nsfwPolicy: e.currentTarget.value as NSFWPolicy })}>
            {policies.map(([id, label]) => <option key={id} value={id} selected={id === (m.nsfwPolicy === 'warn' ? 'blur' : m.nsfwPolicy)}>{t(label)}</option>)}
          </select>
        )}
      </Field>
    </div>
  )
}

// Which kinds of notices one may choose, by PeerTube's names; the last only concern those who look after the server.
const kinds: [string, Key, number][] = [
  ['newVideoFromSubscription', 'notify.video', 2], ['newCommentOnMyVideo', 'notify.comment', 2], ['commentMention', 'notify.mention', 2], ['newFollow', 'notify.follow', 2],
  ['myVideoPublished', 'notify.published', 2], ['abuseStateChange', 'notify.report.state', 2], ['abuseNewMessage', 'notify.report.message', 2],
  ['abuseAsModerator', 'notify.report', 1], ['newUserRegistration', 'notify.registered', 1], ['newInstanceFollower', 'notify.follower', 0], ['autoInstanceFollowing', 'notify.following', 0],
]
const onPage = 1 // the bit for notices in the page; the other one is for letters

function Notify() {
  const m = use(me)!
  const set = async (name: string, on: boolean) => {
    const now = m.notificationSettings ?? {}
    try {
      await setNotify({ ...now, [name]: on ? (now[name] ?? 0) | onPage : (now[name] ?? 0) & ~onPage })
      await loadMe()
    } catch (e) {
      say(why(e), true)
      await loadMe().catch(() => undefined) // the switch goes back at the next look
    }
  }
  return (
    <div class="details switches">
      {kinds.filter(([, , role]) => m.role.id <= role).map(([name, label]) => (
        <label class="switch" key={name}>{t(label)}<input type="checkbox" role="switch" checked={Boolean((m.notificationSettings?.[name] ?? onPage) & onPage)} onChange={(e) => void set(name, e.currentTarget.checked)} /></label>
      ))}
    </div>
  )
}

function Password() {
  const [now, setNow] = useState('')
  const [next, setNext] = useState('')
  const { errors, busy, save } = useSave()
  const submit = async (e: Event) => {
    e.preventDefault()
    if (await save({ currentPassword: now, password: next })) {
      setNow('')
      setNext('')
    }
  }
  return (
    <form class="details" onSubmit={submit}>
      <input type="text" class="sr" autocomplete="username" value={use(me)!.username} readOnly tabIndex={-1} aria-hidden="true" />
      <Field label={t('settings.password.now')} error={errors.currentPassword && t('password.wrong')}>
        {(a) => <input class="input" {...a} type="password" autocomplete="current-password" required value={now} onInput={(e) => setNow(e.currentTarget.value)} />}
      </Field>
      <Field label={t('settings.password.new')} help={t('settings.password.help')} error={errors.password}>
        {(a) => <input class="input" {...a} type="password" autocomplete="new-password" required minLength={6} maxLength={255} value={next} onInput={(e) => setNext(e.currentTarget.value)} />}
      </Field>
      <div class="actions"><button class="btn" disabled={busy || !now || next.length < 6}>{t('settings.password.set')}</button></div>
    </form>
  )
}

function Section({ title, text, children }: { title: string; text?: string; children: ComponentChildren }) {
  return <section><h2>{title}</h2>{text && <p class="quiet-text">{text}</p>}{children}</section>
}

export function Settings() {
  const m = use(me)
  const [leaving, ask] = useState(false)
  useTitle(t('settings'))
  if (!m) return <Empty level={1} icon="settings" title={t('settings')}><a class="btn primary" href="/login?to=/my/settings">{t('login')}</a></Empty>
  const depart = async () => {
    try {
      await leave()
      await logOut()
      go('/', true)
      say(t('settings.left'))
    } catch (e) {
      say(why(e), true)
    }
  }
  return (
    <div class="narrow sections">
      <h1>{t('settings')}</h1>
      <Section title={t('settings.profile')}><Face /><Profile key={m.account.id} /></Section>
      <Section title={t('settings.playing')}><Playing /></Section>
      <Section title={t('notices')} text={t('settings.notices')}><Notify /></Section>
      <Section title={t('login.password')}><Password /></Section>
      <Section title={t('mutes')} text={t('mutes.mine')}><Mutes of="users/me" /></Section>
      {m.username !== 'root' && (
        <Section title={t('settings.leave')} text={t('settings.leave.text')}>
          <div><button class="btn danger-line" onClick={() => ask(true)}>{t('settings.leave.act')}</button></div>
        </Section>
      )}
      {leaving && <Confirm title={t('settings.leave.sure')} text={t('settings.leave.text')} keep={t('keep.it')} verb={t('settings.leave.act')} act={depart} close={() => ask(false)} />}
    </div>
  )
}
