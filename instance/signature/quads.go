package signature

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"runtime"
	"slices"
	"strings"

	"github.com/piprate/json-gold/ld"
)

// Caps on canonicalisation. Naming the nodes without names takes the product of
// the permutations of those that look alike, so they are counted before.
const (
	maxQuads        = 10_000
	maxAlike        = 256  // nodes without names that look like another
	maxLinked       = 32   // of them, those that stand with one of them: a chain takes its length cubed
	maxPermutations = 1000 // of those, all over
)

// turns bounds how many documents are worked on at once: it is the processor
// that they take.
var turns = make(chan struct{}, max(2, runtime.GOMAXPROCS(0)))

// canonical is a document as URDNA2015 n-quads. A word without a meaning is
// ErrUnmapped, as jsonld's safe mode has it: a signature would not cover it.
func canonical(doc map[string]any) (quads string, err error) {
	err = guarded(func() error {
		expanded, err := expand(doc)
		if err != nil {
			return fmt.Errorf("%w: %w", ErrUnmapped, err)
		}
		if unmapped(expanded) {
			return ErrUnmapped
		}
		quads, err = normal(expanded)
		return err
	})
	return quads, err
}

// normal names the nodes of an expanded document and sorts its quads.
func normal(expanded []any) (string, error) {
	dataset, err := ld.NewJsonLdApi().ToRDF(expanded, options())
	if err != nil {
		return "", fmt.Errorf("%w: %w", ErrUnsafe, err)
	}
	if err := affordable(dataset); err != nil {
		return "", err
	}
	o := options()
	o.Algorithm, o.Format = ld.AlgorithmURDNA2015, "application/n-quads"
	result, err := ld.NewJsonLdApi().Normalize(dataset, o)
	if err != nil {
		return "", fmt.Errorf("%w: %w", ErrUnsafe, err)
	}
	quads, ok := result.(string)
	if !ok {
		return "", ErrUnsafe
	}
	return quads, nil
}

// guarded runs work of the library, which is not written for strangers' input:
// a panic in it is an error of the document.
func guarded(work func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%w: %v", ErrUnsafe, p)
		}
	}()
	return work()
}

// unmapped says whether an expanded document has a property without a meaning.
func unmapped(v any) bool {
	switch v := v.(type) {
	case []any:
		return slices.ContainsFunc(v, unmapped)
	case map[string]any:
		for name, value := range v {
			if strings.HasPrefix(name, "_:") || unmapped(value) {
				return true
			}
		}
	}
	return false
}

// affordable refuses a dataset that takes too long to name.
func affordable(dataset *ld.RDFDataset) error {
	if len(dataset.Graphs) > 1 {
		return fmt.Errorf("%w: graphs", ErrUnsafe)
	}
	quads := dataset.Graphs["@default"]
	if len(quads) > maxQuads {
		return fmt.Errorf("%w: quads", ErrUnsafe)
	}
	looks, about := looks(quads)
	count := map[string]int{}
	for _, look := range looks {
		count[look]++
	}
	alike, linked, permutations := 0, 0, 1
	for node, look := range looks {
		if count[look] == 1 {
			continue
		}
		alike++
		groups := map[string]int{}
		for _, relation := range about[node] {
			other, edge, _ := strings.Cut(relation, " ")
			if other != node && count[looks[other]] > 1 {
				groups[edge+looks[other]]++
			}
		}
		if len(groups) > 0 {
			linked++
		}
		for _, size := range groups {
			for ; size > 1 && permutations <= maxPermutations; size-- {
				permutations *= size
			}
		}
	}
	if alike > maxAlike || linked > maxLinked || permutations > maxPermutations {
		return fmt.Errorf("%w: nodes that look alike", ErrUnsafe)
	}
	return nil
}

// looks are the first hashes of the nodes without names, by which URDNA2015
// tells them apart, and for each node the others that it stands with.
func looks(quads []*ld.Quad) (looks map[string]string, about map[string][]string) {
	lines, about := map[string][]string{}, map[string][]string{}
	for _, q := range quads {
		s, o := q.Subject.GetValue(), q.Object.GetValue()
		bs, bo := ld.IsBlankNode(q.Subject), ld.IsBlankNode(q.Object)
		p := q.Predicate.GetValue()
		if bs && bo {
			about[s] = append(about[s], o+" >"+p)
			about[o] = append(about[o], s+" <"+p)
			lines[s] = append(lines[s], "a "+p+" z")
			lines[o] = append(lines[o], "z "+p+" a")
			continue
		}
		if bs {
			l, _ := q.Object.(ld.Literal)
			lines[s] = append(lines[s], fmt.Sprintf("a %s %q %q %q", p, o, l.Datatype, l.Language))
		}
		if bo {
			lines[o] = append(lines[o], fmt.Sprintf("%q %s a", s, p))
		}
	}
	looks = map[string]string{}
	for node, of := range lines {
		slices.Sort(of)
		sum := sha256.Sum256([]byte(strings.Join(of, "\n")))
		looks[node] = string(sum[:])
	}
	return looks, about
}

// decoded is a document as the library takes it.
func decoded(doc []byte) (map[string]any, error) {
	var v map[string]any
	if err := json.Unmarshal(doc, &v); err != nil || v == nil {
		return nil, fmt.Errorf("%w: no document", ErrMalformed)
	}
	return v, nil
}
