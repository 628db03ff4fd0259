package page

import (
	"image/color"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"

	"vidiverse/ui/theme"
	"vidiverse/ui/viewmodel"
	"vidiverse/ui/viewmodel/words"
	"vidiverse/ui/widget"
)

// controls is the bar over the picture.
type controls struct {
	stage  *stage
	object *fyne.Container

	seek     *widget.Seek
	play     *widget.Button
	sound    *widget.Button
	volume   *widget.Slider
	time     *widget.Text
	live     *widget.Text
	chip     *fyne.Container
	meter    *widget.Meter
	chipText *widget.Text
	captions *widget.Button
	gear     *widget.Button
	full     *widget.Button
	thread   []widget.Bar
}

func newControls(s *stage) *controls {
	e := s.env
	c := &controls{stage: s, meter: widget.NewMeter(8, 56)}
	c.seek = widget.NewSeek(func(part float64) { s.vm.SeekPart(part) }, func(part float64) string {
		return words.Clock(time.Duration(part * float64(s.vm.Length)))
	})
	icon := func(name, id string, do func()) *widget.Button {
		return widget.NewIcon(widget.OnVideo, name, e.say(id), do)
	}
	c.play = icon("pause-fill", "player.pause", func() { s.vm.TogglePause() })
	c.sound = icon("volume_up-fill", "player.mute", func() { s.vm.Mute() })
	c.volume = widget.NewSlider(.05, func(v float64) { s.vm.SetVolume(v) })
	c.volume.OnVideo = true
	c.time = widget.NewText("0:00", widget.Style{Color: theme.OnChip, Size: theme.SizeMeta, Fit: true})
	c.live = widget.NewText(e.say("player.live"), widget.Style{Color: theme.OnChip, Size: theme.SizeMeta, Bold: true, Fit: true})
	c.chipText = widget.NewText("", widget.Style{Color: theme.OnChip, Size: theme.SizeMeta, Fit: true})
	c.chip = widget.Row(theme.S2, -1, c.meter, c.chipText)
	c.captions = icon("closed_caption", "player.captions", func() { s.vm.ToggleCaption() })
	c.gear = icon("settings", "player.settings", c.menu)
	c.full = icon("fullscreen", "player.full", func() { s.page.full(!e.Full()) })
	live := widget.NewBox(theme.Live, "", theme.RadiusTag, theme.S1, c.live)
	line := widget.Row(theme.S1, 5, c.play, c.sound, widget.Wide(84, c.volume), c.time, live, widget.Space(1, 1), c.chip, c.captions, c.gear, c.full)
	gradient := canvas.NewVerticalGradient(color.Transparent, color.NRGBA{A: 199})
	c.object = container.New(bottom{}, gradient, widget.Inset(0, theme.S4, theme.S2, theme.S4, 0, widget.Column(theme.S1, c.seek, line)))
	live.Hide()
	return c
}

// bottom stands the second object at the foot, over the first, which begins
// 48 higher.
type bottom struct{}

func (bottom) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	h := widget.HeightOf(objects[1], size.Width)
	objects[1].Move(fyne.NewPos(0, size.Height-h))
	objects[1].Resize(fyne.NewSize(size.Width, h))
	back := min(h+64, size.Height)
	objects[0].Move(fyne.NewPos(0, size.Height-back))
	objects[0].Resize(fyne.NewSize(size.Width, back))
}

func (bottom) MinSize(objects []fyne.CanvasObject) fyne.Size { return objects[1].MinSize() }

// show follows every change of the model but the passing of time.
func (c *controls) show() {
	vm, e := c.stage.vm, c.stage.env
	switch {
	case vm.Ended:
		c.play.Set("", "replay", e.say("player.again"), false)
	case vm.Paused:
		c.play.Set("", "play_arrow-fill", e.say("player.play"), false)
	default:
		c.play.Set("", "pause-fill", e.say("player.pause"), false)
	}
	switch {
	case vm.Muted || vm.Volume == 0:
		c.sound.Set("", "volume_off-fill", e.say("player.unmute"), false)
	case vm.Volume < .5:
		c.sound.Set("", "volume_down-fill", e.say("player.mute"), false)
	default:
		c.sound.Set("", "volume_up-fill", e.say("player.mute"), false)
	}
	c.volume.Set(vm.Volume)
	if vm.Muted {
		c.volume.Set(0)
	}
	captions := "closed_caption"
	if vm.Caption >= 0 {
		captions += "-fill"
	}
	c.captions.Set("", captions, e.say("player.captions"), false)
	c.captions.Hidden = len(vm.Captions) == 0
	if e.Full() {
		c.full.Set("", "fullscreen_exit", e.say("player.window"), false)
	} else {
		c.full.Set("", "fullscreen", e.say("player.full"), false)
	}
	c.sources()
	c.tick()
	c.object.Refresh()
}

func (c *controls) sources() {
	vm := c.stage.vm
	var bars []widget.Bar
	for _, s := range vm.Sources.Shares {
		bars = append(bars, widget.Bar{Color: colourOf(s.Origin), To: s.Part})
	}
	c.meter.Set(bars)
	c.chipText.SetText(vm.Sources.Chip)
	c.chip.Hidden = vm.Sources.Chip == "" || c.stage.Size().Width < 480
	c.thread = c.thread[:0]
	for _, m := range vm.Marks {
		name := colourOf(m.Origin)
		if m.Refused {
			name = "error"
		}
		c.thread = append(c.thread, widget.Bar{Color: name, From: m.From, To: m.To})
	}
}

// tick follows the passing of time.
func (c *controls) tick() {
	vm := c.stage.vm
	text := words.Clock(vm.Position)
	if vm.Length > 0 {
		text += " / " + words.Clock(vm.Length)
		c.seek.Set(float64(vm.Position)/float64(vm.Length), c.thread)
	}
	c.seek.Hidden = vm.Length == 0
	if c.time.Text() != text {
		longer := len(c.time.Text()) != len(text)
		c.time.SetText(text)
		if longer {
			c.object.Refresh()
		}
	}
}

// menu chooses quality, speed and captions.
func (c *controls) menu() {
	vm, e := c.stage.vm, c.stage.env
	items := []widget.Item{{Text: e.say("quality.title")}}
	for _, q := range vm.Qualities {
		items = append(items, widget.Item{Text: q.Label, Chosen: q.Chosen, Do: func() { vm.Choose(q.Height) }})
	}
	items = append(items, widget.Item{}, widget.Item{Text: e.say("speed.title")})
	for _, s := range viewmodel.Speeds {
		text := e.say("speed.normal")
		if s != 1 {
			text = e.say("speed.times", "times", e.words().Decimal(s))
		}
		items = append(items, widget.Item{Text: text, Chosen: s == vm.Speed, Do: func() { vm.SetSpeed(s) }})
	}
	if len(vm.Captions) > 0 {
		items = append(items, widget.Item{}, widget.Item{Text: e.say("captions.title")},
			widget.Item{Text: e.say("captions.none"), Chosen: vm.Caption < 0, Do: func() { vm.SetCaption(-1) }})
		for i, label := range vm.Captions {
			items = append(items, widget.Item{Text: label, Chosen: vm.Caption == i, Do: func() { vm.SetCaption(i) }})
		}
	}
	o := widget.Menu(e.Canvas(), c.gear, nil, items)
	o.OnClosed = c.stage.stir
}
