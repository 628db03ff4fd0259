// Whether the signed-in person, or the instance, has muted somebody.
import { blockStatus } from '../api/people'
import { session } from '../api/session'
import type { ActorSummary } from '../api/types'
import { useLoad } from '../lib/load'
import { use } from '../lib/store'
import { handle } from '../ui/Avatar'

export interface Muted { account: boolean; server: boolean; all: boolean }

export function useMuted(a: ActorSummary | null) {
  const who = Boolean(use(session))
  return useLoad<Muted | undefined>(async () => {
    if (!a || !who) return undefined
    const s = await blockStatus(handle(a), a.host)
    const account = s.accounts[handle(a)]
    const server = s.hosts[a.host]
    return { account: Boolean(account?.blockedByUser), server: Boolean(server?.blockedByUser), all: Boolean(account?.blockedByServer || server?.blockedByServer) }
  }, `${who}${a && handle(a)}`)
}
