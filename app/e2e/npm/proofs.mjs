// Other people's opinion of our signatures: @peertube/http-signature, which
// PeerTube proves requests with, and jsonld. Reads one JSON document from
// stdin, {contexts, requests, documents}, and prints {requests, documents}: for
// each of them "" or why it is not proven.
import { createHash, createVerify } from 'node:crypto'
import httpSignature from '@peertube/http-signature'
import jsonld from 'jsonld'

const { contexts, requests, documents } = JSON.parse(Buffer.concat(await process.stdin.toArray()))

const documentLoader = async (url) => {
  if (!contexts[url]) throw new Error('unknown context ' + url)
  return { contextUrl: null, documentUrl: url, document: contexts[url] }
}
const hash = (text) => createHash('sha256').update(text).digest('hex')
const canonical = async (doc) =>
  hash(await jsonld.canonize(doc, { algorithm: 'URDNA2015', format: 'application/n-quads', safe: true, documentLoader }))

function provenRequest ({ method, url, headers, body, key }) {
  // The library compares the date with the clock: the tests use the clock's.
  const parsed = httpSignature.parseRequest({ method, url, headers, httpVersion: '1.1' }, {
    clockSkew: 1800, headers: body === undefined ? ['(request-target)', 'host'] : ['(request-target)', 'host', 'digest']
  })
  if (!httpSignature.verifySignature(parsed, key)) return 'wrong signature'
  if (body === undefined) return ''
  const digest = 'SHA-256=' + createHash('sha256').update(body).digest('base64')
  return digest === headers.digest ? '' : 'wrong digest'
}

async function provenDocument ({ text, key }) {
  const { signature, ...doc } = JSON.parse(text)
  const { type, id, signatureValue, ...own } = signature
  const context = ['https://w3id.org/security/v1', { RsaSignature2017: 'https://w3id.org/security#RsaSignature2017' }]
  const signed = await canonical({ '@context': context, ...own }) + await canonical(doc)
  const ok = createVerify('RSA-SHA256').update(signed, 'utf8').verify(key, signatureValue, 'base64')
  return ok ? '' : 'wrong signature'
}

const said = async (proven, one) => {
  try { return await proven(one) } catch (err) { return String(err.message ?? err) }
}
const answer = { requests: [], documents: [] }
for (const one of requests) answer.requests.push(await said(provenRequest, one))
for (const one of documents) answer.documents.push(await said(provenDocument, one))
console.log(JSON.stringify(answer))
