// Package video holds the videos of an instance: what they are called, who may
// see them, which files they consist of, how often they were watched and liked.
//
//	upload ── Create ──▶ [to transcode] ── PutRenditions, Publish ──▶ [published]
//	                          │                                          │
//	                          └──────────── transcoding failed           └── Edit, Delete
//
// Every file of a video has a row: paths are never derived from requests. Files
// are written first and rows after; rows are deleted together with a job that
// removes the files, so a crash leaves at most a file that the sweep finds.
//
// A master playlist's URL names its swarms, so whatever changes the list of
// variants or the folder makes a new master name (see renditions.go).
//
// It does not transcode, does not speak HTTP and does not send bytes.
package video
