// One's own account: name and picture, who is muted, and leaving.
import { useState } from 'preact/hooks'
import { Problem } from '../api/http'
import { changeMe, leave, pickAvatar, removeAvatar } from '../api/people'
import { loadMe, logOut, me } from '../api/session'
import { t } from '../lib/i18n'
import { go } from '../lib/router'
import { use } from '../lib/store'
import { useTitle } from '../lib/title'
import { Mutes } from '../people/Mutes'
import { Avatar } from '../ui/Avatar'
import { Confirm } from '../ui/Dialog'
import { Empty } from '../ui/Empty'
import { Field } from '../ui/Field'
import { Icon } from '../ui/Icon'
import { say } from '../ui/Toast'

const why = (e: unknown) => (e instanceof Problem && e.status > 0 && e.status < 500 ? e.message : t('error.server'))

function Face() {
  const account = use(me)!.account
  const act = (what: Promise<unknown>) => what.then(() => loadMe(), (e) => say(why(e), true))
  return (
    <div class="face">
      <Avatar actor={account} person size="s80" />
      <label class="btn"><Icon name="upload" />{t('settings.picture')}
        <input class="sr" type="file" accept="image/png,image/jpeg,image/webp,image/gif" onChange={(e) => {
          const file = e.currentTarget.files?.[0]
          if (file) void act(pickAvatar(file))
        }} />
      </label>
      {account.avatars.length > 0 && <button class="btn quiet" onClick={() => void act(removeAvatar())}>{t('settings.picture.remove')}</button>}
    </div>
  )
}

function Profile() {
  const account = use(me)!.account
  const [name, setName] = useState(account.displayName)
  const [about, setAbout] = useState(account.description ?? '')
  const [errors, fail] = useState<Record<string, string>>({})
  const save = async (e: Event) => {
    e.preventDefault()
    fail({})
    try {
      await changeMe({ displayName: name.trim(), description: about.trim() || null })
      await loadMe()
      say(t('settings.saved'))
    } catch (err) {
      if (err instanceof Problem && Object.keys(err.fields).length) fail(err.fields)
      else say(why(err), true)
    }
  }
  return (
    <form class="details" onSubmit={save}>
      <Field label={t('settings.name')} error={errors.displayName}>
        {(a) => <input class="input" {...a} required maxLength={120} value={name} onInput={(e) => setName(e.currentTarget.value)} />}
      </Field>
      <Field label={t('settings.about')} error={errors.description}>
        {(a) => <textarea class="input" {...a} maxLength={1000} value={about} onInput={(e) => setAbout(e.currentTarget.value)} />}
      </Field>
      <div class="actions"><button class="btn primary" disabled={!name.trim()}>{t('save')}</button></div>
    </form>
  )
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
    <div class="page narrow sections">
      <h1>{t('settings')}</h1>
      <section><h2>{t('settings.profile')}</h2><Face /><Profile key={m.account.id} /></section>
      <section><h2>{t('mutes')}</h2><p class="quiet-text">{t('mutes.mine')}</p><Mutes of="users/me" /></section>
      <section>
        <h2>{t('settings.leave')}</h2>
        <p class="quiet-text">{t('settings.leave.text')}</p>
        <div><button class="btn danger" onClick={() => ask(true)}>{t('settings.leave.act')}</button></div>
      </section>
      {leaving && <Confirm title={t('settings.leave.sure')} text={t('settings.leave.text')} keep={t('keep.it')} verb={t('settings.leave.act')} act={depart} close={() => ask(false)} />}
    </div>
  )
}
