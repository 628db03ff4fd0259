// PeerTube's resumable protocol: begin, send a part, ask what arrived, cancel.
//
//	POST  metadata            → 201, Location …?upload_id=…
//	PUT   bytes a-b/size      → 308 and Range of what is there, or 200 and the video
//	PUT   bytes */size        → the same answers, nothing sent
//	DELETE                    → 204
import { authorization, Problem } from '../api/http'

const path = '/api/v1/videos/upload-resumable'

export interface Created { id: number; uuid: string; shortUUID: string }
export type Answer = { have: number } | { video: Created }

interface Reply { status: number; header: (name: string) => string | null; body: string }

// fetch tells nothing about bytes that left, so this is the older interface.
function ask(method: string, url: string, headers: Record<string, string>, body: XMLHttpRequestBodyInit | null,
  signal?: AbortSignal, progress?: (sent: number) => void): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const x = new XMLHttpRequest()
    x.open(method, url)
    for (const [k, v] of Object.entries(headers)) x.setRequestHeader(k, v)
    x.upload.onprogress = (e) => progress?.(e.loaded)
    x.onload = () => resolve({ status: x.status, header: (n) => x.getResponseHeader(n), body: x.responseText })
    x.onerror = x.ontimeout = () => reject(new Problem(0, 'offline', 'no answer'))
    x.onabort = () => reject(new DOMException('aborted', 'AbortError'))
    signal?.addEventListener('abort', () => x.abort(), { once: true })
    x.send(body)
  })
}

function refusal(r: Reply): Problem {
  let doc: { code?: string; detail?: string; error?: string } = {}
  try {
    doc = JSON.parse(r.body)
  } catch {
    // no problem document: the status says enough
  }
  return new Problem(r.status, doc.code ?? '', doc.detail ?? doc.error ?? '', {}, Number(r.header('Retry-After')) || 0)
}

export async function begin(meta: object, file: File, signal: AbortSignal): Promise<string> {
  const headers = {
    ...(await authorization()), 'Content-Type': 'application/json',
    'X-Upload-Content-Length': String(file.size), 'X-Upload-Content-Type': file.type || 'application/octet-stream',
  }
  const r = await ask('POST', path, headers, JSON.stringify(meta), signal)
  const id = /[?&]upload_id=([^&]+)/.exec(r.header('Location') ?? '')?.[1]
  if ((r.status === 201 || r.status === 200) && id) return decodeURIComponent(id)
  throw refusal(r)
}

function read(r: Reply): Answer {
  if (r.status === 308) {
    const end = /bytes=0-(\d+)/.exec(r.header('Range') ?? '')?.[1]
    return { have: end === undefined ? 0 : Number(end) + 1 }
  }
  if (r.status === 200) return { video: JSON.parse(r.body).video }
  throw refusal(r)
}

const at = (id: string) => `${path}?upload_id=${encodeURIComponent(id)}`

export async function part(id: string, file: File, from: number, to: number, signal: AbortSignal, progress: (sent: number) => void): Promise<Answer> {
  const headers = {
    ...(await authorization()), 'Content-Type': 'application/octet-stream',
    'Content-Range': `bytes ${from}-${to - 1}/${file.size}`,
  }
  return read(await ask('PUT', at(id), headers, file.slice(from, to), signal, progress))
}

export async function status(id: string, size: number, signal: AbortSignal): Promise<Answer> {
  return read(await ask('PUT', at(id), { ...(await authorization()), 'Content-Range': `bytes */${size}` }, null, signal))
}

export async function cancel(id: string): Promise<void> {
  await ask('DELETE', at(id), await authorization(), null)
}
