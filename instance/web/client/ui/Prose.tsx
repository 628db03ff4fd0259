// Text that people wrote: plain, with links and moments of the video made clickable. Never HTML.
import type { ComponentChildren } from 'preact'

const marks = /(https?:\/\/[^\s<>"']+[^\s<>"'.,;:!?)\]])|\b((?:\d{1,2}:)?\d{1,2}:\d{2})\b|\*\*([^*\n]+)\*\*/g

const seconds = (time: string) => time.split(':').reduce((sum, part) => sum * 60 + Number(part), 0)

export function Prose({ text, seek }: { text: string; seek?: (at: number) => void }) {
  const out: ComponentChildren[] = []
  let from = 0
  for (const m of text.matchAll(marks)) {
    out.push(text.slice(from, m.index))
    from = m.index + m[0].length
    if (m[1]) out.push(<a href={m[1]} rel="noopener nofollow ugc" target="_blank">{m[1]}</a>)
    else if (m[3]) out.push(<strong>{m[3]}</strong>)
    else if (seek) out.push(<a href={`?start=${seconds(m[2]!)}`} onClick={(e) => { e.preventDefault(); seek(seconds(m[2]!)) }}>{m[2]}</a>)
    else out.push(m[2])
  }
  out.push(text.slice(from))
  return <div class="read" dir="auto">{out}</div>
}
