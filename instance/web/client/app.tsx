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
import { follow, match, place } from './lib/router'
import { Store, use } from './lib/store'
import { listen } from './people/unread'
import { About } from './pages/About'
import { AccountPage, ChannelPage } from './pages/Actor'
import { Edit } from './pages/Edit'
import { Home } from './pages/Home'
import { LogIn } from './pages/LogIn'
import { Mine } from './pages/Mine'
import { NotFound } from './pages/NotFound'
import { UploadPage } from './pages/Upload'
import { Watch } from './pages/Watch'
import { Shell } from './ui/Shell'

const Following = lazy(() => import('./pages/Following').then((m) => m.Following))
const PlaylistPage = lazy(() => import('./pages/Playlist').then((m) => m.PlaylistPage))
const Playlists = lazy(() => import('./pages/Playlists').then((m) => m.Playlists))
const Admin = lazy(() => import('./pages/Admin').then((m) => m.Admin))
const Notices = lazy(() => import('./pages/Notices').then((m) => m.Notices))
const RemoteInteraction = lazy(() => import('./pages/RemoteInteraction').then((m) => m.RemoteInteraction))
const Settings = lazy(() => import('./pages/Settings').then((m) => m.Settings))
const SignUp = lazy(() => import('./pages/SignUp').then((m) => m.SignUp))
const Search = lazy(() => import('./pages/Search').then((m) => m.Search))

const facts = new Store<Config | undefined>(undefined)

function Page({ path, config }: { path: string; config?: Config }) {
  const at = (pattern: string) => match(pattern, path)
  let m
  if (at('/') || at('/videos/browse')) return <Home />
  if ((m = at('/w/:id'))) return <Watch key={m.id} id={m.id!} config={config} />
  if ((m = at('/c/:name'))) return <ChannelPage key={m.name} name={m.name!} />
  if ((m = at('/a/:name'))) return <AccountPage key={m.name} name={m.name!} />
  if (at('/login')) return <LogIn />
  if (at('/upload')) return <UploadPage config={config} />
  if (at('/my/videos')) return <Mine />
  if ((m = at('/my/videos/:id/edit'))) return <Edit key={m.id} id={m.id!} />
  if ((m = at('/w/p/:id'))) return <PlaylistPage key={m.id} id={m.id!} />
  if (at('/following') || at('/videos/subscriptions')) return <Following />
  if (at('/search')) return <Search />
  if (at('/my/playlists')) return <Playlists />
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
    <Shell name={config?.instance.name ?? name} wide={here.path.startsWith('/w/') && !here.path.startsWith('/w/p/')}>
      <Page path={here.path} config={config} />
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
