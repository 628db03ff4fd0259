package rest

// Chapter is a part of a video, up to the next one.
type Chapter struct {
	Timecode int    `json:"timecode"` // seconds
	Title    string `json:"title"`
}

// Chapters are all of a video.
type Chapters struct {
	Chapters []Chapter `json:"chapters"`
}

// PlayerSettings is how the player of a video or of a channel's videos looks.
type PlayerSettings struct {
	Theme string `json:"theme"`
}
