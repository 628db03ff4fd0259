package measure

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"vidiverse/instance/rest"
)

const rootPassword = "a password of the benchmark"

// configuration takes the rate limits out of the way: all load comes from one
// address. All else is as operators get it, but that the original is kept.
const configuration = `rates_limit:
  api: {window: 1 second, max: 1000000}
  login: {window: 1 second, max: 1000000}
  client: {window: 1 second, max: 1000000}
transcoding:
  original_file: {keep: true}
`

// Instance is the built server over a folder, in a process of its own.
type Instance struct {
	*Process
	token string
}

// StartInstance runs the program at binary with its data under dir/data and its
// log in dir/log, and waits for its first list of videos. env is added to the
// environment.
func StartInstance(ctx context.Context, binary, dir string, env ...string) (*Instance, error) {
	return StartInstanceWith(ctx, binary, dir, configuration, env...)
}

// StartInstanceWith is StartInstance with another configuration.
func StartInstanceWith(ctx context.Context, binary, dir, text string, env ...string) (*Instance, error) {
	config := filepath.Join(dir, "bench.yaml")
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		return nil, err
	}
	addr, err := FreeAddr()
	if err != nil {
		return nil, err
	}
	log, err := os.OpenFile(filepath.Join(dir, "log"), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return nil, err
	}
	defer log.Close() // the child has its own
	cmd := exec.CommandContext(ctx, binary, "instance", "--config", config, "--data", filepath.Join(dir, "data"), "--listen", addr, "--url", "http://"+addr)
	cmd.Env = append(append(os.Environ(), "PT_INITIAL_ROOT_PASSWORD="+rootPassword), env...)
	cmd.Stdout, cmd.Stderr = log, log
	p, err := Start(ctx, cmd, addr, "/api/v1/videos")
	if err != nil {
		return nil, err
	}
	return &Instance{Process: p}, nil
}

// SignIn gets the instance a token of root.
func (i *Instance) SignIn(ctx context.Context) error {
	var c rest.OAuthClient
	if err := i.ask(ctx, http.MethodGet, "/api/v1/oauth-clients/local", "", nil, &c); err != nil {
		return err
	}
	form := url.Values{"client_id": {c.ClientID}, "client_secret": {c.ClientSecret}, "grant_type": {"password"},
		"username": {"root"}, "password": {rootPassword}}
	var t rest.Tokens
	err := i.ask(ctx, http.MethodPost, "/api/v1/users/token", "application/x-www-form-urlencoded", strings.NewReader(form.Encode()), &t)
	i.token = t.AccessToken
	return err
}

// Upload sends a file in one request, as root's public video that waits for its
// transcoding, and returns its uuid.
func (i *Instance) Upload(ctx context.Context, path string) (uuid string, err error) {
	var me rest.User
	if err := i.ask(ctx, http.MethodGet, "/api/v1/users/me", "", nil, &me); err != nil {
		return "", err
	}
	if len(me.VideoChannels) == 0 {
		return "", errors.New("root has no channel")
	}
	file, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	for name, value := range map[string]string{
		"name": "A film", "channelId": strconv.FormatInt(int64(me.VideoChannels[0].ID), 10), "privacy": "1", "waitTranscoding": "true",
	} {
		if err := w.WriteField(name, value); err != nil {
			return "", err
		}
	}
	part, err := w.CreateFormFile("videofile", filepath.Base(path))
	if err != nil {
		return "", err
	}
	if _, err := part.Write(file); err != nil {
		return "", err
	}
	if err := w.Close(); err != nil {
		return "", err
	}
	var made rest.VideoCreated
	err = i.ask(ctx, http.MethodPost, "/api/v1/videos/upload", w.FormDataContentType(), &body, &made)
	return made.Video.UUID, err
}

// transcodingFailed is PeerTube's number of that state.
const (
	published         = 1
	transcodingFailed = 7
)

// Await asks for a video until it is published, with all its renditions if
// whole, and returns it. It asks seldom enough to cost little.
func (i *Instance) Await(ctx context.Context, uuid string, whole bool) (v rest.VideoDetails, err error) {
	pause := 20 * time.Millisecond
	if whole {
		pause = 100 * time.Millisecond
	}
	for ctx.Err() == nil {
		v = rest.VideoDetails{}
		if err := i.ask(ctx, http.MethodGet, "/api/v1/videos/"+uuid, "", nil, &v); err != nil {
			return v, err
		}
		switch {
		case v.State.ID == transcodingFailed:
			return v, fmt.Errorf("video %s cannot be transcoded", uuid)
		case v.State.ID == published && (!whole || v.TranscodingProgress == nil):
			return v, nil
		}
		Settle(ctx, pause)
	}
	return v, ctx.Err()
}

// Put changes what stands at a path as root.
func (i *Instance) Put(ctx context.Context, path string, value any) error {
	body, err := json.Marshal(value)
	if err != nil {
		return err
	}
	return i.ask(ctx, http.MethodPut, path, "application/json", bytes.NewReader(body), nil)
}

// Post sends a value to a path as root, and wants no answer.
func (i *Instance) Post(ctx context.Context, path string, value any) error {
	body, err := json.Marshal(value)
	if err != nil {
		return err
	}
	return i.ask(ctx, http.MethodPost, path, "application/json", bytes.NewReader(body), nil)
}

// Get reads what stands at a path, as root.
func (i *Instance) Get(ctx context.Context, path string, into any) error {
	return i.ask(ctx, http.MethodGet, path, "", nil, into)
}

func (i *Instance) ask(ctx context.Context, method, path, kind string, body io.Reader, into any) error {
	req, err := http.NewRequestWithContext(ctx, method, "http://"+i.Addr+path, body)
	if err != nil {
		return err
	}
	if i.token != "" {
		req.Header.Set("Authorization", "Bearer "+i.token)
	}
	if kind != "" {
		req.Header.Set("Content-Type", kind)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if into == nil && res.StatusCode == http.StatusNoContent {
		return nil
	}
	if res.StatusCode != http.StatusOK {
		said, _ := io.ReadAll(io.LimitReader(res.Body, 500)) // for the message alone
		return fmt.Errorf("%s %s: %s %s", method, path, res.Status, said)
	}
	if into == nil {
		_, err := io.Copy(io.Discard, res.Body) // so that the connection is used again
		return err
	}
	return json.NewDecoder(res.Body).Decode(into)
}

// Film makes a film of 1280×720 at 30 frames a second with a tone, in a form
// that can be published as it is.
func Film(ctx context.Context, path string, seconds int) error {
	length := strconv.Itoa(seconds)
	cmd := exec.CommandContext(ctx, "ffmpeg", "-hide_banner", "-v", "error", "-nostdin", "-y",
		"-f", "lavfi", "-i", "testsrc2=size=1280x720:rate=30:duration="+length, "-f", "lavfi", "-i", "sine=frequency=440:duration="+length,
		"-c:v", "libx264", "-preset", "veryfast", "-b:v", "2M", "-maxrate", "2M", "-bufsize", "4M", "-pix_fmt", "yuv420p", "-g", "60",
		"-c:a", "aac", "-b:a", "128k", path)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("ffmpeg: %w: %s", err, out)
	}
	return nil
}
