import { useEffect, useRef, useState } from 'preact/hooks'
import { Problem } from '../api/http'
import { logIn, session } from '../api/session'
import { left } from '../lib/format'
import { t } from '../lib/i18n'
import { go, place } from '../lib/router'
import { useTitle } from '../lib/title'
import { Field } from '../ui/Field'
import { Icon, Mark } from '../ui/Icon'

/** back is where to go on: only ever a path of ours. */
function back(): string {
  const to = place.value.query.get('to') ?? '/'
  return /^\/(?![/\\])/.test(to) ? to : '/'
}

function why(e: unknown): string {
  if (!(e instanceof Problem)) return t('error.server')
  if (e.status === 0) return t('error.offline')
  if (e.status === 429) return t('login.many', { time: left(e.retryAfter || 60) })
  if (e.code === 'invalid_grant' || e.status === 400 || e.status === 401) return t('login.failed')
  if (e.code === 'account_is_blocked') return t('login.blocked')
  return t('error.server')
}

export function LogIn() {
  const [name, setName] = useState('')
  const [password, setPassword] = useState('')
  const [shown, show] = useState(false)
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState('')
  const field = useRef<HTMLInputElement>(null)
  useTitle(t('login'))
  useEffect(() => {
    if (session.value) go(back(), true)
  }, [])

  const submit = async (e: Event) => {
    e.preventDefault()
    if (!name.trim() || !password) return setError(t('login.missing'))
    setBusy(true)
    setError('')
    try {
      await logIn(name.trim(), password)
      go(back(), true)
    } catch (e) {
      setError(why(e))
      field.current?.focus()
    } finally {
      setBusy(false)
    }
  }

  return (
    <form class="login" onSubmit={submit} noValidate>
      <div class="login-mark"><Mark /></div>
      <h1>{t('login')}</h1>
      <Field label={t('login.name')}>
        {(a) => (
          <input {...a} class="input" ref={field} name="username" autocomplete="username" autocapitalize="none" spellcheck={false} autofocus
            value={name} onInput={(e) => setName(e.currentTarget.value)} />
        )}
      </Field>
      <Field label={t('login.password')} error={error || undefined}>
        {(a) => (
          <div class="input-wrap">
            <input {...a} class="input" name="password" type={(shown ? 'text' : 'password') as 'password'} autocomplete="current-password"
              value={password} onInput={(e) => setPassword(e.currentTarget.value)} />
            <button type="button" class="btn quiet icon-only" aria-pressed={shown} aria-label={t('login.show')} title={t('login.show')} onClick={() => show(!shown)}>
              <Icon name={shown ? 'visibility_off' : 'visibility'} />
            </button>
          </div>
        )}
      </Field>
      <button class="btn primary wide" disabled={busy}>{busy ? t('login.busy') : t('login')}</button>
      <p class="quiet-text center"><a href="/signup">{t('signup.no')}</a></p>
    </form>
  )
}
