package viewmodel

import (
	"context"
	"time"

	"vidiverse/node/control"
)

// wish is what the player was asked for and has not done yet.
type wish struct {
	open  bool // the session's Media, at seek
	fresh bool // nothing of what was shown before stays
	seek  *time.Duration
	step  int
	apply bool // pause, volume, speed, caption as the fields say
}

// Player is the player of this video, nil before there is one.
func (v *Watch) Player() Player { return v.player }

// reload opens the session's Media at a position.
func (v *Watch) reload(at time.Duration) {
	v.wish.open, v.wish.seek = true, &at
	v.Position = at
	v.serve()
}

// UseSystem opens the video in the system's player.
func (v *Watch) UseSystem() { v.use(v.players.System, true) }

// UseSilent plays here without sound.
func (v *Watch) UseSilent() { v.use(v.players.Silent, false) }

func (v *Watch) use(makePlayer func() (Player, error), elsewhere bool) {
	if makePlayer == nil || v.busy {
		return
	}
	v.make, v.Elsewhere = makePlayer, elsewhere
	v.Problem, v.NoPlayer = nil, false
	v.wish.fresh = true
	v.reload(v.Position)
	v.changed()
}

// Seek goes to a place.
func (v *Watch) Seek(at time.Duration) {
	at = max(at, 0)
	if v.Length > 0 {
		at = min(at, v.Length)
	}
	v.wish.seek = &at
	v.Position, v.Ended = at, false
	v.serve()
	v.changed()
}

// SeekPart goes to a part of the whole, 0 to 1.
func (v *Watch) SeekPart(part float64) {
	if v.Length > 0 {
		v.Seek(time.Duration(clamp(part) * float64(v.Length)))
	}
}

// Jump goes some way on, or back.
func (v *Watch) Jump(by time.Duration) { v.Seek(v.Position + by) }

// TogglePause pauses, goes on, or starts again at the end.
func (v *Watch) TogglePause() {
	switch {
	case v.Problem != nil && v.Problem.Again:
		v.Again()
		return
	case v.Ended:
		v.Paused = false
		v.Seek(0)
	default:
		v.Paused = !v.Paused
	}
	v.command()
}

// SetVolume is 0 to 1; any change ends a mute.
func (v *Watch) SetVolume(volume float64) {
	v.Volume, v.Muted = clamp(volume), false
	v.command()
}

// Mute silences, or ends the silence.
func (v *Watch) Mute() {
	v.Muted = !v.Muted
	v.command()
}

// Speeds that can be chosen.
var Speeds = []float64{0.5, 0.75, 1, 1.25, 1.5, 1.75, 2}

// SetSpeed plays faster or slower.
func (v *Watch) SetSpeed(times float64) {
	v.Speed = times
	v.command()
}

// StepSpeed takes the next speed up (+1) or down (-1).
func (v *Watch) StepSpeed(by int) {
	at := 0
	for i, s := range Speeds {
		if s <= v.Speed {
			at = i
		}
	}
	v.SetSpeed(Speeds[min(max(at+by, 0), len(Speeds)-1)])
}

// SetCaption shows a track; -1 none.
func (v *Watch) SetCaption(i int) {
	if i >= len(v.Captions) {
		return
	}
	v.Caption = i
	v.command()
}

// ToggleCaption shows the first track, or none.
func (v *Watch) ToggleCaption() {
	if v.Caption >= 0 {
		v.SetCaption(-1)
		return
	}
	v.SetCaption(0)
}

// Frame shows the next picture (+1) or the one before (-1), and pauses.
func (v *Watch) Frame(by int) {
	v.Paused = true
	v.wish.step += by
	v.serve()
	v.changed()
}

func (v *Watch) command() {
	v.wish.apply = true
	v.serve()
	v.changed()
}

// orders is a copy of what the player shall do, taken on the UI goroutine.
type orders struct {
	wish
	source  Source
	session string
	volume  float64
	muted   bool
	speed   float64
	caption int
	paused  bool
}

