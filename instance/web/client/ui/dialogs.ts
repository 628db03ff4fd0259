// What opens over a page, once somebody asks for it.
export { Elsewhere } from '../people/Elsewhere'
export { Report } from '../people/Report'
export { Save } from '../playlist/Save'
export { Download, Share } from '../watch/Share'
export { CardMenu } from './CardMenu'
