// The client: reads the address, draws the page.
import { render } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import './styles/tokens.css'
import './styles/base.css'
import './styles/shell.css'
import './styles/videos.css'
import './styles/forms.css'
import './styles/watch.css'
import './styles/comments.css'
import './styles/lists.css'
import './styles/people.css'
import './styles/player.css'
import { config as askConfig } from './api/calls'
import { readFirst, take } from './api/http'
import { loadMe, session } from './api/session'
import type { Config } from './api/types'
import { speak } from './lib/i18n'
import { lazy } from './lib/lazy'
import { follow, match, place, type Place } from './lib/router'
import { facts } from './lib/facts'
import { use } from './lib/store'
import { listen } from './people/unread'
import { AccountPage, Anyone, ChannelPage } from './pages/Actor'
import { Home } from './pages/Home'
import { NotFound } from './pages/NotFound'
import { Watch } from './pages/Watch'
import { Shell } from './ui/Shell'

const About = lazy(() => import('./pages/apart').then((m) => m.About))
const LogIn = lazy(() => import('./pages/apart').then((m) => m.LogIn))
const Channels = lazy(() => import('./pages/own').then((m) => m.Channels))
const Edit = lazy(() => import('./pages/own').then((m) => m.Edit))
const Mine = lazy(() => import('./pages/own').then((m) => m.Mine))
const MyReports = lazy(() => import('./pages/own').then((m) => m.MyReports))
const UploadPage = lazy(() => import('./pages/own').then((m) => m.UploadPage))
const WatchList = lazy(() => import('./pages/apart').then((m) => m.WatchList))
const Following = lazy(() => import('./pages/apart').then((m) => m.Following))
const PlaylistPage = lazy(() => import('./pages/apart').then((m) => m.PlaylistPage))
const Playlists = lazy(() => import('./pages/own').then((m) => m.Playlists))
const Admin = lazy(() => import('./pages/own').then((m) => m.Admin))
const Notices = lazy(() => import('./pages/own').then((m) => m.Notices))
const RemoteInteraction = lazy(() => import('./pages/apart').then((m) => m.RemoteInteraction))
const Settings = lazy(() => import('./pages/own').then((m) => m.Settings))
const SignUp = lazy(() => import('./pages/apart').then((m) => m.SignUp))
const Search = lazy(() => import('./pages/apart').then((m) => m.Search))

const inList = (query: URLSearchParams) => query.has('playlistPosition')

function Page({ path, query, config }: Place & { config?: Config }) {
  const at = (pattern: string) => match(pattern, path)
  let m
  if (at('/') || at('/videos/browse')) return <Home />
  if ((m = at('/w/:id'))) return <Watch key={m.id} id={m.id!} config={config} />
  if ((m = at('/c/:name'))) return <ChannelPage key={m.name} name={m.name!} />
  if ((m = at('/a/:name'))) return <AccountPage key={m.name} name={m.name!} />
  if ((m = /^\/@([^/]+)$/.exec(path))) return <Anyone key={m[1]} name={decodeURIComponent(m[1]!)} />
  if (at('/login')) return <LogIn />
  if (at('/upload')) return <UploadPage config={config} />
  if (at('/my/videos')) return <Mine />
  if ((m = at('/my/videos/:id/edit'))) return <Edit key={m.id} id={m.id!} />
  if ((m = at('/w/p/:id')) && inList(query)) return <WatchList key={m.id} id={m.id!} config={config} />
  if ((m = at('/w/p/:id'))) return <PlaylistPage key={m.id} id={m.id!} />
  if (at('/following') || at('/videos/subscriptions')) return <Following />
  if (at('/search')) return <Search />
  if (at('/my/playlists')) return <Playlists />
  if (at('/my/channels')) return <Channels />
  if (at('/my/reports')) return <MyReports />
  if (at('/my/notifications')) return <Notices />
  if (at('/my/settings')) return <Settings />
  if (at('/signup')) return <SignUp config={config} />
  if (at('/remote-interaction')) return <RemoteInteraction />
  if ((m = at('/admin/:desk'))) return <Admin desk={m.desk!} />
  if (at('/about')) return <About config={config} />
  return <NotFound />
}

function App() {
  const here = use(place)
  const config = use(facts)
  const [name] = useState(() => document.querySelector('.brand span')?.textContent ?? '')
  useEffect(() => {
    if (!config) askConfig().then((c) => facts.set(c), () => undefined) // pages do without, with PeerTube's defaults
    listen()
    if (session.value) loadMe().catch(() => undefined) // an old picture of the account is better than none
  }, [])
  return (
    <Shell name={config?.instance.name ?? name} wide={here.path.startsWith('/w/') && (!here.path.startsWith('/w/p/') || inList(here.query))}>
      <Page {...here} config={config} />
    </Shell>
  )
}

async function start() {
  readFirst()
  facts.set(take<Config>('/config'))
  await speak(document.documentElement.lang)
  follow()
  const root = document.getElementById('app')!
  const wrapped = <App />
  root.replaceChildren()
  render(wrapped, root)
}

void start()
