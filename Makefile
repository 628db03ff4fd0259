# make run    builds everything and starts an instance on http://localhost:9000
# make test   everything a change must pass
# make help   the rest

GO      ?= go
DATA    ?= data
LISTEN  ?= localhost:9000
FUZZ    ?= 10s
FLAGS   := -trimpath -tags nosqlite
VERSION := $(shell git describe --tags --always --dirty 2>/dev/null)
CLIENT  := instance/web/client
DIST    := instance/web/dist/manifest.json
E2E     := app/e2e/npm
THEME   := ui/theme/build
export CGO_ENABLED := 0

.PHONY: help run build desktop package test bench lint fmt fuzz mutants clean

help:
	@echo "run      build, and start an instance on http://$(LISTEN) with its data in ./$(DATA)"
	@echo "build    bin/vidiverse with the web client in it"
	@echo "desktop  bin/vidiverse-desktop, the window over a node (the first build takes minutes)"
	@echo "package  .deb of both programs and a .tar.xz of the window, in bin/"
	@echo "test     all tests, on SQLite, PostgreSQL, ffmpeg and Chromium"
	@echo "bench    a table of our figures beside those of others, measured now"
	@echo "lint     formatting, vet, types of the web client"
	@echo "fmt      format the Go files"
	@echo "fuzz     every fuzz test for FUZZ ($(FUZZ)) each"
	@echo "mutants  show that the tests catch each weakness of testdata/mutants"

run: .cache/tools build
	@exec bin/vidiverse instance --data $(DATA) --listen $(LISTEN)

.cache/tools: .ci/need .ci/node
	@.ci/need ffmpeg=ffmpeg
	@.ci/node
	@mkdir -p .cache && touch $@

build: $(DIST)
	$(GO) build $(FLAGS) -ldflags "-s -w -X main.version=$(VERSION)" -o bin/vidiverse ./app/server

# The web client: npm packages as locked, bundled by our own build tool.
client-files := $(shell find $(CLIENT) -type f -not -path '*/node_modules/*' 2>/dev/null)

$(DIST): .cache/client $(client-files) $(wildcard instance/web/build/*.go)
	$(GO) run -tags nosqlite ./instance/web/build

.cache/client: $(CLIENT)/package-lock.json
	@.ci/node
	npm ci --prefix $(CLIENT) --ignore-scripts --no-audit --no-fund --loglevel=error
	@mkdir -p .cache && touch $@

.cache/e2e: $(E2E)/package-lock.json
	@.ci/node
	npm ci --prefix $(E2E) --ignore-scripts --no-audit --no-fund --loglevel=error
	@mkdir -p .cache && touch $@

# The window: Fyne needs a C compiler and the headers of OpenGL and X11.
desktop: .cache/theme
	@.ci/need gcc=gcc pkg-config=pkg-config =libgl1-mesa-dev =xorg-dev
	CGO_ENABLED=1 $(GO) build $(FLAGS) -ldflags "-s -w -X main.version=$(VERSION)" -o bin/vidiverse-desktop ./app/desktop

package: build desktop
	@.ci/need xz=xz-utils
	packaging/linux/package.sh "$(VERSION)" bin

# Fonts and icons of the windows, copied from npm packages as locked.
.cache/theme: $(THEME)/package-lock.json $(THEME)/icons.txt $(wildcard $(THEME)/*.go)
	@.ci/node
	npm ci --prefix $(THEME) --ignore-scripts --no-audit --no-fund --loglevel=error
	$(GO) run -tags nosqlite ./$(THEME)
	@mkdir -p .cache && touch $@

test: lint build .cache/e2e .cache/theme
	@.ci/need ffmpeg=ffmpeg =postgresql yt-dlp=yt-dlp =fonts-inter =libmpv2 ip=iproute2 \
		gcc=gcc pkg-config=pkg-config =libgl1-mesa-dev =xorg-dev Xvfb=xvfb =libgl1-mesa-dri xdotool=xdotool import=imagemagick \
		desktop-file-validate=desktop-file-utils xz=xz-utils aria2c=aria2
	@mkdir -p .cache
	VIDIVERSE_TEST_CHROMIUM=$$(.ci/browser) .ci/postgres $(GO) test $(FLAGS) -p 2 -timeout 20m -json ./... | $(GO) run .ci/report.go .cache/test-counts

bench: build .cache/e2e
	@.ci/need ffmpeg=ffmpeg nginx=nginx-light =postgresql =libmpv2 mpv=mpv xvfb-run=xvfb =xauth =libgl1-mesa-dri
	@for main in app/bench/*/main.go; do echo "== $${main%/main.go}"; VIDIVERSE_TEST_CHROMIUM=$$(.ci/browser) xvfb-run -a -s "-screen 0 1280x720x24" .ci/postgres $(GO) run -tags nosqlite ./$${main%/main.go} || exit 1; done

lint: .cache/client
	@unformatted=$$(gofmt -l app instance node p2p ui .ci); [ -z "$$unformatted" ] || { echo "not formatted: $$unformatted"; exit 1; }
	$(GO) vet -tags nosqlite ./...
	npm run --silent --prefix $(CLIENT) check

fmt:
	gofmt -w app instance node p2p ui .ci

fuzz:
	@for pkg in $$(grep -rlE '^func Fuzz' --include='*_test.go' --exclude-dir=node_modules app instance node p2p ui | xargs -n1 dirname | sort -u); do \
		for name in $$(sed -n 's/^func \(Fuzz[A-Za-z0-9_]*\).*/\1/p' $$pkg/*_test.go); do \
			echo "$$pkg $$name"; \
			$(GO) test -tags nosqlite -run '^$$' -fuzz "^$$name$$" -fuzztime $(FUZZ) -fuzzminimizetime 5x ./$$pkg || exit 1; \
		done; \
	done

mutants:
	testdata/mutants/run.sh

clean:
	rm -rf bin .cache
	find instance/web/dist -mindepth 1 -not -name placeholder.html -delete
