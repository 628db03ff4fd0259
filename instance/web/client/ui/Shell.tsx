// The frame around every page: skip link, top bar, navigation, messages.
import type { ComponentChildren } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import { t } from '../lib/i18n'
import { place } from '../lib/router'
import { use } from '../lib/store'
import { Asked } from './Ask'
import { Icon } from './Icon'
import { KeyHelp } from './KeyHelp'
import { NavLinks, Tabs } from './Nav'
import { Offline } from './Offline'
import { Toast } from './Toast'
import { TopBar } from './TopBar'

function Drawer({ close }: { close: () => void }) {
  const sheet = useRef<HTMLDivElement>(null)
  useEffect(() => {
    const from = document.activeElement as HTMLElement | null
    sheet.current?.querySelector('a')?.focus()
    const key = (e: KeyboardEvent) => e.key === 'Escape' && close()
    addEventListener('keydown', key)
    return () => {
      removeEventListener('keydown', key)
      from?.focus?.()
    }
  }, [])
  return (
    <div class="drawer" onClick={close}>
      <div class="sheet" ref={sheet} role="dialog" aria-modal="true" aria-label={t('nav.menu')} onClick={(e) => e.stopPropagation()}>
        <div class="bar"><button class="btn quiet icon-only" aria-label={t('close')} onClick={close}><Icon name="close" /></button></div>
        <NavLinks />
      </div>
    </div>
  )
}

export function Shell({ name, wide, children }: { name: string; wide: boolean; children: ComponentChildren }) {
  const [open, setOpen] = useState(false)
  const [folded, fold] = useState(false)
  const here = use(place)
  const [first] = useState(here.path)
  useEffect(() => setOpen(false), [here])
  useEffect(() => {
    // Readers of the screen go on in the new page, not in the link that led to it.
    const main = document.getElementById('main')!
    if (here.path !== first && !main.contains(document.activeElement)) main.focus({ preventScroll: true })
  }, [here.path])
  const menu = () => {
    if (wide || innerWidth < 1024) setOpen(!open)
    else fold(!folded)
  }
  return (
    <>
      <a class="btn primary skip" href="#main" onClick={(e) => { e.preventDefault(); document.getElementById('main')?.focus() }}>{t('skip')}</a>
      <TopBar name={name} openMenu={menu} />
      <Offline />
      <div class={`shell ${wide || folded ? '' : 'railed'}`}>
        <div class="column">{!wide && !folded && <NavLinks />}</div>
        <main id="main" tabIndex={-1}>{children}</main>
      </div>
      <Tabs />
      {open && <Drawer close={() => setOpen(false)} />}
      <KeyHelp />
      <Asked />
      <Toast />
    </>
  )
}
