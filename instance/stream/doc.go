// Package stream holds the files that a video consists of: its original, its
// renditions and the HLS playlists over them, its pictures; and the swarms in
// which viewers share them.
//
//	PutRenditions ──▶ [master, current] ── next PutRenditions ──▶ [retired] ── a day ──▶ gone
//	                         └── the privacy opens or closes: files move, new master ──▶ gone at once
//
// Every file of a video has a row: paths are never derived from requests. Files
// are written first and rows after; rows are deleted together with a job that
// removes the files, so a crash leaves at most a file that the sweep finds.
//
// A master playlist's URL names its swarms, so whatever changes the list of
// variants or the folder makes a new master name.
//
// It does not transcode and does not send bytes; who may read is asked of access.
package stream
