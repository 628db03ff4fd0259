package playback

import (
	"bytes"
	"net/http"
	"strconv"
	"strings"
	"time"

	"vidiverse/node/control"
	"vidiverse/p2p/guard"
)

const (
	maxCaptions = 100
	maxCaption  = 5 << 20
)

// captions are the film's, at addresses of the session.
func (s *session) captions() []control.Caption {
	var all []control.Caption
	for i, c := range s.film.Captions[:min(len(s.film.Captions), maxCaptions)] {
		all = append(all, control.Caption{Language: c.Language, Label: c.Label, URL: s.base + "/captions/" + strconv.Itoa(i) + ".vtt"})
	}
	return all
}

// caption answers with a subtitle file: its cues, and nothing else that was in
// it.
func (s *session) caption(w http.ResponseWriter, req *http.Request, name string) {
	number, vtt := strings.CutSuffix(name, ".vtt")
	i, err := strconv.Atoi(number)
	if err != nil || !vtt || i < 0 || i >= min(len(s.film.Captions), maxCaptions) {
		http.NotFound(w, req)
		return
	}
	raw, err := s.p.cfg.Remote.Get(req.Context(), s.film.Origin, s.film.Captions[i].URL, guard.Limits{Bytes: maxCaption})
	if err == nil {
		raw, err = cleanCaptions(raw)
	}
	if err != nil {
		s.p.cfg.Log.Info("subtitles are missing", "err", err)
		http.Error(w, "the server does not give them", http.StatusBadGateway)
		return
	}
	w.Header().Set("Content-Type", "text/vtt; charset=utf-8")
	http.ServeContent(w, req, "", time.Time{}, bytes.NewReader(raw))
}
