// What people say about their video: title, description, who may see it. Used below an upload and on the edit page.
import { useEffect, useState } from 'preact/hooks'
import { editVideo, freshVideo, labels, type Labels } from '../api/calls'
import { Problem } from '../api/http'
import { me } from '../api/session'
import { Privacy, type VideoDetails } from '../api/types'
import { t } from '../lib/i18n'
import { useLoad } from '../lib/load'
import { use } from '../lib/store'
import { ErrorBox } from '../ui/ErrorBox'
import { Field } from '../ui/Field'
import { say } from '../ui/Toast'

interface Form {
  name: string; description: string; privacy: number; channelId: number; password: string
  category: string; licence: string; language: string; tags: string; nsfw: boolean; downloadEnabled: boolean
}

const fromVideo = (v: VideoDetails): Form => ({
  name: v.name, description: v.description ?? '', privacy: v.privacy.id, channelId: v.channel.id, password: '',
  category: String(v.category.id ?? ''), licence: String(v.licence.id ?? ''), language: v.language.id ?? '',
  tags: v.tags.join(', '), nsfw: v.nsfw, downloadEnabled: v.downloadEnabled,
})

const tagsOf = (text: string) => [...new Set(text.split(',').map((s) => s.trim()).filter(Boolean))]

function wrong(f: Form): Partial<Record<keyof Form, string>> {
  const e: Partial<Record<keyof Form, string>> = {}
  const n = f.name.trim().length
  if (n < 3 || n > 120) e.name = t('edit.name.wrong', { n })
  if (f.description && f.description.trim().length < 3) e.description = t('edit.description.wrong')
  const tags = tagsOf(f.tags)
  if (tags.length > 5) e.tags = t('edit.tags.many', { n: tags.length })
  else if (tags.some((x) => x.length < 2 || x.length > 30)) e.tags = t('edit.tags.long')
  if (f.privacy === Privacy.Password && f.password.length < 2) e.password = t('edit.password.wrong')
  return e
}

function Select({ label, value, options, set }: { label: string; value: string; options?: Labels; set: (v: string) => void }) {
  return (
    <Field label={label}>
      {(a) => (
        <select {...a} class="input" value={value} onChange={(e) => set(e.currentTarget.value)}>
          <option value="">{t('edit.unset')}</option>
          {Object.entries(options ?? {}).map(([id, name]) => <option key={id} value={id} selected={id === value}>{name}</option>)}
        </select>
      )}
    </Field>
  )
}

export function Details({ id, saved }: { id: string; saved: () => void }) {
  const { value: video, error, again } = useLoad(() => freshVideo(id), id)
  const [form, setForm] = useState<Form>()
  const [errors, setErrors] = useState<Partial<Record<keyof Form, string>>>({})
  const [busy, setBusy] = useState(false)
  const categories = useLoad(() => labels('categories'), '').value
  const licences = useLoad(() => labels('licences'), '').value
  const languages = useLoad(() => labels('languages'), '').value
  const channels = use(me)?.videoChannels ?? []
  useEffect(() => {
    if (video) setForm(fromVideo(video))
  }, [video])
  if (error) return <ErrorBox error={error} retry={again} />
  if (!form) return <div class="details late"><div class="skeleton block" /></div>
  const put = (part: Partial<Form>) => setForm({ ...form, ...part })

  const save = async (e: Event) => {
    e.preventDefault()
    const bad = wrong(form)
    setErrors(bad)
    if (Object.keys(bad).length) {
      requestAnimationFrame(() => (e.target as HTMLElement).querySelector<HTMLElement>('[aria-invalid]')?.focus())
      return
    }
    setBusy(true)
    try {
      await editVideo(id, {
        name: form.name.trim(), description: form.description.trim() || null, privacy: form.privacy, channelId: form.channelId,
        category: form.category ? Number(form.category) : null, licence: form.licence ? Number(form.licence) : null,
        language: form.language || null, tags: tagsOf(form.tags), nsfw: form.nsfw, downloadEnabled: form.downloadEnabled,
        ...(form.privacy === Privacy.Password ? { videoPasswords: [form.password] } : {}),
      })
      say(t('edit.saved'))
      saved()
    } catch (e) {
      if (e instanceof Problem && Object.keys(e.fields).length) setErrors(e.fields as typeof errors)
      say(e instanceof Problem && e.message ? e.message : t('error.server'), true)
    } finally {
      setBusy(false)
    }
  }

  return (
    <form class="details" onSubmit={save} noValidate>
      <Field label={t('edit.name')} error={errors.name}>
        {(a) => <input {...a} class="input" value={form.name} onInput={(e) => put({ name: e.currentTarget.value })} />}
      </Field>
      <Field label={t('edit.description')} error={errors.description}>
        {(a) => <textarea {...a} class="input" rows={5} value={form.description} onInput={(e) => put({ description: e.currentTarget.value })} />}
      </Field>
      <div class="pair">
        <Field label={t('edit.privacy')} help={t(`privacy.${form.privacy as 1 | 2 | 3 | 4 | 5}.help`)}>
          {(a) => (
            <select {...a} class="input" onChange={(e) => put({ privacy: Number(e.currentTarget.value) })}>
              {([1, 2, 3, 4, 5] as const).map((p) => <option key={p} value={p} selected={p === form.privacy}>{t(`privacy.${p}`)}</option>)}
            </select>
          )}
        </Field>
        <Field label={t('edit.channel')}>
          {(a) => (
            <select {...a} class="input" onChange={(e) => put({ channelId: Number(e.currentTarget.value) })}>
              {channels.map((c) => <option key={c.id} value={c.id} selected={c.id === form.channelId}>{c.displayName}</option>)}
            </select>
          )}
        </Field>
      </div>
      {form.privacy === Privacy.Password && (
        <Field label={t('edit.password')} error={errors.password}>
          {(a) => <input {...a} class="input" autocomplete="off" value={form.password} onInput={(e) => put({ password: e.currentTarget.value })} />}
        </Field>
      )}
      <Field label={t('edit.tags')} help={t('edit.tags.help')} error={errors.tags}>
        {(a) => <input {...a} class="input" value={form.tags} onInput={(e) => put({ tags: e.currentTarget.value })} />}
      </Field>
      <div class="pair three">
        <Select label={t('edit.category')} value={form.category} options={categories} set={(category) => put({ category })} />
        <Select label={t('edit.licence')} value={form.licence} options={licences} set={(licence) => put({ licence })} />
        <Select label={t('edit.language')} value={form.language} options={languages} set={(language) => put({ language })} />
      </div>
      <label class="check"><input type="checkbox" checked={form.downloadEnabled} onChange={(e) => put({ downloadEnabled: e.currentTarget.checked })} />{t('edit.download')}</label>
      <label class="check"><input type="checkbox" checked={form.nsfw} onChange={(e) => put({ nsfw: e.currentTarget.checked })} />{t('edit.nsfw')}</label>
      <div class="actions"><button class="btn primary" disabled={busy}>{t('save')}</button></div>
    </form>
  )
}
