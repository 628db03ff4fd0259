import { useEffect, useState } from 'preact/hooks'
import { removeVideo } from '../api/calls'
import { session } from '../api/session'
import { t } from '../lib/i18n'
import { go } from '../lib/router'
import { use } from '../lib/store'
import { useTitle } from '../lib/title'
import { Details } from '../upload/Details'
import { Confirm } from '../ui/Dialog'
import { say } from '../ui/Toast'

export function Edit({ id }: { id: string }) {
  const s = use(session)
  const [asking, ask] = useState(false)
  useTitle(t('edit.title'))
  useEffect(() => {
    if (!s) go(`/login?to=/my/videos/${encodeURIComponent(id)}/edit`, true)
  }, [s])
  const remove = async () => {
    ask(false)
    try {
      await removeVideo(id)
      say(t('delete.done'))
      go('/my/videos', true)
    } catch {
      say(t('error.server'), true)
    }
  }
  return (
    <div class="narrow">
      <div class="page-head">
        <h1>{t('edit.title')}</h1>
        <button class="btn danger-line" onClick={() => ask(true)}>{t('delete.video')}</button>
      </div>
      <div class="card"><Details id={id} saved={() => go('/my/videos')} /></div>
      {asking && <Confirm title={t('delete.ask')} text={t('delete.text')} keep={t('keep.it')} verb={t('delete.video')} act={remove} close={() => ask(false)} />}
    </div>
  )
}
