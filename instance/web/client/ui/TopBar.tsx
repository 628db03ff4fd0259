// The bar at the top: menu, brand, upload, and who is signed in.
import { logOut, me, session } from '../api/session'
import { t } from '../lib/i18n'
import { go, place } from '../lib/router'
import { use } from '../lib/store'
import { unread } from '../people/unread'
import { setTheme, settings, setLanguage } from '../lib/settings'
import { actorPath, Avatar } from './Avatar'
import { Icon, Mark } from './Icon'
import { keyHelp } from './KeyHelp'
import { Menu } from './Menu'
import { SearchBox } from './SearchBox'
import { say } from './Toast'

const themes = ['', 'light', 'dark'] as const

function Choices() {
  const { theme } = use(settings)
  const next = themes[(themes.indexOf(theme) + 1) % 3]!
  const names = { '': t('theme.system'), light: t('theme.light'), dark: t('theme.dark') }
  return (
    <>
      <button onClick={(e) => { e.stopPropagation(); setTheme(next) }}>
        <Icon name={theme === 'light' ? 'light_mode' : theme === 'dark' ? 'dark_mode' : 'contrast'} />{t('theme', { name: names[theme] })}
      </button>
      <button lang={document.documentElement.lang === 'fr' ? 'en' : 'fr'}
        onClick={() => setLanguage(document.documentElement.lang === 'fr' ? 'en' : 'fr')}>
        <Icon name="translate" />{document.documentElement.lang === 'fr' ? 'English' : 'Français'}
      </button>
      <button class="wide-only" onClick={() => keyHelp.set(true)}><Icon name="keyboard" />{t('keys.title')}</button>
    </>
  )
}

function You() {
  const m = use(me)
  if (!m) return null
  const leave = async () => {
    await logOut()
    say(t('logout.done'))
    go('/')
  }
  return (
    <Menu label={t('nav.you')} class="btn quiet icon-only you" face={<Avatar actor={m.account} person size="s32" />}>
      <div class="who"><strong><bdi>{m.account.displayName}</bdi></strong><p>@{m.username}</p></div>
      <a href={actorPath('a', m.account)}><Icon name="account_circle" />{t('nav.account')}</a>
      <a href="/my/videos"><Icon name="video_library" />{t('nav.mine')}</a>
      <a href="/my/channels"><Icon name="groups" />{t('channels.mine')}</a>
      <a href="/my/playlists"><Icon name="playlist_play" />{t('playlists.mine')}</a>
      <a href="/my/reports"><Icon name="flag" />{t('reports.mine')}</a>
      <a href="/my/settings"><Icon name="settings" />{t('settings')}</a>
      {m.role.id < 2 && <a href="/admin/reports"><Icon name="shield_person" />{t('admin')}</a>}
      <hr />
      <Choices />
      <hr />
      <button onClick={leave}><Icon name="logout" />{t('logout')}</button>
    </Menu>
  )
}

function Bell() {
  const n = use(unread)
  const shown = n > 99 ? '99+' : String(n)
  const label = n ? t('notices.n', { n: shown }) : t('notices')
  return (
    <a class="btn quiet icon-only bell" href="/my/notifications" aria-label={label} title={label}>
      <Icon name={n ? 'notifications-fill' : 'notifications'} />{n > 0 && <span class="bell-n num" aria-hidden="true">{shown}</span>}
    </a>
  )
}

export function TopBar({ name, openMenu }: { name: string; openMenu: () => void }) {
  const s = use(session)
  const { path } = use(place)
  // Pages with a main action of their own have the only filled button.
  const busy = /^\/(upload|login|signup|admin|w\/p\/|remote-interaction|my\/(videos\/|settings|channels))/.test(path)
  return (
    <header class="topbar">
      <button class="btn quiet icon-only burger" aria-label={t('nav.menu')} title={t('nav.menu')} onClick={openMenu}><Icon name="menu" /></button>
      <a class="brand" href="/"><Mark /><span>{name}</span></a>
      <SearchBox />
      <a class="btn quiet icon-only narrow-only" href="/search" aria-label={t('search')}><Icon name="search" /></a>
      {s ? (
        <>
          <a class={`btn wide-only ${busy ? '' : 'primary'}`} href="/upload"><Icon name="upload" />{t('nav.upload')}</a>
          <Bell />
          <You />
        </>
      ) : (
        <>
          <Menu label={t('nav.settings')} class="btn quiet icon-only" face={<Icon name="more_vert" />}><Choices /></Menu>
          {path !== '/login' && <a class="btn primary wide-only" href="/login">{t('login')}</a>}
        </>
      )}
    </header>
  )
}
