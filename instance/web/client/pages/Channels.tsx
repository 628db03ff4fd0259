// My channels: make one, say what it is, give it a picture and a banner, or end it.
import { useEffect, useState } from 'preact/hooks'
import { editChannel, makeChannel, pickFace, removeChannel, removeFace, type Face } from '../api/channels'
import { Problem } from '../api/http'
import { loadMe, me, session } from '../api/session'
import type { Actor } from '../api/types'
import { count } from '../lib/format'
import { t, tn } from '../lib/i18n'
import { go, place } from '../lib/router'
import { use } from '../lib/store'
import { useTitle } from '../lib/title'
import { actorPath, Avatar, handle } from '../ui/Avatar'
import { Dialog } from '../ui/Dialog'
import { Empty } from '../ui/Empty'
import { Field } from '../ui/Field'
import { Icon } from '../ui/Icon'
import { PickPicture } from '../ui/PickPicture'
import { say } from '../ui/Toast'

const why = (e: unknown) => (e instanceof Problem && e.status > 0 && e.status < 500 ? e.message : t('error.server'))

function Faces({ channel: c }: { channel: Actor }) {
  const act = (what: Promise<unknown>) => what.then(loadMe).then(() => say(t('settings.saved')), (e) => say(why(e), true))
  const banner = (c.banners ?? []).toSorted((a, b) => b.width - a.width)[0]
  const both = (kind: Face, has: boolean, label: string, less: string) => (
    <>
      <PickPicture label={label} pick={(f) => void act(pickFace(c.name, kind, f))} />
      {has && <button type="button" class="btn quiet" onClick={() => void act(removeFace(c.name, kind))}>{less}</button>}
    </>
  )
  return (
    <div class="faces">
      <div class="banner">{banner && <img src={banner.path ?? banner.fileUrl} alt="" width={6} height={1} />}</div>
      <div class="face">{both('banner', Boolean(banner), t('channel.banner'), t('channel.banner.remove'))}</div>
      <div class="face"><Avatar actor={c} size="s80" />{both('avatar', c.avatars.length > 0, t('settings.picture'), t('settings.picture.remove'))}</div>
    </div>
  )
}

function Form({ channel: c, close }: { channel?: Actor; close: () => void }) {
  const [f, set] = useState({ name: '', displayName: c?.displayName ?? '', description: c?.description ?? '', support: c?.support ?? '' })
  const [errors, fail] = useState<Record<string, string>>({})
  const [busy, setBusy] = useState(false)
  const submit = async (e: Event) => {
    e.preventDefault()
    setBusy(true)
    fail({})
    const said = { displayName: f.displayName.trim(), description: f.description.trim() || null, support: f.support.trim() || null }
    try {
      await (c ? editChannel(c.name, said) : makeChannel(f.name.trim(), said))
      await loadMe()
      say(t('settings.saved'))
      close()
    } catch (err) {
      if (err instanceof Problem && Object.keys(err.fields).length) fail(err.fields)
      else fail({ [c ? 'displayName' : 'name']: why(err) })
      setBusy(false)
    }
  }
  const typed = (name: keyof typeof f) => (e: { currentTarget: { value: string } }) => set({ ...f, [name]: e.currentTarget.value })
  return (
    <form class="details" onSubmit={submit}>
      {!c && (
        <Field label={t('signup.username')} help={t('channel.name.help', { host: location.host })} error={errors.name}>
          {(a) => <input class="input" {...a} required maxLength={50} autocapitalize="none" spellcheck={false} pattern="[a-z0-9_.]+" value={f.name} onInput={typed('name')} />}
        </Field>
      )}
      <Field label={t('settings.name')} error={errors.displayName}>
        {(a) => <input class="input" {...a} required maxLength={120} value={f.displayName} onInput={typed('displayName')} />}
      </Field>
      <Field label={t('watch.description')} error={errors.description}>
        {(a) => <textarea class="input" {...a} maxLength={1000} value={f.description} onInput={typed('description')} />}
      </Field>
      <Field label={t('channel.support')} help={t('channel.support.help')} error={errors.support}>
        {(a) => <textarea class="input low" {...a} maxLength={1000} value={f.support} onInput={typed('support')} />}
      </Field>
      <div class="actions">
        <button type="button" class="btn quiet" onClick={close}>{t('cancel')}</button>
        <button class="btn primary" disabled={busy || !f.displayName.trim() || (!c && !f.name.trim())}>{c ? t('save') : t('channel.create')}</button>
      </div>
    </form>
  )
}

