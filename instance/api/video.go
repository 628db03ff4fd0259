package api

// VideoConfig is what the routes about videos need.
type VideoConfig struct{}

func (a *API) videoRoutes() []route { return nil }
