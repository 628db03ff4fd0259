// Pages whose program comes together when the first of them is opened.
export { About } from './About'
export { Following } from './Following'
export { LogIn } from './LogIn'
export { PlaylistPage } from './Playlist'
export { RemoteInteraction } from './RemoteInteraction'
export { Search } from './Search'
export { SignUp } from './SignUp'
export { WatchList } from './WatchList'
