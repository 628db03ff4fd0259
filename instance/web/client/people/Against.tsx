// What one can do about somebody: mute the account or its server, and report.
import { me } from '../api/session'
import { muteAccount, muteServer, unmuteAccount, unmuteServer, type Subject } from '../api/people'
import type { ActorSummary } from '../api/types'
import { t } from '../lib/i18n'
import { lazy } from '../lib/lazy'
import { use } from '../lib/store'
import { ask } from '../ui/Ask'
import { handle } from '../ui/Avatar'
import { Icon } from '../ui/Icon'
import { say } from '../ui/Toast'

const Report = lazy(() => import('../ui/dialogs').then((m) => m.Report))

async function mute(act: () => Promise<unknown>, back: () => Promise<unknown>, name: string) {
  try {
    await act()
    say(t('mute.done', { name }), false, () => back().then(() => say(t('mute.undone', { name })), () => say(t('error.server'), true)))
  } catch {
    say(t('error.server'), true)
  }
}

/** useAgainst gives the entries of a menu; nothing to those signed out, and nobody against themselves. */
export function useAgainst(account: ActorSummary | null, what: Subject, name: string, muted?: { account?: boolean; server?: boolean }, changed?: () => void) {
  const m = use(me)
  if (!m || !account || m.account.id === account.id) return null
  const a = handle(account)
  const take = (act: Promise<unknown>) => act.then(() => { say(t('mute.undone', { name: account.displayName })); changed?.() }, () => say(t('error.server'), true))
  const give = (act: () => Promise<unknown>, back: () => Promise<unknown>, who: string) => void mute(act, () => back().then(changed), who).then(changed)
  return (
    <>
      {muted?.account
        ? <button onClick={() => void take(unmuteAccount('users/me', a))}><Icon name="volume_up-fill" />{t('unmute', { name: account.displayName })}</button>
        : <button onClick={() => give(() => muteAccount('users/me', a), () => unmuteAccount('users/me', a), account.displayName)}><Icon name="block" />{t('mute.account', { name: account.displayName })}</button>}
      {account.host !== location.host && (muted?.server
        ? <button onClick={() => void take(unmuteServer('users/me', account.host))}><Icon name="volume_up-fill" />{t('unmute', { name: account.host })}</button>
        : <button onClick={() => give(() => muteServer('users/me', account.host), () => unmuteServer('users/me', account.host), account.host)}><Icon name="block" />{t('mute.server', { name: account.host })}</button>)}
      <button onClick={() => ask((close) => <Report what={what} name={name} close={close} />)}><Icon name="flag" />{t('report')}</button>
    </>
  )
}
