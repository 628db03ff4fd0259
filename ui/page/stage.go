package page

import (
	"image"
	"image/color"
	"sync/atomic"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	fynewidget "fyne.io/fyne/v2/widget"

	"vidiverse/ui/player"
	"vidiverse/ui/theme"
	"vidiverse/ui/viewmodel"
	"vidiverse/ui/widget"
)

// hideAfter is how long the controls stay without the pointer.
const hideAfter = 2500 * time.Millisecond

// stage is the player's place: picture, controls over a gradient, waits and
// errors. It is dark on every page.
type stage struct {
	fynewidget.BaseWidget
	env  Env
	page *watch
	vm   *viewmodel.Watch

	player  atomic.Pointer[player.Player]
	pending atomic.Bool // a repaint is on its way to the UI goroutine
	raster  *canvas.Raster
	poster  *canvas.Image
	shown   string // poster that was asked for
	cancel  func()
	bar     *controls
	wait    *fyne.Container
	waiting *widget.Text
	failed  *fyne.Container
	sayFail *widget.Text
	actions []*widget.Button
	over    fyne.CanvasObject // all of it but the picture, in the dark theme
	timer   *time.Timer
	hidden  bool
	inside  bool
	closed  bool
}

func newStage(e Env, p *watch) *stage {
	s := &stage{env: e, page: p, poster: canvas.NewImageFromImage(nil)}
	s.poster.FillMode, s.poster.ScaleMode = canvas.ImageFillContain, canvas.ImageScaleFastest
	s.raster = canvas.NewRaster(s.paint)
	s.raster.ScaleMode = canvas.ImageScaleFastest
	s.bar = newControls(s)
	s.waiting = widget.NewText("", widget.Style{Color: theme.OnChip, Size: theme.SizeMeta, Fit: true})
	s.wait = container.NewCenter(widget.NewBox(theme.Chip, "", theme.RadiusControl, theme.S3,
		widget.Row(theme.S2, -1, widget.Symbol("schedule", 20, theme.OnChip), s.waiting)))
	s.wait.Hide()
	s.failed = s.failure()
	s.failed.Hide()
	s.over = container.NewThemeOverride(container.NewStack(s.wait, s.bar.object, s.failed), theme.New(theme.Dark))
	s.ExtendBaseWidget(s)
	return s
}

func (s *stage) failure() *fyne.Container {
	e := s.env
	s.sayFail = widget.NewText("", widget.Style{Color: theme.OnChip, Size: theme.SizeRead, Align: fyne.TextAlignCenter})
	button := func(kind widget.Kind, id, icon string, do func()) *widget.Button {
		b := widget.NewButton(kind, e.say(id), icon, do)
		s.actions = append(s.actions, b)
		return b
	}
	again := button(widget.Primary, "again", "replay", func() { s.vm.Again() })
	system := button(widget.Primary, "player.system", "", func() { s.vm.UseSystem() })
	silent := button(widget.Quiet, "player.silent", "", func() { s.vm.UseSilent() })
	command := button(widget.Quiet, "player.command", "content_copy", func() {
		e.Copy(e.say("player.command.text"))
		e.Toast(e.say("player.command.copied"), false)
	})
	back := canvas.NewRectangle(color.NRGBA{A: 199})
	return container.NewStack(back, widget.Middle(520, widget.Column(theme.S3, s.sayFail,
		container.NewCenter(widget.Row(theme.S2, -1, again, system, silent, command)))))
}

// adopt takes a player that was made, off the UI goroutine.
func (s *stage) adopt(p player.Player) { s.player.Store(&p) }

// newFrame is called by the player when it has a picture. Many pictures make
// one repaint.
func (s *stage) newFrame() {
	if s.pending.CompareAndSwap(false, true) {
		s.env.Desk.Dispatch(func() {
			s.pending.Store(false)
			if !s.closed {
				s.raster.Refresh()
			}
		})
	}
}

var nothing = image.NewRGBA(image.Rect(0, 0, 1, 1))

// paint is called by the painter, for a place of so many pixels.
func (s *stage) paint(w, h int) image.Image {
	p := s.player.Load()
	if p == nil || s.closed {
		return nothing
	}
	if frame := (*p).Frame(w, h); frame != nil {
		return frame
	}
	return nothing
}

// HeightFor implements widget.Tall: 16:9, but never more than the window has.
func (s *stage) HeightFor(width float32) float32 {
	most := float32(1080)
	if c := s.env.Canvas(); c != nil {
		most = max(c.Size().Height-176, 180)
	}
	return min(width*9/16, most)
}

