import type { ComponentChildren } from 'preact'
import { Icon } from './Icon'

/** Empty says what comes here, with one way on. */
export function Empty(p: { icon: string; title: string; text?: string; children?: ComponentChildren; level?: 1 | 2 }) {
  return (
    <section class="empty">
      <Icon name={p.icon} size={32} />
      {p.level === 1 ? <h1>{p.title}</h1> : <h2>{p.title}</h2>}
      {p.text && <p>{p.text}</p>}
      {p.children && <div class="actions">{p.children}</div>}
    </section>
  )
}
