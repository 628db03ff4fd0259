package signature

import (
	"strings"
)

// fields reads the little of RFC 8941 that Signature-Input needs. Once it failed
// it returns nothing more.
type fields struct {
	rest   string
	failed bool
}

func (p *fields) fail() { p.failed, p.rest = true, "" }

// innerList reads ("a" "b").
func (p *fields) innerList() []string {
	if !p.take("(") {
		return nil
	}
	var all []string
	for !p.failed {
		p.rest = strings.TrimLeft(p.rest, " ")
		if strings.HasPrefix(p.rest, ")") {
			p.rest = p.rest[1:]
			return all
		}
		all = append(all, p.quoted())
		next := p.rest
		if len(all) > maxCovered || !strings.HasPrefix(next, " ") && !strings.HasPrefix(next, ")") {
			p.fail() // ";" too: a part with parameters
		}
	}
	return nil
}

// params reads ;name=value;name="value".
func (p *fields) params() map[string]string {
	all := map[string]string{}
	for !p.failed && strings.HasPrefix(p.rest, ";") {
		p.rest = strings.TrimLeft(p.rest[1:], " ")
		name := p.until("=;,")
		if _, twice := all[name]; twice || !isLabel(name) || len(all) == maxParams {
			p.fail()
			break
		}
		value := "?1"
		if strings.HasPrefix(p.rest, "=") {
			p.rest = p.rest[1:]
			if strings.HasPrefix(p.rest, `"`) {
				value = p.quoted()
			} else {
				value = p.until(";, ")
			}
		}
		all[name] = value
	}
	return all
}

// quoted reads a string; nothing that is signed with needs an escape in it.
func (p *fields) quoted() string {
	if !p.take(`"`) {
		return ""
	}
	text, rest, ok := strings.Cut(p.rest, `"`)
	if !ok || strings.Contains(text, `\`) {
		p.fail()
		return ""
	}
	p.rest = rest
	return text
}

func (p *fields) until(ends string) string {
	at := strings.IndexAny(p.rest, ends)
	if at < 0 {
		at = len(p.rest)
	}
	text := p.rest[:at]
	p.rest = p.rest[at:]
	return text
}

func (p *fields) take(text string) bool {
	if !strings.HasPrefix(p.rest, text) {
		p.fail()
		return false
	}
	p.rest = p.rest[len(text):]
	return true
}

// isLabel says whether a text is a key of RFC 8941.
func isLabel(text string) bool {
	return text != "" && strings.Trim(text, "abcdefghijklmnopqrstuvwxyz0123456789_-.*") == ""
}
