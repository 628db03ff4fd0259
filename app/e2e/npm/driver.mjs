// Drives one Chromium for Go tests. Reads a command a line, {id, op, page, …},
// and answers each with {id, value} or {id, error}; commands of different pages
// run side by side. What a page reported is kept until it is asked for.
import { createInterface } from 'node:readline'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { chromium } from 'playwright-core'

const require = createRequire(import.meta.url)
const pages = new Map()
let browser

const args = [
  '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync', '--autoplay-policy=no-user-gesture-required',
  '--mute-audio', '--disable-background-timer-throttling', '--disable-renderer-backgrounding',
  '--disable-backgrounding-occluded-windows', '--allow-loopback-in-peer-connection', '--ignore-certificate-errors'
]

async function open ({ page, options }) {
  const context = await browser.newContext({ ignoreHTTPSErrors: true, ...options })
  const tab = await context.newPage()
  const log = []
  tab.on('console', (m) => { if (m.type() === 'error') log.push(`console: ${m.text()} (${m.location().url})`) })
  tab.on('pageerror', (e) => log.push(`exception: ${e.message}`))
  tab.on('crash', () => log.push('the page crashed'))
  pages.set(page, { tab, context, log })
}

// Asked from here, again and again: the page's own content policy forbids eval
// to what runs in it.
async function wait ({ script, arg, timeout }, { tab }) {
  const call = `(${script})(${JSON.stringify(arg ?? null)})`
  for (const end = Date.now() + timeout; ;) {
    const holds = await tab.evaluate(call).catch((err) => {
      if (!/context was destroyed|navigat/i.test(err.message)) throw err
    })
    if (holds) return
    if (Date.now() > end) throw new Error(`not true within ${timeout} ms`)
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}

const ops = {
  launch: async ({ executable, more }) => {
    browser = await chromium.launch({ executablePath: executable, headless: true, args: [...args, ...more] })
    return browser.version()
  },
  open,
  goto: async ({ url }, { tab }) => { const r = await tab.goto(url, { waitUntil: 'load' }); return r ? r.status() : 0 },
  click: ({ selector }, { tab }) => tab.click(selector),
  clickAt: async ({ selector, part }, { tab }) => {
    const box = await tab.locator(selector).boundingBox()
    await tab.mouse.click(box.x + box.width * part, box.y + box.height / 2)
  },
  type: ({ selector, text }, { tab }) => tab.fill(selector, text),
  press: ({ key }, { tab }) => tab.keyboard.press(key),
  upload: ({ selector, files }, { tab }) => tab.setInputFiles(selector, files),
  select: async ({ selector, text }, { tab }) => { await tab.selectOption(selector, text) },
  text: ({ selector }, { tab }) => tab.innerText(selector),
  eval: ({ script, arg }, { tab }) => tab.evaluate(`(${script})(${JSON.stringify(arg ?? null)})`),
  wait,
  visible: async ({ selector }, { tab }) => { await tab.waitForSelector(selector, { state: 'visible' }) },
  url: async (_, { tab }) => tab.url(),
  size: ({ width, height }, { tab }) => tab.setViewportSize({ width, height }),
  media: ({ media }, { tab }) => tab.emulateMedia(media),
  offline: ({ offline }, { context }) => context.setOffline(offline),
  uplink: async ({ rate }, page) => {
    page.network ??= await page.context.newCDPSession(page.tab)
    await page.network.send('Network.emulateNetworkConditions', { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: rate || -1 })
  },
  screenshot: async ({ file, full, selector }, { tab }) => {
    const target = selector ? tab.locator(selector) : tab
    await target.screenshot({ path: file, ...(selector ? {} : { fullPage: full }) })
  },
  axe: async (_, { tab }) => {
    await tab.evaluate(readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8'))
    const { violations } = await tab.evaluate('axe.run(document, { resultTypes: ["violations"] })')
    return violations.map((v) => ({ id: v.id, impact: v.impact, help: v.help, targets: v.nodes.map((n) => n.target.join(' ')) }))
  },
  errors: async (_, { log }) => log.splice(0),
  close: async ({ page }, { context }) => { pages.delete(page); await context.close() }
}

async function run (command) {
  const page = pages.get(command.page)
  page?.tab.setDefaultTimeout(command.timeout)
  if (!command.frame) return await ops[command.op](command, page)
  const inside = await page.tab.waitForSelector(command.frame)
  return await ops[command.op](command, { ...page, tab: await inside.contentFrame() })
}

createInterface({ input: process.stdin }).on('line', (line) => {
  const command = JSON.parse(line)
  run(command).then(
    (value) => console.log(JSON.stringify({ id: command.id, value: value ?? null })),
    (err) => console.log(JSON.stringify({ id: command.id, error: String(err.message ?? err) }))
  )
}).on('close', async () => { await browser?.close(); process.exit(0) })
