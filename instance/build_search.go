package instance

import "vidiverse/instance/search"

func (i *Instance) buildSearch() (err error) {
	i.search, err = search.New(search.Config{
		DB: i.db, Actors: i.actors, Channels: i.channels, Videos: i.videos, Playlists: i.playlists, Log: i.log,
		Finder: i.asker(), Members: i.cfg.Search.RemoteUsers, Strangers: i.cfg.Search.RemoteAnonymous,
	})
	return err
}

// asker asks other servers for what people look for; nil where the instance is
// closed.
func (i *Instance) asker() search.Finder {
	if i.fetch == nil {
		return nil
	}
	return i.fetch
}
