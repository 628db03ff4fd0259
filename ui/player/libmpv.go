//go:build linux || darwin || freebsd

package player

import (
	"errors"
	"fmt"
	"runtime"
	"sync"
	"unsafe"

	"github.com/ebitengine/purego"
)

// libmpv are the functions of mpv's client.h and render.h that are used, found
// in the library at run time, so that the program starts without it. Handles
// are C's own memory: plain numbers here. It calls nothing of Go: news of
// pictures comes through a semaphore of the C library, whose sem_post is the
// callback, so no foreign thread ever enters Go.
type libmpv struct {
	create           func() uintptr
	initialize       func(h uintptr) int32
	terminateDestroy func(h uintptr)
	setOption        func(h uintptr, name, value string) int32
	commandAsync     func(h uintptr, id uint64, args unsafe.Pointer) int32
	observe          func(h uintptr, id uint64, name string, format int32) int32
	waitEvent        func(h uintptr, timeout float64) *mpvEvent
	wakeup           func(h uintptr)
	property         func(h uintptr, name string, format int32, out unsafe.Pointer) int32
	errorString      func(code int32) string

	renderCreate   func(out *uintptr, h uintptr, params unsafe.Pointer) int32
	renderNews     func(r, callback, data uintptr)
	renderUpdate   func(r uintptr) uint64
	renderInfo     func(r uintptr, kind uint64, out unsafe.Pointer) int32 // a struct of two registers, by value
	renderDraw     func(r uintptr, params unsafe.Pointer) int32
	renderFree     func(r uintptr)
	semInit        func(sem uintptr, shared int32, value uint32) int32
	semWait        func(sem uintptr) int32
	semPost        func(sem uintptr) int32
	semDestroy     func(sem uintptr) int32
	calloc         func(n, size uintptr) uintptr
	free           func(p uintptr)
	semPostAddress uintptr
}

// What the library writes.
type (
	mpvEvent struct {
		id    int32
		err   int32
		reply uint64
		data  unsafe.Pointer
	}
	mpvProperty struct {
		name   *byte
		format int32
		_      int32
		data   unsafe.Pointer
	}
	mpvEndFile struct {
		reason int32
		err    int32
	}
	mpvFrameInfo struct {
		flags  uint64
		target int64
	}
	mpvParam struct {
		kind int32
		_    int32
		data unsafe.Pointer
	}
)

// Numbers of client.h and render.h.
const (
	eventShutdown = 1
	eventReply    = 5
	eventEndFile  = 7
	eventLoaded   = 8
	eventSeek     = 20
	eventRestart  = 21
	eventProperty = 22

	endError = 4

	formatString = 1
	formatFlag   = 3
	formatInt    = 4
	formatDouble = 5

	paramEnd     = 0
	paramAPI     = 1
	paramInfo    = 11
	paramSkip    = 13
	paramSize    = 17
	paramPixels  = 18
	paramStride  = 19
	paramPointer = 20

	updateFrame = 1
	infoPresent = 1
)

// loadMPV finds the library once for the process.
var loadMPV = sync.OnceValues(func() (*libmpv, error) {
	names := []string{"libmpv.so.2", "libmpv.so.1"}
	if runtime.GOOS == "darwin" {
		names = []string{"libmpv.2.dylib", "libmpv.dylib"}
	}
	for _, name := range names {
		lib, err := purego.Dlopen(name, purego.RTLD_NOW|purego.RTLD_LOCAL)
		if err != nil {
			continue
		}
		l := new(libmpv)
		if err := l.bind(lib); err != nil {
			return nil, errors.Join(ErrNoMPV, err)
		}
		fewArenas(lib)
		return l, nil
	}
	return nil, ErrNoMPV
})

// fewArenas lets glibc keep freed memory in two places and not in one a thread:
// mpv has many threads, and videos left would fill 60 MB more before it stays.
func fewArenas(lib uintptr) {
	const arenaMax = -8 // M_ARENA_MAX of malloc.h
	if at, err := purego.Dlsym(lib, "mallopt"); err == nil && runtime.GOOS == "linux" {
		var mallopt func(param, value int32) int32
		purego.RegisterFunc(&mallopt, at)
		mallopt(arenaMax, 2)
	}
}

// bind fills the functions. The C library's are found through libmpv, which
// links to it.
func (l *libmpv) bind(lib uintptr) error {
	for name, fn := range map[string]any{
		"mpv_create":                             &l.create,
		"mpv_initialize":                         &l.initialize,
		"mpv_terminate_destroy":                  &l.terminateDestroy,
		"mpv_set_option_string":                  &l.setOption,
		"mpv_command_async":                      &l.commandAsync,
		"mpv_observe_property":                   &l.observe,
		"mpv_wait_event":                         &l.waitEvent,
		"mpv_wakeup":                             &l.wakeup,
		"mpv_get_property":                       &l.property,
		"mpv_error_string":                       &l.errorString,
		"mpv_render_context_create":              &l.renderCreate,
		"mpv_render_context_set_update_callback": &l.renderNews,
		"mpv_render_context_update":              &l.renderUpdate,
		"mpv_render_context_get_info":            &l.renderInfo,
		"mpv_render_context_render":              &l.renderDraw,
		"mpv_render_context_free":                &l.renderFree,
		"sem_init":                               &l.semInit,
		"sem_wait":                               &l.semWait,
		"sem_post":                               &l.semPost,
		"sem_destroy":                            &l.semDestroy,
		"calloc":                                 &l.calloc,
		"free":                                   &l.free,
	} {
		at, err := purego.Dlsym(lib, name)
		if err != nil {
			return fmt.Errorf("libmpv lacks %s", name)
		}
		purego.RegisterFunc(fn, at)
		if name == "sem_post" {
			l.semPostAddress = at
		}
	}
	return nil
}

// command queues a command of mpv; id comes back with its answer.
func (l *libmpv) command(h uintptr, id uint64, args ...string) int32 {
	var pin runtime.Pinner // for the call: mpv copies what it is given
	defer pin.Unpin()
	list := make([]unsafe.Pointer, len(args)+1)
	for i, a := range args {
		text := append([]byte(a), 0)
		pin.Pin(&text[0])
		list[i] = unsafe.Pointer(&text[0])
	}
	pin.Pin(&list[0])
	return l.commandAsync(h, id, unsafe.Pointer(&list[0]))
}

// text copies a C string of at most max bytes.
func text(p *byte, max int) string {
	if p == nil {
		return ""
	}
	n := 0
	for n < max && *(*byte)(unsafe.Add(unsafe.Pointer(p), n)) != 0 {
		n++
	}
	return string(unsafe.Slice(p, n))
}
