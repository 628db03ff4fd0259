// The field in the bar at the top, and on the page of phones: words, or the address of something elsewhere.
import { useEffect, useRef, useState } from 'preact/hooks'
import { t } from '../lib/i18n'
import { go, place } from '../lib/router'
import { use } from '../lib/store'
import { Icon } from './Icon'
import { typing } from './KeyHelp'

export function SearchBox({ autofocus }: { autofocus?: boolean }) {
  const here = use(place)
  const asked = here.path === '/search' ? here.query.get('search') ?? '' : ''
  const [text, set] = useState(asked)
  const field = useRef<HTMLInputElement>(null)
  useEffect(() => set(asked), [asked])
  useEffect(() => {
    const press = (e: KeyboardEvent) => {
      if (e.key !== '/' || typing(e) || document.querySelector('dialog[open]') || !field.current?.offsetParent) return
      e.preventDefault()
      field.current.focus()
    }
    addEventListener('keydown', press)
    return () => removeEventListener('keydown', press)
  }, [])
  const find = (e: Event) => {
    e.preventDefault()
    const words = text.trim()
    if (words) go(`/search?search=${encodeURIComponent(words)}`)
  }
  return (
    <form class="search" role="search" onSubmit={find}>
      <Icon name="search" />
      <input class="input" type="search" ref={field} aria-label={t('search')} placeholder={t('search')} enterkeyhint="search" maxLength={1000} value={text} autofocus={autofocus}
        onInput={(e) => set(e.currentTarget.value)} />
    </form>
  )
}
