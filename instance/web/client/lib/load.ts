import { useEffect, useState } from 'preact/hooks'

export interface Loaded<T> {
  value?: T
  error?: unknown
  again: () => void
  set: (v: T) => void
}

/** useLoad asks once for every key, and forgets answers that come after the page left. */
export function useLoad<T>(ask: () => Promise<T>, key: unknown, start?: T): Loaded<T> {
  const [state, set] = useState<{ value?: T; error?: unknown }>({ value: start })
  const [turn, next] = useState(0)
  useEffect(() => {
    let here = true
    ask().then((value) => here && set({ value }), (error) => here && set({ error }))
    return () => {
      here = false
    }
  }, [key, turn])
  return { ...state, again: () => { set({}); next(turn + 1) }, set: (value) => set({ value }) }
}
