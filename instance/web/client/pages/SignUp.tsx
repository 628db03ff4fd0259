// Make an account, where the instance lets people in.
import { useState } from 'preact/hooks'
import { Problem } from '../api/http'
import { signUp } from '../api/people'
import { logIn } from '../api/session'
import type { Config } from '../api/types'
import { t } from '../lib/i18n'
import { go } from '../lib/router'
import { useTitle } from '../lib/title'
import { Empty } from '../ui/Empty'
import { Field } from '../ui/Field'
import { Mark } from '../ui/Icon'

export function SignUp({ config }: { config?: Config }) {
  const [f, set] = useState({ username: '', email: '', password: '' })
  const [old, grown] = useState(false)
  const [errors, fail] = useState<Record<string, string>>({})
  const [busy, setBusy] = useState(false)
  useTitle(t('signup'))
  if (config && !config.signup?.allowed) {
    return <Empty level={1} icon="lock" title={t('signup.closed.title')} text={t('signup.closed')}><a class="btn primary" href="/">{t('go.home')}</a></Empty>
  }
  const age = config?.signup?.minimumAge ?? 16
  const submit = async (e: Event) => {
    e.preventDefault()
    setBusy(true)
    fail({})
    try {
      await signUp(f)
      await logIn(f.username, f.password)
      go('/', true)
    } catch (err) {
      if (err instanceof Problem && Object.keys(err.fields).length) fail(err.fields)
      else if (err instanceof Problem && err.status === 409) fail({ username: t('signup.taken') })
      else fail({ '': err instanceof Problem && err.status > 0 && err.status < 500 ? err.message : t('error.server') })
      setBusy(false)
    }
  }
  const field = (name: keyof typeof f, type: 'text' | 'email' | 'password', auto: string, help?: string) => (
    <Field label={t(`signup.${name}` as const)} error={errors[name]} help={help}>
      {(a) => <input class="input" {...a} type={type as 'text'} autocomplete={auto} required value={f[name]} maxLength={name === 'username' ? 50 : 255}
        onInput={(e) => set({ ...f, [name]: e.currentTarget.value })} />}
    </Field>
  )
  return (
    <form class="login" onSubmit={submit}>
      <div class="login-mark"><Mark /></div>
      <h1>{t('signup')}</h1>
      {errors[''] && <p class="wrong-text" role="alert">{errors['']}</p>}
      {field('username', 'text', 'username', t('signup.username.help', { host: location.host }))}
      {field('email', 'email', 'email')}
      {field('password', 'password', 'new-password')}
      <label class="check"><input type="checkbox" required checked={old} onChange={(e) => grown(e.currentTarget.checked)} /><span>{t('signup.age', { n: age })} <a class="link" href="/about" target="_blank">{t('about.terms')}</a></span></label>
      <button class="btn primary" disabled={busy || !old}>{t('signup')}</button>
      <p class="quiet-text center"><a href="/login">{t('signup.have')}</a></p>
    </form>
  )
}
