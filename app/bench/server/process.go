package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// process is a server that was started for measuring.
type process struct {
	cmd   *exec.Cmd
	base  string
	ready time.Duration // from start to the first 200
}

// start runs the instance in dir and waits for its first answer.
func start(ctx context.Context, binary, dir string) (*process, error) {
	address, err := free()
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, binary, "instance", "--data", filepath.Join(dir, "data"), "--listen", address, "--url", "http://"+address)
	cmd.Env = append(os.Environ(), "PEERTUBE_RATES_LIMIT_API_MAX=1000000", "PEERTUBE_RATES_LIMIT_CLIENT_MAX=1000000")
	return launch(ctx, cmd, "http://"+address, "/api/v1/videos")
}

// nginx serves the same files as the instance.
func nginx(ctx context.Context, dir string) (*process, error) {
	address, err := free()
	if err != nil {
		return nil, err
	}
	file := filepath.Join(dir, "nginx.conf")
	err = os.WriteFile(file, fmt.Appendf(nil, `daemon off; pid %[1]s/nginx.pid; error_log stderr;
events { worker_connections 1024; }
http { access_log off; sendfile on; tcp_nopush on; keepalive_requests 1000000; client_body_temp_path %[1]s/nginx;
proxy_temp_path %[1]s/nginx; fastcgi_temp_path %[1]s/nginx; uwsgi_temp_path %[1]s/nginx; scgi_temp_path %[1]s/nginx;
server { listen %[2]s; root %[1]s/data/storage; } }
`, dir, address), 0o644)
	if err != nil {
		return nil, err
	}
	// The instance keeps its folder to itself; nginx's workers have another user.
	for _, folder := range []string{"data", "data/storage"} {
		if err := os.Chmod(filepath.Join(dir, folder), 0o755); err != nil {
			return nil, err
		}
	}
	return launch(ctx, exec.CommandContext(ctx, "nginx", "-c", file), "http://"+address, "/streaming-playlists/hls/"+one+"/"+fileName)
}

func launch(ctx context.Context, cmd *exec.Cmd, base, path string) (*process, error) {
	cmd.Stderr = os.Stderr
	begin := time.Now()
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	p := &process{cmd: cmd, base: base}
	for ctx.Err() == nil && time.Since(begin) < 30*time.Second {
		req, err := http.NewRequestWithContext(ctx, http.MethodHead, base+path, nil)
		if err != nil {
			return nil, err
		}
		if res, err := http.DefaultClient.Do(req); err == nil {
			res.Body.Close()
			if res.StatusCode == http.StatusOK {
				p.ready = time.Since(begin)
				return p, nil
			}
		}
		time.Sleep(time.Millisecond)
	}
	return nil, fmt.Errorf("%s does not answer: %v", cmd.Path, p.stop())
}

func (p *process) stop() error {
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	return p.cmd.Wait()
}

// memory is what the process holds, in MB.
func (p *process) memory() float64 {
	status, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	for line := range strings.Lines(string(status)) {
		if words := strings.Fields(line); len(words) > 1 && words[0] == "VmRSS:" {
			kb, _ := strconv.ParseFloat(words[1], 64)
			return kb / 1024
		}
	}
	return 0
}

// cpu is the processor time that the process used.
func (p *process) cpu() time.Duration {
	stat, _ := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.cmd.Process.Pid))
	words := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
	if len(words) < 13 {
		return 0
	}
	user, _ := strconv.Atoi(words[11])
	system, _ := strconv.Atoi(words[12])
	return time.Duration(user+system) * 10 * time.Millisecond
}

func free() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer l.Close()
	return l.Addr().String(), nil
}

func drain(body io.ReadCloser) error {
	defer body.Close()
	_, err := io.Copy(io.Discard, body)
	return err
}
