package metainfo

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/anacrolix/torrent/bencode"
	"github.com/google/go-cmp/cmp"
)

func coded(v any) []byte { return bencode.MustMarshal(v) }

// folder is a torrent of several files, a piece of 1,024 bytes each.
func folder(name string, paths ...[]string) []byte {
	b := []byte("d4:infod5:filesl")
	for _, p := range paths {
		b = append(b, "d6:lengthi1024e4:path"...)
		b = append(append(b, coded(p)...), 'e')
	}
	b = append(append(b, "e4:name"...), coded(name)...)
	b = append(b, "12:piece lengthi1024e6:pieces"...)
	b = append(b, coded(strings.Repeat("x", 20*len(paths)))...)
	return append(b, "ee"...)
}

func single(info string) []byte { return []byte("d4:infod" + info + "ee") }

// What a torrent of a stranger names must stay in a folder of its own: nothing
// above it, no device, no two files at one place, no link (threats, row 60).
func TestRefusesNamesThatLeadElsewhere(t *testing.T) {
	if _, err := Read(folder("ok", []string{"a", "b.mp4"}, []string{"a", "c.mp4"})); err != nil {
		t.Fatal(err)
	}
	for name, b := range map[string][]byte{
		"climbs":             folder("ok", []string{"..", "..", ".ssh", "authorized_keys"}),
		"name climbs":        folder("..", []string{"a"}),
		"absolute":           folder("ok", []string{"/etc/passwd"}),
		"name is a path":     folder("a/b", []string{"a"}),
		"backslash":          folder("ok", []string{`..\a`}),
		"drive":              folder("ok", []string{"c:evil"}),
		"device":             folder("ok", []string{"CON"}),
		"device with ending": folder("ok", []string{"aux.mp4"}),
		"device of number":   folder("ok", []string{"com1.txt"}),
		"device in small":    folder("ok", []string{"LPT²"}),
		"empty part":         folder("ok", []string{"a", "", "b"}),
		"no path":            folder("ok", []string{}),
		"zero byte":          folder("ok", []string{"a\x00.mp4"}),
		"line end":           folder("ok", []string{"a\nb"}),
		"dots":               folder("ok", []string{"..."}),
		"not text":           folder("ok", []string{"a\xff"}),
		"long part":          folder("ok", []string{strings.Repeat("a", maxName+1)}),
		"deep":               folder("ok", strings.Split(strings.Repeat("a/", 40)+"a", "/")),
		"same":               folder("ok", []string{"a"}, []string{"a"}),
		"same but case":      folder("ok", []string{"A.mp4"}, []string{"a.MP4"}),
		"same but accent":    folder("ok", []string{"\u00e9"}, []string{"e\u0301"}),
		"same but width":     folder("ok", []string{"\uff21"}, []string{"a"}),
		"same but dot":       folder("ok", []string{"a. "}, []string{"a"}),
		"file in a file":     folder("ok", []string{"a"}, []string{"a", "b"}),
		"file is a folder":   folder("ok", []string{"a", "b"}, []string{"A"}),
		"link":               single("4:attr1:l6:lengthi1024e4:name1:a12:piece lengthi1024e6:pieces20:xxxxxxxxxxxxxxxxxxxx"),
		"link by path":       single("6:lengthi1024e4:name1:a12:piece lengthi1024e6:pieces20:xxxxxxxxxxxxxxxxxxxx12:symlink pathl2:..e"),
	} {
		if got, err := Read(b); err == nil {
			t.Errorf("%s: read as %+v", name, got.Files)
		}
	}
}

// Numbers that would cost memory or divide by nothing.
func TestRefusesSizes(t *testing.T) {
	many := make([][]string, MaxFiles+1)
	for i := range many {
		many[i] = []string{fmt.Sprint(i)}
	}
	const pieces = "6:pieces20:xxxxxxxxxxxxxxxxxxxx"
	for name, b := range map[string][]byte{
		"many files":       folder("ok", many...),
		"no piece length":  single("6:lengthi10e4:name1:a" + pieces),
		"piece of nothing": single("6:lengthi10e4:name1:a12:piece lengthi0e" + pieces),
		"piece of one":     single("6:lengthi1e4:name1:a12:piece lengthi1e" + pieces),
		"negative pieces":  single("6:lengthi10e4:name1:a12:piece lengthi-16384e" + pieces),
		"huge pieces":      single("6:lengthi10e4:name1:a12:piece lengthi1099511627776e" + pieces),
		"negative":         single("6:lengthi-10e4:name1:a12:piece lengthi16384e" + pieces),
		"empty":            single("6:lengthi0e4:name1:a12:piece lengthi16384e" + pieces),
		"past numbers":     single("6:lengthi9223372036854775807e4:name1:a12:piece lengthi16384e" + pieces),
		"missing pieces":   single("6:lengthi20000e4:name1:a12:piece lengthi16384e" + pieces),
		"half a piece":     single("6:lengthi10e4:name1:a12:piece lengthi16384e6:pieces19:xxxxxxxxxxxxxxxxxxx"),
		"both shapes":      single("5:filesle6:lengthi10e4:name1:a12:piece lengthi16384e" + pieces),
		"no shape":         single("4:name1:a12:piece lengthi16384e" + pieces),
		"twice":            single("6:lengthi10e6:lengthi11e4:name1:a12:piece lengthi16384e" + pieces),
		"two infos":        []byte("d4:infod6:lengthi10e4:name1:a12:piece lengthi16384e" + pieces + "e4:infodee"),
		"rest":             append(single("6:lengthi10e4:name1:a12:piece lengthi16384e"+pieces), '\n'),
		"large":            append(single("6:lengthi10e4:name1:a12:piece lengthi16384e"+pieces), make([]byte, MaxTorrent)...),
		"deep":             []byte("d4:info" + strings.Repeat("l", 100_000) + strings.Repeat("e", 100_000) + "e"),
		"long text":        []byte("d4:info99999999999999999999:e"),
		"cut":              []byte("d4:infod6:lengthi10e"),
		"nothing":          nil,
	} {
		if got, err := Read(b); err == nil {
			t.Errorf("%s: read as %+v", name, got)
		}
	}
}

