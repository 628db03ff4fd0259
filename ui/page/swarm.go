package page

import (
	"fyne.io/fyne/v2"

	"vidiverse/ui/theme"
	"vidiverse/ui/viewmodel"
	"vidiverse/ui/widget"
)

// swarmPanel says how a torrent comes along; it is hidden for what is none.
type swarmPanel struct {
	object          *widget.Box
	title, progress *widget.Text
	speed, note     *widget.Text
	meter           *widget.Meter
	lines           *fyne.Container
}

func newSwarm() *swarmPanel {
	p := &swarmPanel{title: widget.Strong(""), progress: widget.Meta(""), speed: widget.Meta(""), note: widget.Caption(""),
		meter: widget.NewMeter(8, 60), lines: widget.Column(theme.S1)}
	p.object = widget.Panel(widget.Column(theme.S2, p.title, p.meter, p.progress, p.speed, p.lines, p.note))
	p.object.Hide()
	return p
}

func (p *swarmPanel) show(s viewmodel.Swarm) {
	p.object.Hidden = s.Title == ""
	if p.object.Hidden {
		return
	}
	p.title.SetText(s.Title)
	p.progress.SetText(s.Progress)
	p.speed.SetText(s.Speed)
	p.note.SetText(s.Note)
	p.note.Hidden = s.Note == ""
	p.meter.Set([]widget.Bar{{Color: theme.People, To: s.Part}})
	p.lines.Objects = nil
	for _, line := range s.Lines {
		p.lines.Objects = append(p.lines.Objects, widget.Meta(line))
	}
	p.lines.Hidden = len(s.Lines) == 0
	p.lines.Refresh()
}
