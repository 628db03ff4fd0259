// Package instance is the whole server: it opens the database and the files,
// builds every noun, engine and door with what an operator configured, mounts
// the doors on one router and supervises what runs beside them.
//
//	Config ──▶ New ──▶ Instance ──▶ Serve(ctx) until ctx ends
//
// It holds no product rules: those live in the packages below it.
package instance