// Addresses come from strangers: only those that may be asked, and not many.
func TestAddressesAreBounded(t *testing.T) {
	b := []byte("d13:announce-listl")
	for i := range 200 {
		b = append(b, coded([]string{fmt.Sprintf("udp://t%d.example:1/announce", i), "file:///etc/passwd", "http://user:pw@t.example/"})...)
	}
	b = append(b, "e4:infod6:lengthi10e4:name1:a12:piece lengthi16384e6:pieces20:xxxxxxxxxxxxxxxxxxxxe8:url-list"...)
	var urls []string
	for i := range 200 {
		urls = append(urls, fmt.Sprintf("https://s%d.example/a.mp4", i), "ftp://s.example/a", "https:///a", "https://x/"+strings.Repeat("a", 3000))
	}
	got := must(t, append(append(b, coded(urls)...), 'e'))
	if len(got.Announce) != maxTrackers || len(got.Announce[0]) != 1 || len(got.WebSeeds) != maxSeeds {
		t.Errorf("%d tiers, %d seeds: %v", len(got.Announce), len(got.WebSeeds), got.Announce)
	}
	one := must(t, []byte("d8:announce18:http://t.example/a4:infod6:lengthi10e4:name1:a12:piece lengthi16384e6:pieces20:xxxxxxxxxxxxxxxxxxxxe8:url-list18:http://s.example/ae"))
	if diff := cmp.Diff([][]string{{"http://t.example/a"}}, one.Announce); diff != "" || len(one.WebSeeds) != 1 {
		t.Error(diff, one.WebSeeds)
	}
}

// Torrents as some programs write them: keys in any order, trackers in a list
// without tiers, of both versions.
func TestOddTorrents(t *testing.T) {
	const info = "d4:name1:a6:lengthi10e12:piece lengthi16384e6:pieces20:xxxxxxxxxxxxxxxxxxxx"
	flat := must(t, []byte("d4:info"+info+"e13:announce-listl18:http://t.example/ae8:announce18:http://t.example/be"))
	if diff := cmp.Diff([][]string{{"http://t.example/b"}}, flat.Announce); diff != "" || flat.Name != "a" {
		t.Error(flat.Name, diff)
	}
	both := must(t, []byte("d4:info"+info+"9:file treed1:ad0:d6:lengthi10e11:pieces root32:"+strings.Repeat("r", 32)+"eee12:meta versioni2ee12:piece layersdee"))
	if both.Length != 10 || !both.Single || both.Pieces() != 1 {
		t.Errorf("%+v", both)
	}
	if _, err := Read([]byte("d4:infold4:name1:a6:lengthi10e12:piece lengthi16384e6:pieces20:xxxxxxxxxxxxxxxxxxxxeee")); err == nil {
		t.Error("a list is an info")
	}
}

func TestReadInfo(t *testing.T) {
	b, err := os.ReadFile("testdata/hls-240.torrent")
	if err != nil {
		t.Fatal(err)
	}
	tor := must(t, b)
	again, err := ReadInfo(tor.Info(), tor.Hash)
	if err != nil || again.Name != tor.Name || again.Pieces() != tor.Pieces() {
		t.Errorf("%+v, %v", again, err)
	}
	sum, offset, length := again.Piece(again.Pieces() - 1)
	if offset+length != tor.Length || sum == [20]byte{} {
		t.Errorf("the last piece is %d+%d of %d", offset, length, tor.Length)
	}
	if _, err := ReadInfo(tor.Info(), [20]byte{1}); err == nil {
		t.Error("info of another hash was read")
	}
}

