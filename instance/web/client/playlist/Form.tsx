// What a playlist is called and who sees it.
import { useState } from 'preact/hooks'
import { ListPrivacy, type ListEdit, type PlaylistInfo } from '../api/playlists'
import { Problem } from '../api/http'
import { me } from '../api/session'
import { t } from '../lib/i18n'
import { use } from '../lib/store'
import { Field } from '../ui/Field'

interface Props { start?: PlaylistInfo; save: (e: ListEdit) => Promise<void>; close: () => void }

export function PlaylistForm({ start, save, close }: Props) {
  const m = use(me)
  const [name, setName] = useState(start?.displayName ?? '')
  const [about, setAbout] = useState(start?.description ?? '')
  const [privacy, setPrivacy] = useState<number>(start?.privacy.id ?? ListPrivacy.Private)
  const [channel, setChannel] = useState(start?.videoChannel?.id ?? m?.videoChannels[0]?.id)
  const [error, fail] = useState<string>()
  const [busy, setBusy] = useState(false)
  const submit = async (e: Event) => {
    e.preventDefault()
    setBusy(true)
    try {
      await save({ displayName: name.trim(), description: about.trim() || null, privacy, videoChannelId: privacy === ListPrivacy.Private ? null : channel })
      close()
    } catch (err) {
      fail(err instanceof Problem && err.status < 500 ? err.message : t('error.server'))
      setBusy(false)
    }
  }
  return (
    <form onSubmit={submit}>
      <Field label={t('playlist.name')} error={error}>
        {(a) => <input class="input" {...a} required maxLength={120} value={name} onInput={(e) => setName(e.currentTarget.value)} autofocus />}
      </Field>
      <Field label={t('watch.description')}>
        {(a) => <textarea class="input" {...a} maxLength={1000} value={about} onInput={(e) => setAbout(e.currentTarget.value)} />}
      </Field>
      <Field label={t('playlist.privacy')}>
        {(a) => (
          <select class="input" {...a} value={privacy} onChange={(e) => setPrivacy(Number(e.currentTarget.value))}>
            <option value={ListPrivacy.Private}>{t('playlist.private')}</option>
            <option value={ListPrivacy.Unlisted}>{t('playlist.unlisted')}</option>
            <option value={ListPrivacy.Public}>{t('playlist.public')}</option>
          </select>
        )}
      </Field>
      {privacy !== ListPrivacy.Private && (
        <Field label={t('playlist.channel')}>
          {(a) => (
            <select class="input" {...a} value={channel} onChange={(e) => setChannel(Number(e.currentTarget.value))}>
              {m?.videoChannels.map((c) => <option key={c.id} value={c.id}>{c.displayName}</option>)}
            </select>
          )}
        </Field>
      )}
      <div class="actions">
        <button type="button" class="btn quiet" onClick={close}>{t('cancel')}</button>
        <button class="btn primary" disabled={busy || !name.trim()}>{t('save')}</button>
      </div>
    </form>
  )
}
