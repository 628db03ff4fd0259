package player

func newFFmpeg(o Options) (Player, error) { return nil, ErrNoPlayer }
func newExternal(o Options, look func(string) (string, error)) (Player, error) {
	return nil, ErrNoPlayer
}