func TestPadding(t *testing.T) {
	b := []byte("d4:infod5:filesld6:lengthi1024e4:pathl1:aeed4:attr1:p6:lengthi1024e4:pathl4:.pad4:1024eed6:lengthi1024e4:pathl1:beee4:name1:f12:piece lengthi1024e6:pieces60:" +
		strings.Repeat("x", 60) + "ee")
	got := must(t, b)
	want := []File{{Path: "a", Length: 1024}, {Path: ".pad/1024", Offset: 1024, Length: 1024, Pad: true}, {Path: "b", Offset: 2048, Length: 1024}}
	if diff := cmp.Diff(want, got.Files); diff != "" {
		t.Error(diff)
	}
}

func TestMagnets(t *testing.T) {
	const hash = "b692a9964a22692b4b1a14782cbc58ee8964ab30"
	long := "magnet:?xt=urn:btih:" + hash + "&dn=" + strings.Repeat("n", 5000)
	for i := range 100 {
		long += fmt.Sprintf("&tr=udp://t%d.example:1&ws=http://s%d.example/a&xs=http://x%d.example/a", i, i, i)
	}
	m, err := ParseMagnet(long + "&tr.7=javascript:alert(1)&ws=file:///etc/passwd&xs=urn:btpk:00")
	if err != nil || len(m.Name) != maxTitle || len(m.Trackers) != maxTrackers || len(m.WebSeeds) != maxSeeds || len(m.Torrents) != maxTorrents {
		t.Errorf("%d %d %d %d, %v", len(m.Name), len(m.Trackers), len(m.WebSeeds), len(m.Torrents), err)
	}
	b32, err := ParseMagnet("MAGNET:?XT=urn:btih:W2JKTFSKEJUSWSY2CR4CZPCY52EWJKZQ&tr=ws%3A%2F%2Fa.example%2F")
	if want := m.Hash; err != nil || b32.Hash != want || len(b32.Trackers) != 1 {
		t.Errorf("base 32: %x, want %x, %v", b32.Hash, want, err)
	}
	for _, good := range []string{"magnet:?xt=urn:btih:w2jktfskejuswsy2cr4czpcy52ewjkzq", "magnet:?xt.1=urn%3ABTIH%3A" + strings.ToUpper(hash) + "&xt.2=urn:btih:" + hash, "magnet:?xt=urn:btmh:1220" + strings.Repeat("ab", 32) + "&xt=urn:btih:" + hash + "&dn=&dn=a%20b+c"} {
		if got, err := ParseMagnet(good); err != nil || got.Hash != m.Hash {
			t.Errorf("%s: %x, %v", good, got.Hash, err)
		}
	}
	for _, bad := range []string{"magnet:?xt=urn:btih:" + strings.Repeat("%0A", 32), "magnet:?xt=urn:btih:W2JKTFSKEJUSWSY2CR4CZPCY52EWJK%0A%0A", "", "magnet:", "magnet:?", "http://a/?xt=urn:btih:" + hash, "magnet:?xt=urn:btih:" + hash[1:], "magnet:?xt=urn:btih:zz" + hash[2:],
		"magnet:?xt=urn:btmh:1220" + hash, "magnet:?xt=urn:btih:" + hash + "&xt=urn:btih:" + strings.Repeat("0", 40), "magnet:?xt=urn:btih:" + hash + "&dn=" + strings.Repeat("x", MaxMagnet)} {
		if m, err := ParseMagnet(bad); err == nil {
			t.Errorf("%.60s was read as %+v", bad, m)
		}
	}
}

func FuzzRead(f *testing.F) {
	names, _ := filepath.Glob("testdata/*.torrent")
	for _, n := range names {
		b, err := os.ReadFile(n)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Add(folder("ok", []string{"a", "b"}, []string{"c"}))
	f.Add(folder("ok", []string{"..", "b"}))
	f.Fuzz(func(t *testing.T, b []byte) {
		tor, err := Read(b)
		if err != nil {
			return
		}
		var end int64
		for _, file := range tor.Files {
			if file.Offset != end || !filepath.IsLocal(file.Path) {
				t.Errorf("file %+v after %d", file, end)
			}
			end += file.Length
		}
		_, offset, length := tor.Piece(tor.Pieces() - 1)
		if end != tor.Length || offset+length != end || length <= 0 {
			t.Errorf("files of %d bytes, pieces of %d, torrent of %d", end, offset+length, tor.Length)
		}
		again, err := ReadInfo(tor.Info(), tor.Hash)
		if err != nil || again.Hash != tor.Hash {
			t.Errorf("its own info: %v", err)
		}
	})
}

func FuzzParseMagnet(f *testing.F) {
	for _, v := range vectors(f) {
		if v.Magnet != "" {
			f.Add(v.Magnet)
		}
	}
	f.Add("magnet:?xt=urn:btih:W2JKTFSKEJUSWSY2CR4CZPCY52EWJKZQ&tr.1=udp://a:1&as=http://b/c")
	f.Fuzz(func(t *testing.T, s string) {
		m, err := ParseMagnet(s)
		if err != nil {
			return
		}
		again, err := ParseMagnet(m.String())
		if diff := cmp.Diff(m, again); (diff != "" || err != nil) && len(m.String()) <= MaxMagnet {
			t.Errorf("%q became %q: %s %v", s, m, diff, err)
		}
	})
}
