// A button that opens a short list under itself. Escape and a click elsewhere close it.
import type { ComponentChildren } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import { place } from '../lib/router'
import { use } from '../lib/store'

interface Props { label: string; face: ComponentChildren; class?: string; children: ComponentChildren }

export function Menu({ label, face, class: kind = 'btn icon-only', children }: Props) {
  const [open, setOpen] = useState(false)
  const wrap = useRef<HTMLDivElement>(null)
  const button = useRef<HTMLButtonElement>(null)
  const here = use(place)
  useEffect(() => setOpen(false), [here])
  useEffect(() => {
    if (!open) return
    const outside = (e: Event) => !wrap.current?.contains(e.target as Node) && setOpen(false)
    const escape = (e: KeyboardEvent) => {
      if (e.key !== 'Escape') return
      setOpen(false)
      button.current?.focus()
    }
    addEventListener('pointerdown', outside)
    addEventListener('keydown', escape)
    wrap.current?.querySelector<HTMLElement>('.menu a, .menu button')?.focus()
    return () => {
      removeEventListener('pointerdown', outside)
      removeEventListener('keydown', escape)
    }
  }, [open])
  return (
    <div class="menu-wrap" ref={wrap}>
      <button class={kind} ref={button} aria-label={label} title={label} aria-expanded={open} onClick={() => setOpen(!open)}>{face}</button>
      {open && <div class="menu" onClick={() => setOpen(false)}>{children}</div>}
    </div>
  )
}
