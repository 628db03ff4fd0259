import { useEffect, useRef, useState } from 'preact/hooks'
import { myQuota } from '../api/calls'
import { me, session } from '../api/session'
import type { Config } from '../api/types'
import { bytes } from '../lib/format'
import { t } from '../lib/i18n'
import { useLoad } from '../lib/load'
import { go } from '../lib/router'
import { use } from '../lib/store'
import { useTitle } from '../lib/title'
import { readable } from '../upload/item'
import { add, items, refuse } from '../upload/queue'
import { Row } from '../upload/Row'
import { Icon } from '../ui/Icon'

/** Room tells how much of the quota is left, when there is one. */
function Room() {
  const quota = use(me)?.videoQuota ?? -1
  const used = useLoad(myQuota, '').value?.videoQuotaUsed
  if (quota < 0 || used === undefined) return null
  return <p class="quiet-text num">{t('upload.room', { left: bytes(Math.max(0, quota - used)), all: bytes(quota) })}</p>
}

export function UploadPage({ config }: { config?: Config }) {
  const s = use(session)
  const m = use(me)
  const list = use(items)
  const [over, setOver] = useState(false)
  const [channel, setChannel] = useState(0)
  const input = useRef<HTMLInputElement>(null)
  useTitle(t('nav.upload'))
  useEffect(() => {
    if (!s) go('/login?to=/upload', true)
  }, [s])
  const channels = m?.videoChannels ?? []
  const chosen = channel || channels[0]?.id || 0

  const takeFiles = (files: FileList | null | undefined) => {
    const good: File[] = []
    for (const f of files ?? []) {
      if (!readable(f, config?.video.file.extensions ?? [])) refuse(f, t('upload.refused.type', { name: f.name.split('.').pop() ?? '' }))
      else if (f.size === 0) refuse(f, t('upload.refused.empty'))
      else good.push(f)
    }
    add(good, {
      channelId: chosen, privacy: config?.defaults.publish.privacy ?? 1,
      maxChunk: config?.client.videos.resumableUpload.maxChunkSize ?? 0,
    })
  }

  const choose = () => input.current?.click()
  return (
    <div class="narrow">
      <div class="page-head"><h1>{t('nav.upload')}</h1><Room /></div>
      <div class={`drop ${over ? 'over' : ''}`}
        onDragOver={(e) => { e.preventDefault(); setOver(true) }} onDragLeave={() => setOver(false)}
        onDrop={(e) => { e.preventDefault(); setOver(false); takeFiles(e.dataTransfer?.files) }}>
        <Icon name="video_file" size={32} />
        <p class="drop-title">{t('upload.drop')}</p>
        <p class="quiet-text">{t('upload.kinds')}</p>
        <button class="btn primary" onClick={choose} disabled={!chosen}>{t('upload.choose')}</button>
        <input ref={input} type="file" multiple accept="video/*,audio/*,.mkv,.avi,.mov,.webm,.mp4" class="sr" tabIndex={-1} aria-label={t('upload.choose')}
          onChange={(e) => { takeFiles(e.currentTarget.files); e.currentTarget.value = '' }} />
        {channels.length > 1 && (
          <label class="in-channel">{t('upload.channel')}
            <select class="input" onChange={(e) => setChannel(Number(e.currentTarget.value))}>
              {channels.map((c) => <option key={c.id} value={c.id} selected={c.id === chosen}>{c.displayName}</option>)}
            </select>
          </label>
        )}
      </div>
      <ul class="uploads" aria-label={t('upload.list')}>
        {list.map((i) => <Row key={i.key} item={i} choose={choose} />)}
      </ul>
    </div>
  )
}
