package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"vidiverse/app/bench/measure"
	"vidiverse/app/e2e/browser"
)

// page takes bytes over a channel, from the host that it was loaded from or
// from another page, and tells how long that took from the first to the last.
const page = `<!doctype html><meta charset="utf-8"><title>channel</title><link rel="icon" href="data:,"><script>
const size = 65535
let pc
async function whole() {
  await pc.setLocalDescription()
  if (pc.iceGatheringState !== 'complete')
    await new Promise((done) => { pc.onicegatheringstatechange = () => pc.iceGatheringState === 'complete' && done() })
  return pc.localDescription.sdp
}
function counting(dc, bytes) {
  return new Promise((done) => {
    let got = 0, first
    dc.binaryType = 'arraybuffer'
    dc.onmessage = (e) => {
      first ??= performance.now()
      got += e.data.byteLength
      if (got >= bytes) done((performance.now() - first) / 1000)
    }
  })
}
// From the host.
async function take(bytes) {
  pc?.close()
  pc = new RTCPeerConnection()
  const took = counting(pc.createDataChannel('data'), bytes)
  const res = await fetch('/accept?bytes=' + bytes, { method: 'POST', body: await whole() })
  await pc.setRemoteDescription({ type: 'answer', sdp: await res.text() })
  return await took
}
// As much as comes in so many seconds, in Mbit/s.
async function takeFor(seconds) {
  pc?.close()
  pc = new RTCPeerConnection()
  const dc = pc.createDataChannel('data')
  dc.binaryType = 'arraybuffer'
  const rate = new Promise((done) => {
    let got = 0, first
    dc.onmessage = (e) => {
      got += e.data.byteLength
      if (first) return
      first = performance.now()
      setTimeout(() => done(got * 8 / 1e3 / (performance.now() - first)), seconds * 1000)
    }
  })
  const res = await fetch('/accept?bytes=' + 2e9, { method: 'POST', body: await whole() })
  await pc.setRemoteDescription({ type: 'answer', sdp: await res.text() })
  const mbit = await rate
  pc.close()
  return mbit
}
// From a page to a page.
async function offer(bytes) {
  pc?.close()
  pc = new RTCPeerConnection()
  const dc = pc.createDataChannel('data'), message = new Uint8Array(size)
  dc.bufferedAmountLowThreshold = 1 << 20
  let left = bytes
  const fill = () => { for (; left > 0 && dc.bufferedAmount <= 1 << 20; left -= size) dc.send(message.subarray(0, Math.min(left, size))) }
  dc.onopen = dc.onbufferedamountlow = fill
  return await whole()
}
async function answer({ sdp, bytes }) {
  pc?.close()
  pc = new RTCPeerConnection()
  window.took = new Promise((done) => { pc.ondatachannel = (e) => counting(e.channel, bytes).then(done) })
  await pc.setRemoteDescription({ type: 'offer', sdp })
  return await whole()
}
</script>`

// channel is how fast we give to a browser, and how fast a browser does.
func channel(ctx context.Context, o options) (rows []measure.Row, err error) {
	return rows, onStage(ctx, func(s *stage) (err error) {
		rows, err = giving(s, o)
		return err
	})
}

const turns = 3 // of ours and of Chromium, one after the other

func giving(s *stage, o options) (rows []measure.Row, err error) {
	host, err := startHost(s.ctx, browse)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, host.Stop()) }()
	b := browser.Start(s)
	taker, giver := b.Page(s), b.Page(s)
	for _, p := range []*browser.Page{taker, giver} {
		p.Goto("http://" + host.Addr + "/page")
		p.Patience(time.Minute)
	}
	bytes := o.channel << 20
	var us, them, cpu []float64
	for range turns {
		var took float64
		before := host.CPU()
		taker.Eval(`(bytes) => take(bytes)`, bytes, &took)
		us = append(us, float64(bytes)/1e6/took)
		cpu = append(cpu, (host.CPU()-before).Seconds()*100e6/float64(bytes))
		var offer, answer string
		giver.Eval(`(bytes) => offer(bytes)`, bytes, &offer)
		taker.Eval(`(a) => answer(a)`, map[string]any{"sdp": offer, "bytes": bytes}, &answer)
		giver.Eval(`(sdp) => pc.setRemoteDescription({ type: 'answer', sdp })`, answer, nil)
		taker.Eval(`() => took`, nil, &took)
		them = append(them, float64(bytes)/1e6/took)
	}
	slices.Sort(us)
	slices.Sort(them)
	slices.Sort(cpu)
	return []measure.Row{
		{Figure: fmt.Sprintf("one channel → Chromium, median of %d", turns), Unit: "MB/s", Ours: us[turns/2], Peer: them[turns/2], Of: "Chromium → Chromium, now", Budget: measure.Budget{Min: 15}},
		{Figure: "  CPU of the host for 100 MB", Unit: "s", Ours: cpu[turns/2], Peer: 1, Of: "pion, recorded"},
	}, nil
}
