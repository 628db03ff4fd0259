package instance

import "vidiverse/instance/block"

func (i *Instance) buildBlocks() {
	i.blocks = block.New(block.Config{DB: i.db, Actors: i.actors, Accounts: i.accounts, Now: i.now, Changed: func() { i.videos.Stale() }})
}
