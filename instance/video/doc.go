// Package video holds the videos of an instance: what is said of them, which of
// them a list shows, how often they were watched and liked.
//
//	upload ── Create ──▶ [to transcode] ── PutRenditions, Publish ──▶ [published]
//	                          │                                          │
//	                          └──────────── transcoding failed           └── Edit, Delete
//
// Who may see a video is asked of access, its files and swarms of stream, which
// also writes to the transactions of this package. A Service embeds both: who
// holds the videos holds their rights and files.
//
// It does not transcode, does not speak HTTP and does not send bytes.
package video