/** End asks for the name before a channel and all its videos go. */
function End({ channel: c, close }: { channel: Actor; close: () => void }) {
  const [typed, type] = useState('')
  const [error, fail] = useState<string>()
  const end = async (e: Event) => {
    e.preventDefault()
    try {
      await removeChannel(c.name)
      await loadMe()
      close()
      say(t('channel.ended', { name: c.displayName }))
    } catch (err) {
      fail(why(err))
    }
  }
  return (
    <Dialog title={t('delete.named', { name: c.displayName })} close={close}>
      <p>{t('channel.end.text')}</p>
      <form onSubmit={end}>
        <Field label={t('channel.end.type', { name: c.name })} error={error}>
          {(a) => <input class="input" {...a} autocomplete="off" autocapitalize="none" value={typed} onInput={(e) => type(e.currentTarget.value)} />}
        </Field>
        <div class="actions">
          <button type="button" class="btn quiet" autofocus onClick={close}>{t('keep.it')}</button>
          <button class="btn danger" disabled={typed !== c.name}>{t('channel.end')}</button>
        </div>
      </form>
    </Dialog>
  )
}

function One({ channel: c, only }: { channel: Actor; only: boolean }) {
  const open = use(place).query.get('edit') === c.name
  const [ending, end] = useState(false)
  const close = () => go('/my/channels', true)
  return (
    <li class="channel-row">
      <div class="who-row">
        <Avatar actor={c} size="s40" />
        <a class="names" href={actorPath('c', c)}><strong><bdi>{c.displayName}</bdi></strong>
          <small class="num"><bdi>{handle(c)}</bdi> · {tn('followers', c.followersCount, { n: count(c.followersCount) })}</small></a>
        <a class="btn" href={open ? '/my/channels' : `/my/channels?edit=${encodeURIComponent(c.name)}`} aria-expanded={open}><Icon name="edit" />{t('edit')}</a>
        {!only && <button class="btn quiet icon-only" aria-label={t('delete.named', { name: c.displayName })} title={t('channel.end')} onClick={() => end(true)}><Icon name="delete" /></button>}
      </div>
      {open && <div class="channel-form"><Faces channel={c} /><Form channel={c} close={close} /></div>}
      {ending && <End channel={c} close={() => end(false)} />}
    </li>
  )
}

export function Channels() {
  const who = use(session)
  const channels = use(me)?.videoChannels ?? []
  const making = use(place).query.has('new')
  useTitle(t('channels.mine'))
  useEffect(() => { if (who) loadMe().catch(() => undefined) }, []) // the numbers of followers may be old
  if (!who) return <Empty level={1} icon="groups" title={t('channels.mine')}><a class="btn primary" href="/login?to=/my/channels">{t('login')}</a></Empty>
  return (
    <div class="narrow">
      <header class="page-head">
        <h1>{t('channels.mine')}</h1>
        {!making && <a class="btn" href="/my/channels?new"><Icon name="add" />{t('channel.make')}</a>}
      </header>
      {making && <section class="card"><h2 class="sr">{t('channel.make')}</h2><Form close={() => go('/my/channels', true)} /></section>}
      <ul class="rows card spaced-top">{channels.map((c) => <One key={c.id} channel={c} only={channels.length === 1} />)}</ul>
    </div>
  )
}
