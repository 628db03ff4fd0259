// The player's settings: quality, speed, captions.
import { useEffect, useRef, useState } from 'preact/hooks'
import { t } from '../lib/i18n'
import { Icon } from '../ui/Icon'
import { nameOf, type Captions } from './captions'
import type { Quality } from './engine'

export const speeds = [0.5, 0.75, 1, 1.25, 1.5, 2]

export interface Offer { height: number; label: string } // a quality of a newer list, not loaded yet

interface Props {
  qualities: Quality[]
  current: number
  auto: boolean
  offers: Offer[]
  speed: number
  captions: Captions
  choose: (index: number) => void
  take: (offer: Offer) => void
  setSpeed: (s: number) => void
  opened: (open: boolean) => void
}

function Choice({ on, label, note, act }: { on: boolean; label: string; note?: string; act: () => void }) {
  return (
    <button role="menuitemradio" aria-checked={on} onClick={act}>
      <span class="tick">{on && <Icon name="check" size={16} />}</span>{label}{note && <small class="num">{note}</small>}
    </button>
  )
}

export function Gear(p: Props) {
  const [open, set] = useState(false)
  const wrap = useRef<HTMLDivElement>(null)
  const button = useRef<HTMLButtonElement>(null)
  const show = (to: boolean) => {
    set(to)
    p.opened(to)
  }
  useEffect(() => {
    if (!open) return
    wrap.current?.querySelector<HTMLElement>('[aria-checked="true"]')?.focus()
    const outside = (e: Event) => !wrap.current?.contains(e.target as Node) && show(false)
    const key = (e: KeyboardEvent) => {
      if (e.key !== 'Escape') return
      e.stopPropagation()
      show(false)
      button.current?.focus()
    }
    addEventListener('pointerdown', outside)
    addEventListener('keydown', key, true)
    return () => {
      removeEventListener('pointerdown', outside)
      removeEventListener('keydown', key, true)
    }
  }, [open])
  const arrows = (e: KeyboardEvent) => {
    if (e.key !== 'ArrowDown' && e.key !== 'ArrowUp') return
    e.preventDefault()
    e.stopPropagation()
    const all = [...wrap.current!.querySelectorAll<HTMLElement>('[role="menuitemradio"]')]
    const i = all.indexOf(document.activeElement as HTMLElement)
    all[(i + (e.key === 'ArrowDown' ? 1 : all.length - 1)) % all.length]?.focus()
  }
  const now = p.qualities.find((q) => q.index === p.current)
  return (
    <div class="gear" ref={wrap}>
      <button class="pbtn" ref={button} aria-haspopup="menu" aria-expanded={open} aria-label={t('player.settings')} title={t('player.settings')} onClick={() => show(!open)}>
        <Icon name="settings-fill" size={22} />
      </button>
      {open && (
        <div class="gear-menu" role="menu" aria-label={t('player.settings')} onKeyDown={arrows}>
          <div role="group" aria-label={t('player.quality')}>
            <p aria-hidden="true">{t('player.quality')}</p>
            <Choice on={p.auto} label={t('player.auto')} note={p.auto ? now?.label : undefined} act={() => p.choose(-1)} />
            {p.qualities.filter((q) => q.label).map((q) => <Choice key={q.index} on={!p.auto && q.index === p.current} label={q.label} act={() => p.choose(q.index)} />)}
            {p.offers.map((o) => <Choice key={o.label} on={false} label={o.label} note={t('player.new')} act={() => p.take(o)} />)}
          </div>
          <div role="group" aria-label={t('player.speed')}>
            <p aria-hidden="true">{t('player.speed')}</p>
            {speeds.map((s) => <Choice key={s} on={s === p.speed} label={`${s}×`} act={() => p.setSpeed(s)} />)}
          </div>
          {p.captions.list.length > 0 && (
            <div role="group" aria-label={t('player.captions')}>
              <p aria-hidden="true">{t('player.captions')}</p>
              <Choice on={!p.captions.current} label={t('player.captions.off')} act={() => p.captions.choose('')} />
              {p.captions.list.map((c) => <Choice key={c.language.id} on={c.language.id === p.captions.current} label={nameOf(c)} act={() => p.captions.choose(c.language.id)} />)}
            </div>
          )}
        </div>
      )}
    </div>
  )
}
