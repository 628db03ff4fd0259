// What the instance says of itself.
import { me } from '../api/session'
import type { Config, NSFWPolicy } from '../api/types'
import { Store, use } from './store'

export const facts = new Store<Config | undefined>(undefined)

/** useSensitive is what the reader, or else the instance, wants done with sensitive videos. */
export function useSensitive(): NSFWPolicy {
  const mine = use(me)?.nsfwPolicy
  const all = use(facts)?.instance.defaultNSFWPolicy
  return mine ?? all ?? 'do_not_list'
}
