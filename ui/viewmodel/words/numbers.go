package words

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// narrow is the space that French puts inside numbers and before signs.
const narrow = "\u202f"

// Number is n with the language's groups of three digits.
func (w *Words) Number(n int64) string {
	digits := strconv.FormatInt(n, 10)
	sign := ""
	if digits[0] == '-' {
		sign, digits = "-", digits[1:]
	}
	group := ","
	if w.tag == "fr" {
		group = narrow
	}
	var b strings.Builder
	for i, d := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 {
			b.WriteString(group)
		}
		b.WriteRune(d)
	}
	return sign + b.String()
}

// decimal writes x with one decimal below 100, and none of ".0".
func (w *Words) decimal(x float64) string {
	text := strconv.FormatFloat(x, 'f', 1, 64)
	if x >= 99.95 {
		text = strconv.FormatFloat(x, 'f', 0, 64)
	}
	text = strings.TrimSuffix(text, ".0")
	if w.tag == "fr" {
		text = strings.Replace(text, ".", ",", 1)
	}
	return text
}

// Bytes is a size: GB are 10⁹ bytes.
func (w *Words) Bytes(n int64) string {
	letter := "B"
	if w.tag == "fr" {
		letter = "o"
	}
	unit, size := "", float64(n)
	for _, next := range []string{"k", "M", "G", "T"} {
		if size < 999.5 {
			break
		}
		unit, size = next, size/1000
	}
	if unit == "k" && w.tag == "en" {
		unit = "K"
	}
	return w.decimal(size) + "\u00a0" + unit + letter
}

// Rate is bytes a second.
func (w *Words) Rate(n int64) string { return w.Bytes(n) + "/s" }

// Percent is a share of 0 to 1 as a whole number.
func (w *Words) Percent(part float64) string {
	n := strconv.Itoa(int(part*100 + 0.5))
	if w.tag == "fr" {
		return n + narrow + "%"
	}
	return n + "%"
}

// Compact is a count for a card: 842, 1.2K, 15K, 3.4M.
func (w *Words) Compact(n int64) string {
	units := []string{"", "K", "M", "B"}
	if w.tag == "fr" {
		units = []string{"", narrow + "k", narrow + "M", narrow + "Md"}
	}
	size, i := float64(n), 0
	for size >= 999.5 && i < len(units)-1 {
		size, i = size/1000, i+1
	}
	if size >= 10 {
		size = float64(int(size + 0.5))
	}
	return w.decimal(size) + units[i]
}

// Clock is a place in a video: 7:32, 1:04:09.
func Clock(d time.Duration) string {
	s := int(max(d, 0) / time.Second)
	if s >= 3600 {
		return fmt.Sprintf("%d:%02d:%02d", s/3600, s/60%60, s%60)
	}
	return fmt.Sprintf("%d:%02d", s/60, s%60)
}

// Age is how long ago something was, in one unit.
func (w *Words) Age(then, now time.Time) string {
	d := now.Sub(then)
	for _, step := range []struct {
		id   string
		unit time.Duration
	}{
		{"age.years", 365 * 24 * time.Hour}, {"age.months", 30 * 24 * time.Hour}, {"age.weeks", 7 * 24 * time.Hour},
		{"age.days", 24 * time.Hour}, {"age.hours", time.Hour}, {"age.minutes", time.Minute},
	} {
		if n := int(d / step.unit); n > 0 {
			return w.Count(step.id, n)
		}
	}
	return w.Say("age.now")
}

var months = map[string][]string{
	"en": {"January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"},
	"fr": {"janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre", "décembre"},
}

// Day is a date without its year: 1 December, 1er décembre.
func (w *Words) Day(t time.Time) string {
	day := strconv.Itoa(t.Day())
	if w.tag == "fr" && t.Day() == 1 {
		day = "1er"
	}
	return day + " " + months[w.tag][t.Month()-1]
}

// Date is a day with its year.
func (w *Words) Date(t time.Time) string { return w.Day(t) + " " + strconv.Itoa(t.Year()) }

// When is a time soon: the hour today, else the day.
func (w *Words) When(t, now time.Time) string {
	t = t.In(now.Location())
	if t.Sub(now) < 24*time.Hour {
		return t.Format("15:04")
	}
	return w.Day(t)
}

// ParseSize reads what people type into a field of a unit: "2", "1.5", "1,5".
// The answer is in bytes when unit is (10⁶ for MB, 10⁹ for GB).
func ParseSize(text string, unit int64) (int64, bool) {
	text = strings.TrimSpace(strings.Replace(text, ",", ".", 1))
	if text == "" {
		return 0, true
	}
	x, err := strconv.ParseFloat(text, 64)
	if err != nil || x != x || x < 0 || x*float64(unit) > 1e18 {
		return 0, false
	}
	return int64(x * float64(unit)), true
}

// Size is n in a unit, as people would type it again; empty for 0.
func (w *Words) Size(n, unit int64) string {
	if n == 0 {
		return ""
	}
	text := strconv.FormatFloat(float64(n)/float64(unit), 'f', -1, 64)
	if w.tag == "fr" {
		text = strings.Replace(text, ".", ",", 1)
	}
	return text
}

// Decimal is x with as many places as it has: 0.75, 0,75.
func (w *Words) Decimal(x float64) string {
	text := strconv.FormatFloat(x, 'f', -1, 64)
	if w.tag == "fr" {
		text = strings.Replace(text, ".", ",", 1)
	}
	return text
}
