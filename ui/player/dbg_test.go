package player
import ("testing";"time";"math/rand/v2")
func TestDbg(t *testing.T){
	all := []film{short, second, long}
	for _, f := range all { f.mp4(t) }
	srv := server(t)
	v := watch(t, Options{})
	for i := range 400 {
		f := all[i%len(all)]
		v.open(Source{Media: srv.URL + secret + f.name, At: time.Duration(rand.IntN(f.frames/2)) * time.Second / 30})
		v.seeOnly(f)
		if i%4 != 3 {
			v.Seek(time.Duration(rand.IntN(f.frames)) * time.Second / 30)
			v.until("seek", func(s State) bool { v.mustBe(f); return !s.Seeking })
		}
		if i%10 == 9 { v.Close(); v = watch(t, Options{}) }
		if i%25 == 24 { t.Log(i+1, resident(t)>>20) }
	}
}