// show follows the model.
func (s *stage) show() {
	vm := s.vm
	s.loadPoster()
	s.waiting.SetText(vm.Waiting)
	s.wait.Hidden = vm.Waiting == "" || vm.Problem != nil
	s.failed.Hidden = vm.Problem == nil && !vm.Elsewhere
	switch {
	case vm.Problem != nil:
		s.sayFail.SetText(vm.Problem.Text)
	case vm.Elsewhere:
		s.sayFail.SetText(s.env.say("player.elsewhere"))
	}
	for i, visible := range []bool{vm.Problem != nil && vm.Problem.Again, vm.NoPlayer, vm.NoPlayer && vm.CanSilent, vm.NoPlayer} {
		s.actions[i].Hidden = !visible
	}
	s.bar.show()
	s.stir()
	s.bar.object.Hidden = s.hidden || vm.NoPlayer || vm.Elsewhere // nothing here to control
	s.Refresh()
}

// tick follows the passing of time, while anybody can see it.
func (s *stage) tick() {
	if !s.hidden {
		s.bar.tick()
	}
}

func (s *stage) loadPoster() {
	if s.vm.Poster == s.shown || s.vm.Poster == "" {
		return
	}
	s.shown = s.vm.Poster
	if s.cancel != nil {
		s.cancel()
	}
	of := widget.Picture{Origin: s.vm.Ref.Origin, Video: s.vm.Ref.Video, Name: s.vm.Poster}
	if img := s.env.Pictures.Any(of); img != nil {
		s.poster.Image = img
	}
	s.cancel = s.env.Pictures.Load(of, 1280, 720, func(img *image.RGBA) {
		s.poster.Image = img
		s.Refresh()
	})
}

// stir shows the controls, and hides them after a while in which nothing is
// paused, open, failed or under the keyboard.
func (s *stage) stir() {
	if s.hidden {
		s.hidden = false
		s.bar.object.Show()
		s.bar.tick()
		s.Refresh()
	}
	if s.timer != nil {
		s.timer.Stop()
	}
	s.timer = time.AfterFunc(hideAfter, func() { s.env.Desk.Dispatch(s.settle) })
}

func (s *stage) settle() {
	vm, c := s.vm, s.env.Canvas()
	if s.closed || vm.Paused || vm.Ended || vm.Problem != nil || !vm.Ready || c.Focused() != nil || c.Overlays().Top() != nil {
		return
	}
	s.hidden = true
	s.bar.object.Hide()
	s.Refresh()
}

func (s *stage) close() {
	s.closed = true
	if s.timer != nil {
		s.timer.Stop()
	}
	if s.cancel != nil {
		s.cancel()
	}
}

// CreateRenderer implements fyne.Widget.
func (s *stage) CreateRenderer() fyne.WidgetRenderer {
	return &stageRenderer{s, canvas.NewRectangle(color.Black)}
}

type stageRenderer struct {
	s     *stage
	black *canvas.Rectangle
}

func (r *stageRenderer) Destroy() {}
func (r *stageRenderer) Layout(size fyne.Size) {
	for _, o := range r.Objects() {
		o.Resize(size)
	}
}
func (r *stageRenderer) MinSize() fyne.Size { return fyne.NewSize(320, 180) }
func (r *stageRenderer) Objects() []fyne.CanvasObject {
	return []fyne.CanvasObject{r.black, r.s.poster, r.s.raster, r.s.over}
}
func (r *stageRenderer) Refresh() {
	r.s.poster.Refresh()
	r.s.over.Refresh()
}

// Tapped implements fyne.Tappable: the picture pauses.
func (s *stage) Tapped(*fyne.PointEvent) {
	if s.vm.Problem == nil && !s.vm.Elsewhere {
		s.vm.TogglePause()
	}
}

// DoubleTapped implements fyne.DoubleTappable.
func (s *stage) DoubleTapped(*fyne.PointEvent) { s.page.full(!s.env.Full()) }

// MouseIn implements desktop.Hoverable.
func (s *stage) MouseIn(*desktop.MouseEvent) { s.stir() }

// MouseMoved implements desktop.Hoverable.
func (s *stage) MouseMoved(*desktop.MouseEvent) { s.stir() }

// MouseOut implements desktop.Hoverable.
func (s *stage) MouseOut() {}

// Cursor implements desktop.Cursorable: none over a film that plays.
func (s *stage) Cursor() desktop.Cursor {
	if s.hidden {
		return desktop.HiddenCursor
	}
	return desktop.DefaultCursor
}