// serve gives the player its orders, if it is not busy with others.
func (v *Watch) serve() {
	if v.busy || v.session.ID == "" || v.Closed() || !v.wish.open && v.wish.seek == nil && v.wish.step == 0 && !v.wish.apply {
		return
	}
	o := orders{wish: v.wish, source: v.source(), session: v.session.ID,
		volume: v.Volume, muted: v.Muted, speed: v.Speed, caption: v.Caption, paused: v.Paused}
	v.wish = wish{}
	v.busy = true
	player, makePlayer := v.player, v.make
	v.work.Go(func() {
		p, err := v.obey(player, makePlayer, o)
		v.Dispatch(func() { v.obeyed(p, o, err) })
	})
}

func (v *Watch) source() Source {
	s := Source{Media: v.session.Media, Sound: v.session.Sound, Live: v.session.Live, Duration: v.session.Duration,
		Paused: v.Paused, Caption: v.Caption}
	for _, c := range v.session.Captions {
		s.Captions = append(s.Captions, c.URL)
	}
	return s
}

// obey runs off the UI goroutine, one at a time.
func (v *Watch) obey(p Player, makePlayer func() (Player, error), o orders) (Player, error) {
	if p == nil {
		made, err := makePlayer()
		if err != nil {
			return nil, &noPlayerError{err}
		}
		p, o.fresh, o.apply = made, true, true
	}
	if o.seek != nil && !o.open {
		ctx, end := context.WithTimeout(v.ctx, 10*time.Second)
		defer end()
		// What the place needs is fetched before the player asks for it. A read
		// that is stuck elsewhere is cut by this, and then the media are opened anew.
		if err := v.Services.Playback.Prepare(ctx, o.session, *o.seek); err == nil {
			if progress, err := v.Services.Playback.Progress(ctx, o.session, *o.seek); err == nil && progress.Stuck {
				o.open = true
			}
		}
	}
	switch {
	case o.open:
		if o.seek != nil {
			o.source.At = *o.seek
		}
		open := p.Reload
		if o.fresh {
			open = p.Open
		}
		if err := open(o.source); err != nil {
			return p, err
		}
	case o.seek != nil:
		p.Seek(*o.seek)
	}
	for ; o.step > 0; o.step-- {
		p.Step(true)
	}
	for ; o.step < 0; o.step++ {
		p.Step(false)
	}
	if o.apply {
		p.SetVolume(o.volume * 100)
		p.SetMuted(o.muted)
		p.SetSpeed(o.speed)
		p.Caption(o.caption)
		p.Pause(o.paused)
	}
	return p, nil
}

type noPlayerError struct{ error }

// obeyed runs on the UI goroutine after obey.
func (v *Watch) obeyed(p Player, o orders, err error) {
	v.busy = false
	if v.Closed() {
		if p != nil {
			v.later(closeLimit, "close a late player", func(context.Context) error { return p.Close() })
		}
		return
	}
	v.player = p
	if err != nil {
		if _, none := err.(*noPlayerError); none {
			text := v.Words.Say("player.nompv")
			if v.Elsewhere {
				text = v.Words.Say("player.system.failed")
			}
			v.NoPlayer, v.CanSilent, v.Elsewhere = true, v.players.Silent != nil, false
			v.fail(&Problem{Text: text})
		} else {
			v.fail(&Problem{Text: v.Words.Say("player.failed"), Again: true})
		}
		return
	}
	if o.open {
		v.Ready = true
		v.changed()
	}
	v.serve()
}

// pollProgress asks where the bytes come from and tells where the player is.
func (v *Watch) pollProgress() {
	id, at := v.session.ID, v.Position
	ask(v.Scope, &v.poll, func(ctx context.Context) (control.Progress, error) { return v.Services.Playback.Progress(ctx, id, at) },
		func(p control.Progress, err error) {
			if err != nil || id != v.session.ID {
				return
			}
			v.progress = p
			sources, loaded := v.sources(p, v.Host, v.Now().Sub(v.opened)), marks(p.Spans, v.Length)
			swarm := v.swarm(p.Torrent)
			news := !sources.equal(v.Sources) || !same(loaded, v.Marks) || !swarm.equal(v.Swarm)
			v.Sources, v.Marks, v.Swarm = sources, loaded, swarm
			if p.Stuck && !v.busy {
				v.reload(v.Position)
			} else {
				v.adapt(p)
			}
			if news { // a film that is all there is not drawn again every second
				v.changed()
			}
		})
}
