package player
import ("testing";"time";"os/exec")
func TestDbg(t *testing.T){
 p:=forms()["variable rate"]
 out,_:=exec.Command("sh","-c","ffprobe -v error -select_streams v -show_entries packet=pts_time,dts_time,flags -of csv=p=0 "+p.renditions(t)[0].URL+" | head -120 | tail -16").Output(); t.Logf("%s",out)
 for range 12 {
 s := p.take(t, &far{delay: 20 * time.Millisecond})
 s.times = p.shown(t)
 s.open(s.source(0))
 s.arrive(-1, p.first)
 s.jump(5713)
 k:=144
  s.node.Prepare(t.Context(),s.session.ID,s.at(k))
  s.Seek(s.at(k)); end:=time.Now().Add(700*time.Millisecond); last:=-2
  for time.Now().Before(end) { if n:=number(s.Frame(width,height)); n!=last { st:=s.State(); t.Log(k,s.at(k),n-1000, st.Position,st.Seeking); last=n }; <-time.After(time.Millisecond) }
  s.Close()
 }
}
