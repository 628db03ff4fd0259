// What one can do about somebody: mute the account or its server, and report.
import { useState } from 'preact/hooks'
import { muteAccount, muteServer, type Subject } from '../api/people'
import { me } from '../api/session'
import type { ActorSummary } from '../api/types'
import { t } from '../lib/i18n'
import { lazy } from '../lib/lazy'
import { use } from '../lib/store'
import { handle } from '../ui/Avatar'
import { Icon } from '../ui/Icon'
import { say } from '../ui/Toast'

const Report = lazy(() => import('./Report').then((m) => m.Report))

/** useAgainst gives the entries of a menu and the dialog that one of them opens. */
export function useAgainst(account: ActorSummary | null, what: Subject, name: string) {
  const m = use(me)
  const [asking, ask] = useState(false)
  const mine = Boolean(account && m && m.account.id === account.id)
  const mute = async (act: Promise<unknown>, done: string) => {
    try {
      await act
      say(done)
    } catch {
      say(t('error.server'), true)
    }
  }
  const entries = !m || mine || !account ? null : (
    <>
      <button onClick={() => void mute(muteAccount('users/me', handle(account)), t('mute.done', { name: account.displayName }))}>
        <Icon name="block" />{t('mute.account', { name: account.displayName })}
      </button>
      {account.host !== location.host && (
        <button onClick={() => void mute(muteServer('users/me', account.host), t('mute.done', { name: account.host }))}>
          <Icon name="block" />{t('mute.server', { name: account.host })}
        </button>
      )}
      <button onClick={() => ask(true)}><Icon name="flag" />{t('report')}</button>
    </>
  )
  return { entries, dialog: asking && <Report what={what} name={name} close={() => ask(false)} /> }
}
