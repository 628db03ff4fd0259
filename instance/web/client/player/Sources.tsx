// Where this video comes from: a bar, its words, and the panel with every source.
import { settings, change } from '../lib/settings'
import { bytes, percent, whole } from '../lib/format'
import { t, tn } from '../lib/i18n'
import { use, type Store } from '../lib/store'
import { Icon } from '../ui/Icon'
import { order, shares, total, type Source, type Stats } from './stats'

function who(s: Stats, k: Source): string {
  switch (k) {
    case 'device': return t('from.device')
    case 'people': return s.givers ? tn('from.people', s.givers) : t('from.people.some')
    case 'mirror': return t('from.mirrors', { hosts: s.mirrors.join(', ') })
    case 'server': return s.home ?? t('from.server')
  }
}

/** sentence says the whole of it, for readers who do not see the bar. */
export function sentence(s: Stats): string {
  const part = shares(s)
  const has = order.filter((k) => s.bytes[k] > 0)
  if (!has.length) return t('from.nothing')
  return t('from.all', { parts: has.map((k) => `${who(s, k)} ${percent(part[k] / 100)}`).join(', ') })
}

export function Meter({ stats, large }: { stats: Stats; large?: boolean }) {
  const part = shares(stats)
  return (
    <div class={`meter ${large ? 'large' : ''}`} role="img" aria-label={sentence(stats)}>
      {order.filter((k) => stats.bytes[k] > 0).map((k) => <i key={k} class={k} style={{ flexGrow: Math.max(part[k], 0.5) }} />)}
    </div>
  )
}

/** chipText is the short form in the controls. No number before there is enough to count. */
export function chipText(s: Stats): string {
  if (s.refused) return tn('from.refused', s.refused)
  if (!s.p2p && !s.bytes.mirror) return t('from.off')
  if (s.bytes.people) return t('from.people.share', { part: percent(shares(s).people / 100) })
  if (s.bytes.mirror) return t('from.mirror.share', { part: percent(shares(s).mirror / 100) })
  return s.home ? t('from.only.host', { host: s.home }) : t('from.only.server')
}

export function SourcesPanel({ stats, able, close }: { stats: Store<Stats>; able: boolean; close?: () => void }) {
  const s = use(stats)
  const part = shares(s)
  const listed = order.filter((k) => s.bytes[k] > 0 || (k === 'people' && s.p2p) || k === 'server')
  return (
    <section class="card sources" aria-label={t('from.title')}>
      <header><h2>{t('from.title')}</h2><span class="num">{total(s) ? bytes(total(s)) : ''}</span>
        {close && <button class="btn quiet icon-only" aria-label={t('close')} onClick={close}><Icon name="close" /></button>}
      </header>
      <Meter stats={s} large />
      <ul>
        {listed.map((k) => <li key={k}><i class={k} /><span><bdi>{who(s, k)}</bdi></span><b class="num">{percent(part[k] / 100)}</b></li>)}
      </ul>
      {s.refused > 0
        ? <p class="proof bad"><Icon name="gpp_bad" size={16} />{t('peer.refused')}</p>
        : s.checked && s.verified > 0 && <p class="proof num"><Icon name="verified" size={16} />{t('from.verified', { n: whole(s.verified) })}</p>}
      {s.sent > 0 && <p class="proof num"><Icon name="upload" size={16} />{t('from.sent', { n: bytes(s.sent) })}</p>}
      {able && (
        <label class="switch"><span>{t('p2p.switch')}</span>
          <input type="checkbox" role="switch" checked={s.p2p} onChange={(e) => change({ p2p: e.currentTarget.checked })} />
        </label>
      )}
    </section>
  )
}

/** Consent is the one line under the first player, until it is answered. */
export function Consent() {
  const { p2p } = use(settings)
  if (p2p !== undefined) return null
  return (
    <aside class="consent" aria-label={t('p2p.label')}>
      <Icon name="groups" />
      <p>{t('p2p.ask')}</p>
      <div>
        <button class="btn outline" onClick={() => change({ p2p: true })}>{t('p2p.yes')}</button>
        <button class="btn outline" onClick={() => change({ p2p: false })}>{t('p2p.no')}</button>
      </div>
    </aside>
  )
}
