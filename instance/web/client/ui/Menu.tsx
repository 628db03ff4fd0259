// A button that opens a short list under itself. Escape and a click elsewhere close it; arrows walk in it.
import type { ComponentChildren } from 'preact'
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks'
import { place } from '../lib/router'
import { use } from '../lib/store'

interface Props { label: string; face: ComponentChildren; class?: string; children: ComponentChildren }

const steps: Record<string, number> = { ArrowDown: 1, ArrowUp: -1 }

export function Menu({ label, face, class: kind = 'btn icon-only', children }: Props) {
  const [open, setOpen] = useState(false)
  const wrap = useRef<HTMLDivElement>(null)
  const button = useRef<HTMLButtonElement>(null)
  const here = use(place)
  useEffect(() => setOpen(false), [here])
  useLayoutEffect(() => {
    // Where there is no room before or below the button, the list opens the other way.
    const list = open && wrap.current?.querySelector('.menu')
    if (!list) return
    const fit = () => {
      list.classList.remove('other', 'up')
      const box = list.getBoundingClientRect()
      if (box.left < 4 || box.right > innerWidth - 4) list.classList.add('other')
      if (box.bottom > innerHeight - 4 && box.height < box.top - 120) list.classList.add('up')
    }
    fit()
    const grown = new ResizeObserver(fit) // some entries come late
    grown.observe(list)
    return () => grown.disconnect()
  }, [open])
  useEffect(() => {
    if (!open) return
    const entries = () => [...wrap.current!.querySelectorAll<HTMLElement>('.menu a, .menu button')]
    const outside = (e: Event) => !wrap.current?.contains(e.target as Node) && setOpen(false)
    const press = (e: KeyboardEvent) => {
      if (e.key === 'Escape') close()
      else if (steps[e.key]) {
        const list = entries()
        e.preventDefault()
        list[(list.indexOf(document.activeElement as HTMLElement) + steps[e.key]! + list.length) % list.length]?.focus()
      }
    }
    addEventListener('pointerdown', outside)
    addEventListener('keydown', press, true)
    entries()[0]?.focus()
    return () => {
      removeEventListener('pointerdown', outside)
      removeEventListener('keydown', press, true)
    }
  }, [open])
  // A dialog that an entry opens gives the focus back to the button when it ends.
  const close = () => {
    setOpen(false)
    button.current?.focus()
  }
  return (
    <div class="menu-wrap" ref={wrap} onFocusOut={(e) => e.relatedTarget && !wrap.current?.contains(e.relatedTarget as Node) && setOpen(false)}>
      <button class={kind} ref={button} aria-label={label} title={label} aria-expanded={open} onClick={() => setOpen(!open)}>{face}</button>
      {open && <div class="menu" onClick={close}>{children}</div>}
    </div>
  )
}
