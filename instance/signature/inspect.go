package signature

import (
	"fmt"
	"slices"
	"strings"
)

// Caps on documents with a signature, which are worked on longer than others: a
// list takes the square of its length. Contexts are read anew wherever they
// stand, and those that are built in are long.
const (
	maxList     = 500  // members of a list
	maxValues   = 5000 // all that stands in a document
	maxContexts = 8    // members "@context" of a document
	maxNamed    = 16   // built-in contexts in them
	maxWords    = 1000 // all that stands in them
)

// inspection is what stands in a document before anything is made of it.
type inspection struct {
	contexts, named, words, values, list int
}

// inspect refuses a document that joins, hides or turns round graphs, in its
// names, or under other names in its contexts; that names nodes which have no
// names; that is large; or whose contexts are many, long, or within each other.
func inspect(object map[string]any) error {
	var i inspection
	if i.refuses(object, false) {
		return fmt.Errorf("%w: graphs", ErrUnsafe)
	}
	if i.values > maxValues || i.list > maxList {
		return fmt.Errorf("%w: too much", ErrUnsafe)
	}
	if i.contexts > maxContexts || i.named > maxNamed || i.words > maxWords {
		return fmt.Errorf("%w: contexts", ErrUnsafe)
	}
	return nil
}

func (i *inspection) refuses(v any, within bool) bool {
	if i.values++; within {
		i.words++
	}
	switch v := v.(type) {
	case string:
		if _, ok := builtIn[v]; ok && within {
			i.named++
		}
		return within && forbidden(v)
	case []any:
		i.list = max(i.list, len(v))
		return slices.ContainsFunc(v, func(one any) bool { return i.refuses(one, within) })
	case map[string]any:
		for name, value := range v {
			if name == "@context" {
				i.contexts++
			}
			id, _ := value.(string)
			nameless := (name == "id" || name == "@id") && strings.HasPrefix(id, "_:")
			if forbidden(name) || nameless || within && name == "@context" || i.refuses(value, within || name == "@context") {
				return true
			}
		}
	}
	return false
}

func forbidden(word string) bool {
	return slices.Contains([]string{"@included", "@graph", "@reverse", "@nest", "@import", "@json", "@propagate"}, word)
}
