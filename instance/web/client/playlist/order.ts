// Taking a row of a list to another place, by pointer.
import { useRef, useState } from 'preact/hooks'

export interface Carried { from: number; to: number }

/** useOrder makes handles that carry rows; moved is told once, where a row was let go. */
export function useOrder(moved: (from: number, to: number) => void) {
  const list = useRef<HTMLOListElement>(null)
  const [carried, set] = useState<Carried>()
  const now = useRef<Carried>(undefined)
  const put = (c: Carried | undefined) => {
    now.current = c
    set(c)
  }
  const over = (y: number) => {
    const rows = [...list.current!.children] as HTMLElement[]
    const at = rows.findIndex((r) => {
      const box = r.getBoundingClientRect()
      return y < box.top + box.height / 2
    })
    return at < 0 ? rows.length : at // the row before which it would stand
  }
  const handle = (from: number) => ({
    onPointerDown: (e: PointerEvent) => {
      if (e.button !== 0) return
      e.preventDefault();
      (e.currentTarget as HTMLElement).setPointerCapture(e.pointerId)
      put({ from, to: from })
    },
    onPointerMove: (e: PointerEvent) => {
      if (!now.current) return
      const to = over(e.clientY)
      if (to !== now.current.to) put({ from, to })
      const edge = 80 // near an edge of the window the page goes along
      if (e.clientY < edge) scrollBy(0, -12)
      else if (e.clientY > innerHeight - edge) scrollBy(0, 12)
    },
    onPointerUp: () => {
      const c = now.current
      put(undefined)
      if (c && c.to !== c.from && c.to !== c.from + 1) moved(c.from, c.to > c.from ? c.to - 1 : c.to)
    },
    onPointerCancel: () => put(undefined),
  })
  return { list, handle, carried }
}
