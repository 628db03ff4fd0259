// One symbol of the sprite. Decorative: the control around it has the name.
const sprite = document.documentElement.dataset.icons ?? ''

export function Icon({ name, size, kind = '' }: { name: string; size?: 16 | 22 | 24 | 32; kind?: string }) {
  return (
    <svg class={`icon ${size ? 's' + size : ''} ${kind}`} aria-hidden="true" focusable="false">
      <use href={`${sprite}#${name}`} />
    </svg>
  )
}

/** The mark of the product: play on ink, with the one teal dot of the people who carry. */
export function Mark() {
  return (
    <svg width="28" height="28" viewBox="0 0 28 28" aria-hidden="true">
      <circle cx="13.5" cy="14.5" r="12.5" fill="var(--primary)" />
      <path d="M11 9.6v9.8c0 .8.9 1.3 1.6.8l7.1-4.9c.6-.4.6-1.2 0-1.6l-7.1-4.9c-.7-.5-1.6 0-1.6.8Z" fill="var(--on-primary)" />
      <circle cx="23" cy="5" r="5.5" fill="var(--bg)" />
      <circle cx="23" cy="5" r="4" fill="var(--people)" />
    </svg>
  )
}
