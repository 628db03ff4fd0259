package page

import (
	"time"

	"fyne.io/fyne/v2"
)

// TypedKey implements Keyed.
func (p *watch) TypedKey(k *fyne.KeyEvent) bool {
	vm := p.vm
	switch k.Name {
	case fyne.KeySpace:
		vm.TogglePause()
	case fyne.KeyLeft:
		vm.Jump(-5 * time.Second)
	case fyne.KeyRight:
		vm.Jump(5 * time.Second)
	case fyne.KeyUp:
		vm.SetVolume(vm.Volume + .05)
	case fyne.KeyDown:
		vm.SetVolume(vm.Volume - .05)
	case fyne.KeyHome:
		vm.Seek(0)
	case fyne.KeyEnd:
		vm.Seek(vm.Length)
	case fyne.KeyF11:
		p.full(!p.env.Full())
	case fyne.KeyEscape:
		if !p.env.Full() {
			return false
		}
		p.full(false)
	default:
		return false
	}
	p.stage.stir()
	return true
}

// TypedRune implements Keyed.
func (p *watch) TypedRune(r rune) bool {
	vm := p.vm
	switch r {
	case 'k', 'K':
		vm.TogglePause()
	case 'f', 'F':
		p.full(!p.env.Full())
	case 'm', 'M':
		vm.Mute()
	case 'c', 'C':
		vm.ToggleCaption()
	case 'j', 'J':
		vm.Jump(-10 * time.Second)
	case 'l', 'L':
		vm.Jump(10 * time.Second)
	case '<':
		vm.StepSpeed(-1)
	case '>':
		vm.StepSpeed(1)
	case ',':
		vm.Frame(-1)
	case '.':
		vm.Frame(1)
	case 's', 'S':
		p.scroll.ScrollToOffset(fyne.NewPos(0, max(p.sources.object.Position().Y-p.scroll.Size().Height+p.sources.object.Size().Height, 0)))
	default:
		if r < '0' || r > '9' {
			return false
		}
		vm.SeekPart(float64(r-'0') / 10)
	}
	p.stage.stir()
	return true
}
