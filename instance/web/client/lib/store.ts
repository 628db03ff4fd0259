// A value that components can watch: the whole state management of the client.
import { useEffect, useState } from 'preact/hooks'

export class Store<T> {
  private watchers = new Set<() => void>()
  constructor(private current: T) {}

  get value(): T {
    return this.current
  }

  set(next: T) {
    if (Object.is(next, this.current)) return
    this.current = next
    for (const w of [...this.watchers]) w()
  }

  update(change: (now: T) => T) {
    this.set(change(this.current))
  }

  watch(w: () => void): () => void {
    this.watchers.add(w)
    return () => this.watchers.delete(w)
  }
}

/** use draws the component again whenever the store changes. */
export function use<T>(store: Store<T>): T {
  const [, redraw] = useState(0)
  const [seen] = useState({ value: store.value })
  seen.value = store.value
  useEffect(() => {
    const check = () => {
      if (!Object.is(seen.value, store.value)) redraw((n) => n + 1)
    }
    check() // it may have changed between drawing and this effect
    return store.watch(check)
  }, [store])
  return store.value
}
