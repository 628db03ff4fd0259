// One upload: picture, name, amount, bar, phase, what can be done.
import { useEffect, useState } from 'preact/hooks'
import { bytes, left, percent } from '../lib/format'
import { t } from '../lib/i18n'
import { Icon } from '../ui/Icon'
import { Thumb } from '../ui/Thumb'
import { watchPath } from '../ui/VideoCard'
import { Details } from './Details'
import type { Item } from './item'
import { resolutions } from './progress'
import { drop, pause, resume } from './queue'

function Still({ item }: { item: Item }) {
  const [src, set] = useState('')
  const [bad, fail] = useState(false)
  useEffect(() => {
    if (!item.file) return
    const url = URL.createObjectURL(item.file)
    set(url + '#t=1')
    return () => URL.revokeObjectURL(url)
  }, [item.file])
  if (item.state?.thumbnails?.length) return <Thumb video={item.state} sizes="120px" bare />
  const sound = /\.(mp3|wav|flac|aac|m4a|m4b|ogg|wma|ac3)$/i.test(item.name)
  return (
    <div class="thumb">
      {src && !bad && !sound
        ? <video src={src} muted preload="metadata" tabIndex={-1} aria-hidden="true" onError={() => fail(true)} />
        : <span class="none"><Icon name={sound ? 'audio_file' : 'movie'} size={24} /></span>}
    </div>
  )
}

/** phaseLine says in words how far it is. */
function phaseLine(i: Item): string {
  const highest = i.state ? resolutions(i.state)[0] : undefined
  switch (i.phase) {
    case 'waiting': return t('upload.waiting')
    case 'checking': return t('upload.checking')
    case 'sending':
      return i.rate > 0
        ? t('upload.sending', { rate: bytes(i.rate), left: left((i.size - i.sent) / i.rate) })
        : t('upload.sending.start')
    case 'paused': return t('upload.paused', { part: percent(i.sent / i.size) })
    case 'lost': return t('upload.interrupted', { part: percent(i.sent / i.size) })
    case 'again': return t('upload.again')
    case 'refused': return i.reason ?? t('upload.refused.unknown')
    case 'received':
      if (highest && i.state?.state?.id === 1) return t('transcode.more', { best: highest })
      return i.state?.transcodingProgress ? t('transcode.first', { part: percent(i.state.transcodingProgress / 100) }) : t('transcode.start')
    case 'done': return t('publish.done')
    case 'failed': return t('transcode.failed')
  }
}

const tones: Partial<Record<Item['phase'], string>> = { lost: 'warn', paused: 'warn', again: 'warn', refused: 'bad', failed: 'bad', done: 'good' }
const marks: Record<string, string> = { lost: 'wifi_off', paused: 'pause', again: 'replay', refused: 'error-fill', failed: 'error-fill', done: 'check' }

/** share is how full the bar is: sending, then making, each a whole bar. */
function share(i: Item): number {
  if (i.phase === 'done') return 1
  if (i.phase === 'received' || i.phase === 'failed') return (i.state?.transcodingProgress ?? 0) / 100
  return i.size ? i.sent / i.size : 0
}

function amount(i: Item): string {
  if (i.phase === 'received') return i.state?.transcodingProgress !== undefined ? percent(i.state.transcodingProgress / 100) : ''
  if (i.phase === 'done') return bytes(i.size)
  if (i.phase === 'refused' || i.phase === 'failed' || i.phase === 'waiting') return bytes(i.size)
  return t('upload.amount', { sent: bytes(i.sent), size: bytes(i.size) })
}

export function Row({ item, choose }: { item: Item; choose: () => void }) {
  const [open, setOpen] = useState(false)
  const tone = tones[item.phase] ?? ''
  const full = share(item)
  const live = Boolean(item.video && item.state?.state?.id === 1)
  return (
    <li class={`upload card ${tone}`} data-phase={item.phase} data-uuid={item.video?.uuid}>
      <Still item={item} />
      <div class="upload-main">
        <div class="upload-names"><strong><bdi>{item.video ? item.title : item.name}</bdi></strong><span class="num">{amount(item)}</span></div>
        <div class="track" role="progressbar" aria-label={item.name} aria-valuemin={0} aria-valuemax={100}
          aria-valuenow={Math.floor(full * 4) * 25}><i style={{ inlineSize: `${full * 100}%` }} /></div>
        <p class="phase num">{marks[item.phase] && <Icon name={marks[item.phase]!} size={16} />}<span>{phaseLine(item)}</span></p>
      </div>
      <div class="upload-acts">
        {item.phase === 'sending' && <button class="btn quiet icon-only" title={t('pause')} aria-label={t('pause')} onClick={() => pause(item.key)}><Icon name="pause" /></button>}
        {item.phase === 'paused' && <button class="btn outline" onClick={() => resume(item.key)}>{t('go.on')}</button>}
        {item.phase === 'lost' && <button class="btn outline" onClick={() => resume(item.key)}>{t('try.now')}</button>}
        {item.phase === 'again' && <button class="btn outline" onClick={choose}>{t('upload.find')}</button>}
        {item.phase === 'refused' && <button class="btn outline" onClick={choose}>{t('upload.other')}</button>}
        {live && <a class="btn outline" href={watchPath(item.video!)}>{t('watch')}</a>}
        {item.video && <button class="btn quiet icon-only" aria-expanded={open} title={t('edit')} aria-label={t('edit')} onClick={() => setOpen(!open)}><Icon name="edit" /></button>}
        {!item.video && <button class="btn quiet icon-only" title={t('cancel')} aria-label={t('upload.cancel', { name: item.name })} onClick={() => drop(item.key)}><Icon name="close" /></button>}
      </div>
      {item.video && open && <Details id={item.video.uuid} saved={() => setOpen(false)} />}
    </li>
  )
}
