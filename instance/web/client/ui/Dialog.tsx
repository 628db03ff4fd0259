// A question over the page, in the browser's own modal: focus is trapped, Escape is the quiet answer.
import type { ComponentChildren } from 'preact'
import { useEffect, useId, useRef } from 'preact/hooks'

interface Props { title: string; children: ComponentChildren; close: () => void }

export function Dialog({ title, children, close }: Props) {
  const ref = useRef<HTMLDialogElement>(null)
  const id = useId()
  useEffect(() => {
    const from = document.activeElement as HTMLElement | null
    ref.current?.showModal()
    return () => from?.focus?.()
  }, [])
  return (
    <dialog class="dialog" ref={ref} aria-labelledby={id} onClose={close} onClick={(e) => e.target === ref.current && close()}>
      <h2 id={id}>{title}</h2>
      {children}
    </dialog>
  )
}

interface Question { title: string; text: string; keep: string; verb: string; act: () => void; close: () => void }

/** Confirm asks before something is lost; focus starts on keeping it. */
export function Confirm({ title, text, keep, verb, act, close }: Question) {
  return (
    <Dialog title={title} close={close}>
      <p>{text}</p>
      <div class="actions">
        <button class="btn quiet" autofocus onClick={close}>{keep}</button>
        <button class="btn danger" onClick={act}>{verb}</button>
      </div>
    </Dialog>
  )
}
