import { useState } from 'preact/hooks'
import { t } from '../lib/i18n'
import { Field } from '../ui/Field'
import { Icon } from '../ui/Icon'

/** AskPassword stands in the place of a video that needs one. */
export function AskPassword({ wrong, give }: { wrong: boolean; give: (password: string) => void }) {
  const [value, set] = useState('')
  return (
    <form class="login" onSubmit={(e) => { e.preventDefault(); if (value) give(value) }}>
      <div class="login-mark"><Icon name="lock" size={32} /></div>
      <h1>{t('password.title')}</h1>
      <p class="quiet-text center">{t('password.text')}</p>
      <Field label={t('login.password')} error={wrong ? t('password.wrong') : undefined}>
        {(a) => <input {...a} class="input" type="password" autocomplete="off" autofocus value={value} onInput={(e) => set(e.currentTarget.value)} />}
      </Field>
      <button class="btn primary wide">{t('watch')}</button>
    </form>
  )
}
