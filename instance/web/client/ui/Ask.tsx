// A dialog opened from something that goes away with the click, such as a menu: it stands beside the page.
import type { ComponentChildren } from 'preact'
import { useEffect } from 'preact/hooks'
import { place } from '../lib/router'
import { Store, use } from '../lib/store'

const asked = new Store<ComponentChildren>(undefined)

/** ask shows a dialog; it gets its own end as close. */
export const ask = (dialog: (close: () => void) => ComponentChildren) => asked.set(dialog(() => asked.set(undefined)))

export function Asked() {
  const here = use(place)
  useEffect(() => asked.set(undefined), [here])
  return <>{use(asked)}</>
}
