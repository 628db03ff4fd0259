package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"vidiverse/app/bench/measure"
)

// nginxConfig has nginx send files as it does best, one process a core, and
// without a log of requests, as our server by default.
const nginxConfig = `daemon off;
%USER%pid DIR/nginx/pid;
error_log DIR/nginx/error.log;
worker_processes auto;
events { worker_connections 1024; }
http {
  access_log off;
  client_body_temp_path DIR/nginx/body; proxy_temp_path DIR/nginx/proxy; fastcgi_temp_path DIR/nginx/fastcgi;
  uwsgi_temp_path DIR/nginx/uwsgi; scgi_temp_path DIR/nginx/scgi;
  types { video/mp4 mp4; }
  sendfile on;
  tcp_nopush on;
  tcp_nodelay on;
  keepalive_requests 100000000;
  server {
    listen ADDR;
    location /static/ { alias DIR/data/storage/; }
    location /ready { return 200; }
  }
}
`

// nginx serves the files of the instance in dir.
func nginx(ctx context.Context, dir string) (*measure.Process, error) {
	addr, err := measure.FreeAddr()
	if err != nil {
		return nil, err
	}
	if err := os.Mkdir(filepath.Join(dir, "nginx"), 0o700); err != nil {
		return nil, err
	}
	user := "" // only root may name one, and must: its workers could not read the files
	if os.Geteuid() == 0 {
		user = "user root;\n"
	}
	text := strings.NewReplacer("%USER%", user, "DIR", dir, "ADDR", addr).Replace(nginxConfig)
	config := filepath.Join(dir, "nginx", "conf")
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		return nil, err
	}
	program, err := exec.LookPath("nginx")
	if err != nil {
		program = "/usr/sbin/nginx" // not in everybody's PATH
	}
	p, err := measure.Start(ctx, exec.CommandContext(ctx, program, "-p", dir, "-e", filepath.Join(dir, "nginx", "error.log"), "-c", config), addr, "/ready")
	if err != nil {
		said, _ := os.ReadFile(filepath.Join(dir, "nginx", "error.log")) // for the message alone
		return nil, fmt.Errorf("nginx: %w: %s", err, said)
	}
	return p, nil
}
