// Where one can go: a column on wide screens, a rail on tablets, tabs at the bottom of phones.
import { session } from '../api/session'
import { t } from '../lib/i18n'
import { place } from '../lib/router'
import { use } from '../lib/store'
import { Icon } from './Icon'

interface Item { href: string; icon: string; label: string }

function items(signedIn: boolean): Item[] {
  const list = [{ href: '/', icon: 'home', label: t('nav.home') }]
  if (signedIn) {
    list.push({ href: '/following', icon: 'groups', label: t('nav.following') })
    list.push({ href: '/upload', icon: 'upload', label: t('nav.upload') })
    list.push({ href: '/my/videos', icon: 'video_library', label: t('nav.mine') })
    list.push({ href: '/my/playlists', icon: 'playlist_play', label: t('nav.playlists') })
  }
  return list
}

function Link({ href, icon, label, now }: Item & { now: string }) {
  const here = href === '/' ? now === '/' || now === '/videos/browse' : now.startsWith(href)
  return (
    <a href={href} aria-current={here ? 'page' : undefined} title={label}>
      <Icon name={here ? icon + '-fill' : icon} /><span>{label}</span>
    </a>
  )
}

export function NavLinks() {
  const { path } = use(place)
  const s = use(session)
  return (
    <nav class="nav" aria-label={t('nav.main')}>
      {items(Boolean(s)).map((i) => <Link key={i.href} {...i} now={path} />)}
      <hr />
      <Link href="/about" icon="info" label={t('nav.about')} now={path} />
    </nav>
  )
}

export function Tabs() {
  const { path } = use(place)
  const s = use(session)
  const list = items(Boolean(s)).slice(0, 4)
  if (!s) list.push({ href: '/about', icon: 'info', label: t('nav.about') }, { href: '/login', icon: 'account_circle', label: t('login') })
  return (
    <nav class="tabs" aria-label={t('nav.main')}>
      {list.map((i) => {
        const here = i.href === '/' ? path === '/' : path.startsWith(i.href)
        return (
          <a key={i.href} href={i.href} aria-current={here ? 'page' : undefined}>
            <Icon name={here && i.icon !== 'login' ? i.icon + '-fill' : i.icon} size={24} />{i.label}
          </a>
        )
      })}
    </nav>
  )
}
