// A server of people who are strangers to us: nina and her group, cinema, by
// Fedify, an ActivityPub library that knows nothing of PeerTube. As in
// Mastodon's secure mode, nobody reads who they are without a signature.
// Argument: the address to listen on. Reads a line of JSON for each thing to
// do, {n, what, ...}, and prints {n, ...} when it is done; prints {proven, ...}
// and {heard, ...} for what is delivered: who proved it, and what it says.
import { createServer } from 'node:http'
import { createInterface } from 'node:readline'
import { createFederation, generateCryptoKeyPair, MemoryKvStore } from '@fedify/fedify'
import { verifyRequest, verifySignature } from '@fedify/fedify/sig'
import * as vocab from '@fedify/vocab'
import { Temporal } from '@js-temporal/polyfill'

const [ address ] = process.argv.slice(2)
const root = 'http://' + address
const say = what => console.log(JSON.stringify(what))
const url = text => text ? new URL(text, root) : null
let count = 0
const fresh = kind => url(`/${kind}/${++count}`)

const people = {
  nina: { type: vocab.Person, name: 'Nina', summary: '<p>I <b>comment</b>.</p>' },
  cinema: { type: vocab.Group, name: 'Cinema', summary: '<p>What we like.</p>', owner: 'nina' }
}
// Fedify's own are of 4096 bits, and take a while.
const rsa = { name: 'RSASSA-PKCS1-v1_5', modulusLength: 2048, publicExponent: new Uint8Array([ 1, 0, 1 ]), hash: 'SHA-256' }
for (const p of Object.values(people)) {
  p.keys = [ await crypto.subtle.generateKey(rsa, true, [ 'sign', 'verify' ]), await generateCryptoKeyPair('Ed25519') ]
  p.outbox = []
  p.followers = []
}
const activities = {} // by their address
const notes = {} // by their number
const films = {} // by their path

// How a delivery was signed, and what was answered: Fedify signs as RFC 9421
// says, and again as the drafts did if that is refused.
const knocks = []
const network = globalThis.fetch
globalThis.fetch = async (input, init) => {
  let request = new Request(input, init)
  if (request.url.startsWith('https://127.')) { // a handle names no scheme, and nobody here has a certificate
    request = new Request(request.url.replace('https:', 'http:'), request)
  }
  const response = await network(request)
  if (request.method === 'POST') knocks.push(`${way(request)} ${response.status}`)
  return response
}
const way = request => request.headers.has('signature-input') ? 'rfc9421' : 'draft'

let federation = open('rfc9421')

function open (firstKnock) {
  const f = createFederation({ kv: new MemoryKvStore(), allowPrivateAddress: true, firstKnock })
  const signed = async ctx => await ctx.getSignedKeyOwner() != null
  f.setActorDispatcher('/users/{identifier}', portrait)
    .setKeyPairsDispatcher((ctx, who) => people[who]?.keys ?? [])
    .authorize(signed)
  f.setOutboxDispatcher('/users/{identifier}/outbox', (ctx, who, cursor) => ({
    items: people[who].outbox.slice(+cursor, +cursor + 1),
    nextCursor: people[who].outbox.length > +cursor + 1 ? `${+cursor + 1}` : null
  })).setFirstCursor(() => '0').setCounter((ctx, who) => people[who].outbox.length).authorize(signed)
  f.setFollowersDispatcher('/users/{identifier}/followers', (ctx, who) => ({ items: people[who].followers }))
    .setCounter((ctx, who) => people[who].followers.length)
  f.setObjectDispatcher(vocab.Note, '/notes/{number}', (ctx, { number }) => notes[number])
  f.setNodeInfoDispatcher('/nodeinfo/2.1', () => ({
    software: { name: 'stranger', version: '1.0.0' }, protocols: [ 'activitypub' ],
    usage: { users: { total: 2 }, localPosts: 0, localComments: 0 }
  }))
  f.setInboxListeners('/users/{identifier}/inbox', '/inbox')
    .setSharedKeyDispatcher(() => ({ identifier: 'cinema' }))
    .on(vocab.Activity, hear)
    .onError((ctx, err) => say({ unheard: String(err) })) // what is PeerTube's alone
  return f
}

async function portrait (ctx, who) {
  const p = people[who]
  if (!p) return null
  const pairs = await ctx.getActorKeyPairs(who)
  return new p.type({
    id: ctx.getActorUri(who), preferredUsername: who, name: p.name, summary: p.summary, url: url('/@' + who), discoverable: true,
    inbox: ctx.getInboxUri(who), endpoints: new vocab.Endpoints({ sharedInbox: ctx.getInboxUri() }),
    outbox: ctx.getOutboxUri(who), followers: ctx.getFollowersUri(who),
    attribution: p.owner ? ctx.getActorUri(p.owner) : null,
    publicKey: pairs[0].cryptographicKey, assertionMethods: pairs.map(k => k.multikey)
  })
}

// hear tells of everything, and accepts who follows.
async function hear (ctx, activity) {
  const object = await activity.getObject({ suppressError: true })
  const text = of => of == null ? undefined : String(of)
  say({
    heard: activity.constructor.name, id: text(activity.id), actor: text(activity.actorId), object: text(activity.objectId),
    kind: object?.constructor.name, name: text(object?.name), content: text(object?.content), summary: text(object?.summary),
    page: text(object?.url?.href ?? object?.url), to: activity.toIds.map(String), cc: activity.ccIds.map(String)
  })
  if (!(activity instanceof vocab.Follow)) return
  const who = activity.objectId.pathname.split('/').pop()
  const follower = await activity.getActor()
  people[who].followers.push(follower)
  await ctx.sendActivity({ identifier: who }, follower,
    new vocab.Accept({ id: fresh('accepts'), actor: ctx.getActorUri(who), object: activity }))
}

