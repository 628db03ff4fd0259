// The bar over the lower edge of the picture.
import { useState } from 'preact/hooks'
import { t } from '../lib/i18n'
import { use, type Store } from '../lib/store'
import { Icon } from '../ui/Icon'
import type { Captions } from './captions'
import { Gear, type Offer } from './Gear'
import type { Quality } from './engine'
import { Live } from './Live'
import { chipText, Meter } from './Sources'
import type { Stats } from './stats'
import { Thread } from './Thread'

interface Props {
  stats: Store<Stats>
  duration: number
  live: boolean
  video: () => HTMLVideoElement | null
  captions: Captions
  sources: () => void
  theatre?: () => void
  qualities: Quality[]
  current: number
  auto: boolean
  offers: Offer[]
  speed: number
  choose: (index: number) => void
  take: (o: Offer) => void
  setSpeed: (s: number) => void
}

function Glyph({ name, slot }: { name: string; slot: string }) {
  return <span slot={slot} class="glyph"><Icon name={name} size={22} /></span>
}

function Chip({ stats, act }: { stats: Store<Stats>; act: () => void }) {
  const s = use(stats)
  return (
    <button class={`pbtn chip-sources ${s.p2p ? '' : 'off'}`} onClick={act} title={t('from.title')}>
      <Meter stats={s} /><span class="num">{chipText(s)}</span>
    </button>
  )
}

export function Controls(p: Props) {
  const [held, hold] = useState(false)
  return (
    <div class={`controls ${held ? 'held' : ''}`}>
      <div class="seek">
        <media-time-range />
        <Thread stats={p.stats} duration={p.duration} />
      </div>
      <media-control-bar>
        <media-play-button notooltip><Glyph slot="play" name="play_arrow-fill" /><Glyph slot="pause" name="pause-fill" /></media-play-button>
        <div class="volume">
          <media-mute-button notooltip>
            <Glyph slot="off" name="volume_off-fill" /><Glyph slot="low" name="volume_down-fill" /><Glyph slot="medium" name="volume_up-fill" /><Glyph slot="high" name="volume_up-fill" />
          </media-mute-button>
          <media-volume-range />
        </div>
        {p.live ? <Live video={p.video} /> : <media-time-display showduration notoggle />}
        <span class="gap" />
        <Chip stats={p.stats} act={p.sources} />
        {p.captions.list.length > 0 && (
          <button class="pbtn captions" aria-pressed={p.captions.current !== ''} aria-label={t('player.captions')} title={t('player.captions')} onClick={p.captions.toggle}>
            <Icon name={p.captions.current ? 'closed_caption-fill' : 'closed_caption'} size={22} />
          </button>
        )}
        <Gear qualities={p.qualities} current={p.current} auto={p.auto} offers={p.offers} speed={p.speed} captions={p.captions}
          choose={p.choose} take={p.take} setSpeed={p.setSpeed} opened={hold} />
        <media-pip-button notooltip><Glyph slot="enter" name="picture_in_picture_alt" /><Glyph slot="exit" name="picture_in_picture_alt" /></media-pip-button>
        {p.theatre && <button class="pbtn theatre" aria-label={t('keys.theatre')} title={t('keys.theatre')} onClick={p.theatre}><Icon name="crop_16_9" size={22} /></button>}
        <media-fullscreen-button notooltip><Glyph slot="enter" name="fullscreen" /><Glyph slot="exit" name="fullscreen_exit" /></media-fullscreen-button>
      </media-control-bar>
    </div>
  )
}
