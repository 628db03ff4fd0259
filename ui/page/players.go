package page

import (
	"errors"

	"vidiverse/ui/player"
	"vidiverse/ui/viewmodel"
)

// MakePlayers says how a watch page gets its player; onFrame is called, from
// any goroutine, when there is a new picture. Tests bring their own.
type MakePlayers func(onFrame func(), made func(player.Player)) viewmodel.Players

// Players plays with what this computer has.
func Players(o player.Options) MakePlayers {
	return func(onFrame func(), made func(player.Player)) viewmodel.Players {
		o := o
		o.OnFrame = onFrame
		kind := func(k player.Kind) func() (viewmodel.Player, error) {
			return func() (viewmodel.Player, error) {
				o := o
				o.Kind = k
				p, err := player.New(o)
				if err != nil {
					return nil, err
				}
				made(p)
				return screen{p}, nil
			}
		}
		all := viewmodel.Players{Here: kind(player.MPV), System: kind(player.External)}
		if p, err := player.New(player.Options{Kind: player.FFmpeg}); err == nil {
			all.Silent = kind(player.FFmpeg)
			_ = p.Close() // it was only asked whether there is one
		}
		return all
	}
}

// screen is a player in the terms of the view model.
type screen struct{ player.Player }

func source(s viewmodel.Source) player.Source {
	return player.Source{Media: s.Media, Sound: s.Sound, Captions: s.Captions, Caption: s.Caption,
		At: s.At, Duration: s.Duration, Live: s.Live, Paused: s.Paused}
}

func (s screen) Open(of viewmodel.Source) error   { return s.Player.Open(source(of)) }
func (s screen) Reload(of viewmodel.Source) error { return s.Player.Reload(source(of)) }

func (s screen) State() viewmodel.PlayerState {
	st := s.Player.State()
	if errors.Is(st.Err, player.ErrClosed) {
		st.Err = nil
	}
	return viewmodel.PlayerState{Position: st.Position, Duration: st.Duration, From: st.From, To: st.To,
		Paused: st.Paused, Buffering: st.Buffering, Seeking: st.Seeking, Ended: st.Ended, Err: st.Err}
}