// prove asks Fedify for each of the two signatures by itself: of both, one is
// enough for it.
async function prove (request, body) {
  const activity = JSON.parse(body)
  const loaders = federation.createContext(url('/'))
  const [ requestKey, documentKey ] = await Promise.all([ verifyRequest(request, loaders), verifySignature(activity, loaders) ])
  say({ proven: activity.type, id: activity.id, way: way(request), request: requestKey != null, document: documentKey != null })
}

// makes an activity, and the note of a Create.
async function makes (ctx, by, { type, object, note, film, content, listed }) {
  const actor = ctx.getActorUri(by)
  const audience = { tos: [ vocab.PUBLIC_COLLECTION ], ccs: [ ctx.getFollowersUri(by) ] }
  if (note) object = makesNote(actor, audience, note)
  else if (film) object = await makesFilm(ctx, audience, film)
  else if (type === 'Undo') object = activities[object]
  else if (type === 'Update') object = await portrait(ctx, by)
  else object = url(object)
  const made = new vocab[type]({ id: fresh('activities'), actor, object, content, ...audience })
  if (listed) people[by].outbox.unshift(made)
  return activities[made.id.href] = made
}

function makesNote (actor, audience, { content, inReplyTo, mentions = [] }) {
  const id = fresh('notes')
  return notes[count] = new vocab.Note({
    id, attribution: actor, content, replyTarget: url(inReplyTo), published: Temporal.Now.instant(), url: url('/@nina' + id.pathname),
    tos: audience.tos, ccs: [ ...audience.ccs, ...mentions.map(m => url(m.href)) ],
    tags: mentions.map(m => new vocab.Mention({ href: url(m.href), name: m.name }))
  })
}

// makesFilm serves one with no more than ActivityStreams has for it, but for
// the identifier without which PeerTube takes none.
async function makesFilm (ctx, audience, { name, uuid, file }) {
  const id = url('/films/' + uuid)
  const film = new vocab.Video({
    id, name, content: '<p>Found in an <i>attic</i>.</p>', duration: Temporal.Duration.from('PT6S'),
    attributions: [ ctx.getActorUri('nina'), ctx.getActorUri('cinema') ], published: Temporal.Now.instant(),
    urls: [ new vocab.Link({ href: url('/@nina/films/' + uuid), mediaType: 'text/html' }), new vocab.Link({ href: url(file), mediaType: 'video/mp4', height: 144 }) ],
    ...audience
  })
  const json = await film.toJsonLd()
  films[id.pathname] = { ...json, '@context': [ json['@context'], { uuid: 'https://joinpeertube.org/ns#uuid' } ].flat(), uuid }
  return id
}

const deeds = {
  async finds ({ by, resource }) {
    const ctx = federation.createContext(url('/'))
    const documentLoader = await ctx.getDocumentLoader({ identifier: by })
    const finger = resource.startsWith('acct:') ? await ctx.lookupWebFinger(resource) : null
    const object = await ctx.lookupObject(resource, { documentLoader })
    return { id: object?.id?.href, kind: object?.constructor.name, links: finger?.links.map(l => l.rel) }
  },
  async walks ({ by, collection }) {
    const ctx = federation.createContext(url('/'))
    const documentLoader = await ctx.getDocumentLoader({ identifier: by })
    const items = []
    for await (const one of ctx.traverseCollection(await ctx.lookupObject(collection, { documentLoader }), { documentLoader })) {
      items.push(`${one.constructor.name} ${one.id?.href}`)
    }
    return { items }
  },
  async sends ({ by, to, ...what }) {
    const ctx = federation.createContext(url('/'))
    const documentLoader = await ctx.getDocumentLoader({ identifier: by })
    const recipient = await ctx.lookupObject(to, { documentLoader })
    const activity = await makes(ctx, by, what)
    knocks.length = 0
    await ctx.sendActivity({ identifier: by }, recipient, activity, { immediate: true, preferSharedInbox: what.type !== 'Follow' })
    return { id: activity.id.href, object: activity.objectId?.href, knocks: [ ...knocks ] }
  },
  renames ({ by, name }) { people[by].name = name },
  knocks ({ first }) { federation = open(first) }
}

const server = createServer(async (req, res) => {
  const body = Buffer.concat(await req.toArray())
  const headers = Object.entries(req.headersDistinct).flatMap(([ name, values ]) => values.map(v => [ name, v ]))
  const request = () => new Request(root + req.url, { method: req.method, headers, body: body.length ? body : undefined })
  const answer = async () => {
    const kept = films[req.url] ?? await activities[root + req.url]?.toJsonLd()
    if (kept) return Response.json(kept, { headers: { 'content-type': 'application/activity+json' } })
    if (req.method === 'POST') await prove(request(), body)
    return federation.fetch(request(), { contextData: undefined })
  }
  const response = await answer().catch(err => new Response(String(err.stack), { status: 500 }))
  res.writeHead(response.status, Object.fromEntries(response.headers)).end(Buffer.from(await response.arrayBuffer()))
})

const [ host, port ] = address.split(':')
server.listen(+port, host, () => say({ ready: root }))
createInterface({ input: process.stdin }).on('line', async line => {
  const { n, what, ...how } = JSON.parse(line)
  try {
    say({ n, ...await deeds[what](how) })
  } catch (err) {
    say({ n, failed: String(err.stack ?? err) })
  }
}).on('close', () => process.exit(0))
