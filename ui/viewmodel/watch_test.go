package viewmodel_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"vidiverse/node/control"
	"vidiverse/ui/player"
	"vidiverse/ui/uitest"
	"vidiverse/ui/viewmodel"
)

// watching opens the first video of a scene in a film.
func watching(s *scene) (*viewmodel.Watch, *uitest.Film) {
	s.t.Helper()
	film := &uitest.Film{}
	v := s.desk.Watch(s.node.Videos[0].Ref, film.Players()(func() {}, func(player.Player) {}))
	v.Load()
	s.Until(s.t, "the video plays", func() bool { return v.Ready && v.Title != "" && len(v.Next) > 0 })
	return v, film
}

func TestWatch(t *testing.T) {
	t.Parallel()
	s := open(t)
	v, film := watching(s)
	if v.Title != s.node.Videos[0].Title || v.Host != "mare.example" || v.Length != 24*time.Minute+18*time.Second {
		t.Errorf("got %q, %q, %s", v.Title, v.Host, v.Length)
	}
	if strings.Contains(v.Text, "**") {
		t.Errorf("the description shows its signs: %q", v.Text)
	}
	s.Until(t, "it is known where the bytes come from", func() bool { return len(v.Sources.Shares) == 4 })
	sum := 0
	for _, share := range v.Sources.Shares {
		n := 0
		if _, err := fmt.Sscanf(share.Percent, "%d%%", &n); err != nil {
			t.Error(err)
		}
		sum += n
	}
	if sum != 100 || v.Sources.Shares[0].Origin != control.FromDevice || v.Sources.Chip != "" {
		t.Errorf("percents sum to %d, %+v", sum, v.Sources)
	}
	if len(v.Marks) != 7 {
		t.Errorf("got %d marks on the time line", len(v.Marks))
	}
	v.Close()
	s.Until(t, "nothing is played and no session is open", func() bool {
		s.Dispatch(func() {})
		return film.Ended() && s.node.Open() == 0
	})
}

// The node hears of a seek before the player does, and of many seeks in a
// burst the last one counts.
func TestSeek(t *testing.T) {
	t.Parallel()
	s := open(t)
	v, film := watching(s)
	s.node.Log()
	for i := range 50 {
		v.Seek(time.Duration(i) * time.Second)
	}
	v.Seek(7 * time.Minute)
	if v.Position != 7*time.Minute {
		t.Errorf("the page shows %s at once", v.Position)
	}
	s.Until(t, "the player is there", func() bool { return film.State().Position == 7*time.Minute })
	prepared := slices.DeleteFunc(s.node.Log(), func(q string) bool { return !strings.HasPrefix(q, "prepare") })
	if len(prepared) > 5 || prepared[len(prepared)-1] != "prepare 7m0s" {
		t.Errorf("51 seeks: the node was asked for %q", prepared)
	}
	v.SeekPart(.5)
	v.Jump(-time.Hour)
	s.Until(t, "no seek leaves the video", func() bool { return film.State().Position == 0 })
}

// A read that was cut leaves the player with a hole: the media are opened anew
// at the place.
func TestStuckReadIsOpenedAgain(t *testing.T) {
	t.Parallel()
	s := open(t)
	v, film := watching(s)
	s.node.Do(func(n *uitestNode) { n.Progress.Stuck = true })
	v.Seek(3 * time.Minute)
	s.Until(t, "the media are opened at the place", func() bool {
		all := film.Sources()
		return len(all) > 1 && all[len(all)-1].At == 3*time.Minute
	})
	s.node.Do(func(n *uitestNode) { n.Progress.Stuck = false })
}

func TestQuality(t *testing.T) {
	t.Parallel()
	s := open(t)
	v, film := watching(s)
	if len(v.Qualities) != 4 || !v.Qualities[0].Chosen || v.Qualities[0].Label != "Automatic (480p)" {
		t.Errorf("got %+v", v.Qualities)
	}
	v.Seek(time.Minute)
	s.Until(t, "the seek is done", func() bool { return film.State().Position == time.Minute })
	v.Choose(720)
	s.Until(t, "720p plays on from the place", func() bool {
		all := film.Sources()
		last := all[len(all)-1]
		return strings.Contains(last.Media, "720") && last.At == time.Minute && v.Qualities[2].Chosen
	})
}

func TestControls(t *testing.T) {
	t.Parallel()
	s := open(t)
	v, film := watching(s)
	v.TogglePause()
	s.Until(t, "it is paused", func() bool { return film.State().Paused })
	v.Frame(1)
	s.Until(t, "one frame on", func() bool { return film.State().Position == time.Second/30 })
	v.SetVolume(.4)
	v.Mute()
	v.StepSpeed(1)
	v.ToggleCaption()
	s.Until(t, "all reached the player", func() bool {
		st := film.State()
		return st.Volume == 40 && st.Muted && st.Speed == 1.25 && st.Caption == 0
	})
	v.SetVolume(7)
	s.Until(t, "the volume has an end, and a change of it ends a mute", func() bool { return film.State().Volume == 100 && !film.State().Muted })
}

// A player that stops is started again a few times, then people are asked.
func TestPlayerThatStops(t *testing.T) {
	t.Parallel()
	s := open(t)
	v, film := watching(s)
	s.Until(t, "people are asked", func() bool {
		film.Set(func(st *player.State) { st.Err = errors.New("decoder") })
		return v.Problem != nil
	})
	if !v.Problem.Again || strings.Contains(v.Problem.Text, "decoder") || film.Reloads != 2 {
		t.Errorf("got %+v after %d tries", v.Problem, film.Reloads)
	}
	v.Again()
	s.Until(t, "it plays again", func() bool { return v.Problem == nil && film.State().Err == nil && !v.Closed() })
}

func TestNoPlayer(t *testing.T) {
	t.Parallel()
	s := open(t)
	film := &uitest.Film{}
	v := s.desk.Watch(s.node.Videos[0].Ref, film.Absent()(func() {}, func(player.Player) {}))
	v.Load()
	s.Until(t, "it is said what is missing", func() bool { return v.NoPlayer && v.Title != "" })
	if v.CanSilent || !strings.Contains(v.Problem.Text, "libmpv2") {
		t.Errorf("got %+v", v.Problem)
	}
	v.UseSystem()
	s.Until(t, "the system's player has it", func() bool { return v.Elsewhere && v.Problem == nil && len(film.Sources()) == 1 })
}

func TestVideoThatIsGone(t *testing.T) {
	t.Parallel()
	for want, err := range map[string]error{"no longer there": control.ErrNotFound, "private": control.ErrForbidden, "online": control.ErrUnavailable} {
		s := open(t)
		s.node.Refuse = fmt.Errorf("%w: details", err)
		v := s.desk.Watch(s.node.Videos[0].Ref, (&uitest.Film{}).Players()(func() {}, func(player.Player) {}))
		v.Load()
		s.Until(t, "it is said", func() bool { return v.Problem != nil })
		if !strings.Contains(v.Problem.Text, want) || strings.Contains(v.Problem.Text, "details") {
			t.Errorf("%v: got %q", err, v.Problem.Text)
		}
	}
}

// A page that was left at once leaves no session and no player behind.
func TestLeavingAtOnce(t *testing.T) {
	t.Parallel()
	for range 20 {
		s := open(t)
		film := &uitest.Film{}
		v := s.desk.Watch(s.node.Videos[0].Ref, film.Players()(func() {}, func(player.Player) {}))
		v.Load()
		s.Run()
		v.Close()
		s.Until(t, "no session is open", func() bool { s.Dispatch(func() {}); return s.node.Open() == 0 })
	}
}
