package activitypub

import "testing"

func BenchmarkReadActivity(b *testing.B) {
	all := bodies(b)
	for _, name := range []string{"like.json", "create-note-thread.json", "update-video-metadata.json"} {
		b.Run(name, func(b *testing.B) {
			raw := all["deliveries/"+name]
			b.SetBytes(int64(len(raw)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := ReadActivity(raw); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkReadVideo(b *testing.B) {
	raw := bodies(b)["video-vod.json"]
	b.SetBytes(int64(len(raw)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := ParseVideo(raw); err != nil {
			b.Fatal(err)
		}
	}
}
