// Package pages gives back memory that shows parts of a database file. bbolt
// reads its file through a map, and the kernel maps sixteen pages around each
// that is touched: after a walk through many small records most of the file is
// there, and counts as the program's memory until something else needs it.
package pages

import "go.etcd.io/bbolt"

// Release unmaps what is mapped of the database's file. Nothing is lost: what is
// read again comes from the kernel's cache, or from the disk. It may be called
// beside readers and writers. Where the system has no such call it does nothing.
func Release(db *bbolt.DB) error {
	return db.View(func(tx *bbolt.Tx) error { // no transaction, no map: a writer may replace it
		return release(db.Info().Data, uintptr(tx.Size()))
	})
}
