// Package stock serves a page that plays as the player of PeerTube 8.2 does:
// npm's hls.js and p2p-media-loader 2.2.2, which belong to other people and so
// say whether our playlists, hashes, tracker and nodes are what theirs expect.
// The same page exists with the loader's generation after that, whose swarms
// have other names.
package stock

import (
	"fmt"
	"net/http"
	"net/url"
	"path/filepath"
	"testing"

	"github.com/evanw/esbuild/pkg/api"
)

const html = `<!doctype html><meta charset="utf-8"><title>stock player</title><link rel="icon" href="data:,">
<style>body{margin:0;background:#000}video{width:100vw;height:100vh}</style>
<video></video><script type="module" src="player.js"></script>`

// node is what the tracker client expects of its bundler.
const node = `globalThis.process ??= { env: {}, browser: true, nextTick: (f, ...args) => queueMicrotask(() => f(...args)) };`

// Handler serves the page at any path, and its script at …/player.js. npm is
// the folder of player.mjs and its packages.
func Handler(t testing.TB, npm string) http.Handler { return page(t, npm, nil) }

// Newer is Handler with p2p-media-loader 2.3.1.
func Newer(t testing.TB, npm string) http.Handler {
	return page(t, npm, map[string]string{"p2p-media-loader-hlsjs": "p2p-media-loader-hlsjs-2.3"})
}

func page(t testing.TB, npm string, alias map[string]string) http.Handler {
	t.Helper()
	built := api.Build(api.BuildOptions{
		EntryPoints:   []string{filepath.Join(npm, "player.mjs")},
		Bundle:        true,
		Format:        api.FormatESModule,
		Platform:      api.PlatformBrowser,
		Define:        map[string]string{"global": "globalThis"},
		Alias:         alias,
		AbsWorkingDir: npm, // where aliases are looked up
		Banner:        map[string]string{"js": node},
	})
	if len(built.Errors) > 0 {
		t.Fatalf("bundle the stock player: %v", built.Errors)
	}
	script := built.OutputFiles[0].Contents
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if filepath.Base(r.URL.Path) == "player.js" {
			w.Header().Set("Content-Type", "text/javascript")
			_, _ = w.Write(script) // the browser says if it did not come
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprint(w, html)
	})
}

// Query tells the page what to play. Master must be the URL by which the
// instance names the playlist: it is the swarm's name.
func Query(master, sha256, tracker string) string {
	return "?" + url.Values{"master": {master}, "sha256": {sha256}, "tracker": {tracker}}.Encode()
}

// Stats are what the page counted: Page.Eval("() => stats", nil, &s).
type Stats struct {
	HTTP, P2P, Uploaded       int // bytes
	HTTPSegments, P2PSegments int
	Stalls                    int // times the picture stood still, but for jumps
	Peers, Left               []string
	Errors, Warnings          []string
	Invalid                   []any // segments that did not match their digest
}
