// The dialogs behind Share and Download.
import { fileToken } from '../api/calls'
import { Privacy, type VideoDetails, type VideoFile } from '../api/types'
import { bytes } from '../lib/format'
import { t } from '../lib/i18n'
import { useLoad } from '../lib/load'
import { Dialog } from '../ui/Dialog'
import { Field } from '../ui/Field'
import { Icon } from '../ui/Icon'
import { say } from '../ui/Toast'

function Copy({ label, text }: { label: string; text: string }) {
  const copy = () => navigator.clipboard?.writeText(text).then(() => say(t('copied')), () => undefined)
  return (
    <Field label={label}>
      {(a) => (
        <div class="input-wrap">
          <input {...a} class="input" readOnly value={text} onFocus={(e) => e.currentTarget.select()} />
          <button class="btn quiet icon-only" aria-label={t('copy')} title={t('copy')} onClick={copy}><Icon name="content_copy" /></button>
        </div>
      )}
    </Field>
  )
}

const attribute = (s: string) => s.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`)

export function Share({ video, close }: { video: VideoDetails; close: () => void }) {
  const embed = `<iframe title="${attribute(video.name)}" width="560" height="315" src="${location.origin}${attribute(video.embedPath)}" allow="fullscreen" sandbox="allow-same-origin allow-scripts allow-popups allow-forms"></iframe>`
  return (
    <Dialog title={t('share')} close={close}>
      <Copy label={t('share.link')} text={`${location.origin}/w/${video.shortUUID}`} />
      <Copy label={t('share.embed')} text={embed} />
      <div class="actions"><button class="btn" onClick={close}>{t('close')}</button></div>
    </Dialog>
  )
}

export function Download({ video, files, password, close }: { video: VideoDetails; files: VideoFile[]; password?: string; close: () => void }) {
  // A link cannot carry the right to a closed video in a header: a short-lived token stands in its address.
  const closed = video.privacy.id >= Privacy.Private
  const { value } = useLoad(async () => (closed ? (await fileToken(video.uuid, password)).files.token : ''), video.uuid)
  const address = (url: string) => (closed && !value ? undefined : url + (value ? `${url.includes('?') ? '&' : '?'}videoFileToken=${encodeURIComponent(value)}` : ''))
  return (
    <Dialog title={t('download')} close={close}>
      <ul class="downloads">
        {files.map((f) => (
          <li key={f.fileDownloadUrl}>
            <a class="whole" href={address(f.fileDownloadUrl)} download>
              <Icon name="download" /><span>{f.resolution.id ? f.resolution.label : t('download.audio')}</span>
              <small class="num">{bytes(f.size)}</small>
            </a>
            {f.torrentDownloadUrl && <a href={address(f.torrentDownloadUrl)} download>{t('download.torrent')}</a>}
            {f.magnetUri && <a href={f.magnetUri}>{t('download.magnet')}</a>}
          </li>
        ))}
      </ul>
      <div class="actions"><button class="btn" onClick={close}>{t('close')}</button></div>
    </Dialog>
  )
}
