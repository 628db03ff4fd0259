package widget

import (
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	fynetheme "fyne.io/fyne/v2/theme"
	fynewidget "fyne.io/fyne/v2/widget"

	"vidiverse/ui/theme"
)

// Style is how a Text looks. Zero fields: ink, 14, as many lines as it takes.
type Style struct {
	Color fyne.ThemeColorName
	Size  fyne.ThemeSizeName
	Bold  bool
	Lines int  // at most; the last ends with "…" if there is more
	Fit   bool // one line, as wide as its words and uncut; figures take the same room each
	Align fyne.TextAlign
	Wide  float32 // at most so wide; 0: no limit
}

// Text is words that wrap and never spill.
type Text struct {
	fynewidget.BaseWidget
	style Style
	text  string
	width float32
	lines []string
}

// NewText returns words in a style.
func NewText(text string, s Style) *Text {
	if s.Color == "" {
		s.Color = fynetheme.ColorNameForeground
	}
	if s.Size == "" {
		s.Size = fynetheme.SizeNameText
	}
	t := &Text{style: s, text: text}
	t.ExtendBaseWidget(t)
	return t
}

// Heading, Section, Body, Meta and Caption are the styles of the design language.
func Heading(text string) *Text {
	return NewText(text, Style{Size: fynetheme.SizeNameHeadingText, Bold: true})
}
func Section(text string) *Text {
	return NewText(text, Style{Size: fynetheme.SizeNameSubHeadingText, Bold: true})
}
func Strong(text string) *Text { return NewText(text, Style{Bold: true}) }
func Body(text string) *Text   { return NewText(text, Style{}) }
func Meta(text string) *Text {
	return NewText(text, Style{Color: theme.Ink2, Size: theme.SizeMeta})
}
func Caption(text string) *Text {
	return NewText(text, Style{Color: fynetheme.ColorNamePlaceHolder, Size: fynetheme.SizeNameCaptionText})
}

// Text is what it says.
func (t *Text) Text() string { return t.text }

// SetText shows other words; the same words cost nothing.
func (t *Text) SetText(text string) {
	if t.text == text {
		return
	}
	t.text = text
	t.width = -1
	t.Refresh()
}

// SetColor shows the words in another colour.
func (t *Text) SetColor(c fyne.ThemeColorName) {
	if t.style.Color != c {
		t.style.Color = c
		t.Refresh()
	}
}

// figures makes a text as wide as any with other figures in their places, as
// fonts here have no tabular ones.
var figures = strings.NewReplacer("1", "0", "2", "0", "3", "0", "4", "0", "5", "0", "6", "0", "7", "0", "8", "0", "9", "0")

func (t *Text) textSize() float32         { return t.Theme().Size(t.style.Size) }
func (t *Text) textStyle() fyne.TextStyle { return fyne.TextStyle{Bold: t.style.Bold} }
func (t *Text) line() float32             { return theme.Line(t.style.Size) }

// HeightFor implements Tall.
func (t *Text) HeightFor(width float32) float32 {
	t.wrap(width)
	return float32(max(len(t.lines), 1)) * t.line()
}

func (t *Text) wrap(width float32) {
	if t.style.Wide > 0 {
		width = min(width, t.style.Wide)
	}
	if width == t.width && t.lines != nil {
		return
	}
	t.width = width
	if t.style.Fit {
		t.lines = []string{t.text}
		return
	}
	t.lines = wrap(t.text, width, t.style.Lines, func(s string) float32 {
		return fyne.MeasureText(s, t.textSize(), t.textStyle()).Width
	})
}

// CreateRenderer implements fyne.Widget.
func (t *Text) CreateRenderer() fyne.WidgetRenderer {
	t.ExtendBaseWidget(t)
	r := &renderer{}
	draw := func(size fyne.Size) {
		t.wrap(size.Width)
		r.objects = t.drawn(r.objects, size)
	}
	r.layout = draw
	r.min = func() fyne.Size {
		if t.style.Fit {
			return fyne.NewSize(fyne.MeasureText(figures.Replace(t.text), t.textSize(), t.textStyle()).Width, t.line())
		}
		return fyne.NewSize(1, float32(max(len(t.lines), 1))*t.line())
	}
	r.refresh = func() {
		if t.width < 0 {
			t.lines = nil
		}
		draw(t.BaseWidget.Size())
		for _, o := range r.objects {
			o.Refresh()
		}
	}
	return r
}

func (t *Text) drawn(have []fyne.CanvasObject, size fyne.Size) []fyne.CanvasObject {
	for len(have) < len(t.lines) {
		have = append(have, canvas.NewText("", paint(t, t.style.Color)))
	}
	have = have[:len(t.lines)]
	for i, text := range t.lines {
		c := have[i].(*canvas.Text)
		c.Text, c.Color, c.TextSize, c.TextStyle, c.Alignment = text, paint(t, t.style.Color), t.textSize(), t.textStyle(), t.style.Align
		high := c.MinSize().Height
		c.Move(fyne.NewPos(0, float32(i)*t.line()+(t.line()-high)/2))
		c.Resize(fyne.NewSize(size.Width, high))
	}
	return have
}

// wrap breaks text into lines of a width, at most most of them (0: any number).
func wrap(text string, width float32, most int, measure func(string) float32) []string {
	if width <= 0 {
		return []string{""}
	}
	var lines []string
	full := func() bool { return most > 0 && len(lines) >= most }
	for paragraph := range strings.SplitSeq(text, "\n") {
		if full() {
			lines[most-1] = ellipsis(lines[most-1], width, measure)
			break
		}
		rest := paragraph
		for {
			line, after := fitLine(rest, width, measure)
			lines = append(lines, line)
			if after == "" {
				break
			}
			if full() {
				lines[most-1] = cut(rest, width, measure)
				return lines
			}
			rest = after
		}
	}
	return lines
}

// fitLine takes as many words as a line holds; a word longer than the line is
// broken anywhere.
func fitLine(text string, width float32, measure func(string) float32) (line, rest string) {
	end, used := 0, float32(0)
	for end < len(text) {
		next := strings.IndexByte(text[end+1:], ' ')
		stop := len(text)
		if next >= 0 {
			stop = end + 1 + next
		}
		w := measure(text[end:stop])
		if used+w > width {
			break
		}
		used += w
		end = stop
	}
	if end == 0 && text != "" {
		end = len(prefix(text, width, measure))
	}
	return text[:end], strings.TrimLeft(text[end:], " ")
}

// prefix is the longest beginning that fits, at least one character.
func prefix(text string, width float32, measure func(string) float32) string {
	runes := []rune(text)
	low, high := 1, min(len(runes), 2000)
	for low < high {
		mid := (low + high + 1) / 2
		if measure(string(runes[:mid])) <= width {
			low = mid
		} else {
			high = mid - 1
		}
	}
	return string(runes[:low])
}

// cut shortens text to a line that ends with "…".
func cut(text string, width float32, measure func(string) float32) string {
	if len(text) > 2000 {
		text = text[:2000]
	}
	dots := measure("…")
	if width <= dots {
		return "…"
	}
	return ellipsis(prefix(text, width-dots, measure), width, measure)
}

func ellipsis(text string, width float32, measure func(string) float32) string {
	text = strings.TrimRight(text, " .,;:…")
	for text != "" && measure(text+"…") > width {
		r := []rune(text)
		text = string(r[:len(r)-1])
	}
	return text + "…"
}

// SetLines shows at most so many lines; 0 all.
func (t *Text) SetLines(n int) {
	t.style.Lines = n
	t.width = -1
	t.Refresh()
}
