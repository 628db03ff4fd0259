// A comment and what was answered to it. Answers stand one step in; deeper ones say to whom.
import { useEffect, useRef, useState } from 'preact/hooks'
import { addReply, approveComment, removeComment, thread, type Comment, type Tree } from '../api/comments'
import { me, session } from '../api/session'
import type { VideoDetails } from '../api/types'
import { ago, moment } from '../lib/format'
import { t, tn } from '../lib/i18n'
import { plain } from '../lib/plain'
import { use } from '../lib/store'
import { away } from '../people/away'
import { useAgainst } from '../people/Against'
import { actorPath, Avatar, handle, ours } from '../ui/Avatar'
import { ask } from '../ui/Ask'
import { Confirm } from '../ui/Dialog'
import { Icon } from '../ui/Icon'
import { Menu } from '../ui/Menu'
import { Origin } from '../ui/Origin'
import { Prose } from '../ui/Prose'
import { say } from '../ui/Toast'
import { Write } from './Write'

interface Shared { video: VideoDetails; password?: string; closed: boolean; marked?: number; seek: (at: number) => void; linked?: boolean }

// Roles, as PeerTube numbers them: administrators and moderators come before people.
const people = 2

interface OneProps extends Shared { comment: Comment; to?: Comment; change: (c: Comment) => void; answered: (c: Comment) => void }

function One({ comment: c, to, video, password, closed, marked, linked, seek, change, answered }: OneProps) {
  const who = use(session)
  const m = use(me)
  const [writing, write] = useState(false)
  const against = useAgainst(c.account, { comment: { id: c.id } }, plain(c.text).slice(0, 60))
  const here = useRef<HTMLElement>(null)
  useEffect(() => {
    if (!linked || marked !== c.id || !here.current) return
    here.current.scrollIntoView({ block: 'center' })
    here.current.focus({ preventScroll: true })
  }, [marked])
  if (c.isDeleted || !c.account) return <div class="comment gone"><p class="quiet-text">{t('comments.deleted')}</p></div>
  const account = c.account
  const moderates = Boolean(m && m.role.id < people)
  const ownsVideo = Boolean(m && video.isLocal && m.account.id === video.account.id)
  const mayDelete = Boolean(m && (m.account.id === account.id || ownsVideo || moderates))
  const question = () => ask((close) => (
    <Confirm title={t('comments.delete.title')} text={t('comments.delete.text')} keep={t('keep.it')} verb={t('comments.delete')} act={() => { close(); void remove() }} close={close} />
  ))
  const remove = async () => {
    try {
      await removeComment(video.uuid, c.id)
      change({ ...c, isDeleted: true, account: null, text: '' })
    } catch {
      say(t('error.server'), true)
    }
  }
  const approve = async () => {
    try {
      await approveComment(video.uuid, c.id)
      change({ ...c, heldForReview: false })
    } catch {
      say(t('error.server'), true)
    }
  }
  const link = `${location.origin}/w/${video.shortUUID}?threadId=${c.threadId}${c.id === c.threadId ? '' : `&commentId=${c.id}`}`
  const copy = () => navigator.clipboard?.writeText(link).then(() => say(t('copied')), () => undefined)
  const answer = () => (who ? write(!writing) : away('comment', c.url))
  const reply = async (text: string) => {
    const { comment } = await addReply(video.uuid, c.id, text, password)
    answered(comment)
  }
  return (
    <article class={`comment ${marked === c.id ? 'marked' : ''}`} id={`comment-${c.id}`} ref={here} tabIndex={marked === c.id ? -1 : undefined}>
      <Avatar actor={account} person size="s40" />
      <div class="comment-body">
        <p class="comment-by">
          <a href={actorPath('a', account)}><strong><bdi>{account.displayName}</bdi></strong></a>
          {account.id === video.account.id && <span class="badge">{t('comments.author')}</span>}
          <span class="quiet-text"><bdi>{ours(account) ? '@' + account.name : '@' + handle(account)}</bdi> · <a class="when" href={link.slice(location.origin.length)}><time dateTime={c.createdAt} title={moment(c.createdAt)}>{ago(c.createdAt)}</time></a></span>
        </p>
        {to?.account && <p class="quiet-text comment-to"><Icon name="chevron_right" size={16} /><bdi>{to.account.displayName}</bdi></p>}
        {c.heldForReview && <p class="badge warn"><Icon name="hourglass_empty" size={16} />{m?.account.id === account.id ? t('comments.held') : t('comments.held.other')}</p>}
        <Prose text={ours(account) ? c.text : plain(c.text)} seek={seek} />
        <div class="comment-acts">
          {!closed && !c.heldForReview && <button class="btn quiet" aria-expanded={who ? writing : undefined} onClick={answer}>{t('comments.reply')}</button>}
          {c.heldForReview && (ownsVideo || moderates) && <button class="btn" onClick={approve}><Icon name="check" />{t('comments.approve')}</button>}
          <Menu label={t('comments.acts', { name: account.displayName })} class="btn quiet icon-only" face={<Icon name="more_horiz" />}>
            <button onClick={copy}><Icon name="content_copy" />{t('comments.link')}</button>
            {!ours(account) && <Origin url={c.url} host={account.host} />}
            {mayDelete && <button onClick={question}><Icon name="delete" />{t('comments.delete')}</button>}
            {against}
          </Menu>
        </div>
        {writing && <Write send={reply} label={t('comments.reply.to', { name: account.displayName })} address={c.url} cancel={() => write(false)} start={to ? `@${ours(account) ? account.name : handle(account)} ` : ''} />}
      </div>
    </article>
  )
}

interface Flat { comment: Comment; to?: Comment }

/** flat lists all answers in the order of the tree; to is whom a deeper one answers. */
function flat(tree: Tree, first: number): Flat[] {
  return tree.children.flatMap((child) => [
    { comment: child.comment, to: tree.comment.id === first ? undefined : tree.comment },
    ...flat(child, first),
  ])
}

export function Thread({ first, ...shared }: Shared & { first: Comment }) {
  const [head, setHead] = useState(first)
  const [answers, set] = useState<Flat[]>()
  const [open, setOpen] = useState(Boolean(shared.linked))
  const load = async () => {
    setOpen(true)
    try {
      const tree = await thread(shared.video.uuid, first.id, shared.password)
      set(flat(tree, first.id))
    } catch {
      setOpen(false)
      say(t('error.server'), true)
    }
  }
  useEffect(() => { if (open) void load() }, [])
  const add = (to?: Comment) => (c: Comment) => {
    set((now) => [...(now ?? []), { comment: c, to }])
    setHead((h) => ({ ...h, totalReplies: h.totalReplies + 1 }))
    if (!open) void load()
  }
  const shown = open && answers
  return (
    <li>
      <One comment={head} {...shared} change={setHead} answered={add()} />
      {head.totalReplies > 0 && (
        <button class="more-text replies" aria-expanded={Boolean(shown)} onClick={() => (shown ? setOpen(false) : void load())}>
          {shown ? t('comments.hide') : tn('comments.replies', head.totalReplies)}
        </button>
      )}
      {shown && (
        <ol>
          {answers.map(({ comment, to }) => (
            <li key={comment.id}>
              <One comment={comment} to={to} {...shared} answered={add(comment)}
                change={(c) => set((now) => now?.map((a) => (a.comment.id === c.id ? { ...a, comment: c } : a)))} />
            </li>
          ))}
        </ol>
      )}
    </li>
  )
}
