// A list that comes a page at a time, each on demand: what stands there keeps its place.
import type { ComponentChildren } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import type { List } from '../api/types'
import { ErrorBox } from '../ui/ErrorBox'
import { whole } from './format'
import { t } from './i18n'

interface Paged<T> { list?: T[]; total: number; error?: unknown; more: () => Promise<void>; again: () => void; set: (l: T[]) => void }

/** usePaged asks anew for every key; id tells entries apart that two pages both brought. */
export function usePaged<T>(load: (start: number) => Promise<List<T>>, key: unknown, id: (x: T) => number | string): Paged<T> {
  const [s, set] = useState<{ list?: T[]; total: number; error?: unknown }>({ total: 0 })
  const turn = useRef(0)
  const ask = async (before: T[] | undefined, asked: number) => {
    const mine = ++turn.current
    try {
      const page = await load(asked)
      if (mine !== turn.current) return
      const known = new Set(before?.map(id))
      const list = [...(before ?? []), ...page.data.filter((x) => !known.has(id(x)))]
      set({ list, total: page.data.length ? page.total : list.length })
    } catch (error) {
      if (mine === turn.current) set({ list: before, total: before?.length ?? 0, error })
    }
  }
  useEffect(() => {
    set({ total: 0 })
    void ask(undefined, 0)
    return () => void turn.current++
  }, [key])
  return { ...s, more: () => ask(s.list, s.list?.length ?? 0), again: () => void ask(undefined, 0), set: (list) => set({ list, total: s.total + list.length - (s.list?.length ?? 0) }) }
}

/** Pages draws such a list: its ghost, its error, that it is empty, or it and the way to more. */
export function Pages<T>({ of: p, empty, children }: { of: Paged<T>; empty: ComponentChildren; children: (list: T[]) => ComponentChildren }) {
  if (!p.list) return p.error ? <ErrorBox error={p.error} retry={p.again} /> : <div class="skeleton block late" aria-hidden="true" />
  if (!p.list.length) return p.error ? <ErrorBox error={p.error} retry={p.again} /> : <>{empty}</>
  return (
    <>
      {children(p.list)}
      {Boolean(p.error) && <ErrorBox error={p.error} retry={() => void p.more()} />}
      {!p.error && p.list.length < p.total && (
        <div class="more-line">
          <button class="btn" onClick={() => void p.more()}>{t('more.show')}</button>
          <span class="quiet-text num">{t('of.all', { n: whole(p.list.length), all: whole(p.total) })}</span>
        </div>
      )}
    </>
  )
}
