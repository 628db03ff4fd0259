// Unpacks the Chromium of the npm package beside this file to the path given.
// Its own start-up code is not used: that one is for machines without libraries.
import { createReadStream, createWriteStream, renameSync } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import { createBrotliDecompress } from 'node:zlib'

const packed = new URL('node_modules/@sparticuz/chromium/bin/chromium.br', import.meta.url)
const target = process.argv[2]
await pipeline(createReadStream(packed), createBrotliDecompress(), createWriteStream(target + '.part', { mode: 0o755 }))
renameSync(target + '.part', target)
