package blockstore

// NoHoles makes the store believe that the file system cannot punch holes.
func NoHoles(s *Store) { s.punch = false }

// NoSync makes the index fast and careless, to fill it.
func NoSync(s *Store) { s.index.db.NoSync = true }
