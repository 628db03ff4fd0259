package viewmodel_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"vidiverse/node/control"
	"vidiverse/ui/viewmodel"
)

func TestGridPages(t *testing.T) {
	t.Parallel()
	s := open(t)
	s.node.Videos = many(60)
	g := s.desk.Grid(control.Query{})
	g.Load()
	if !g.Loading {
		t.Error("nothing says that the list is on its way")
	}
	s.Until(t, "the first page is there", func() bool { return len(g.Cards) == 24 && !g.Loading })
	for want := 48; g.More; want = min(want+24, 60) {
		g.Next()
		g.Next() // a page is asked for once
		s.Until(t, "the next page is there", func() bool { return len(g.Cards) == want })
	}
	if len(g.Cards) != 60 || g.Total != 60 {
		t.Errorf("got %d cards of %d", len(g.Cards), g.Total)
	}
	asked := slices.DeleteFunc(s.node.Log(), func(q string) bool { return !strings.HasPrefix(q, "list") })
	if len(asked) != 3 {
		t.Errorf("got questions %q, want three", asked)
	}
	card := g.Cards[0]
	if card.Meta != "mare.example · 1.2K views · "+s.desk.Words.Age(s.node.Videos[0].Published, s.desk.Now()) || card.Chip != "24:18" {
		t.Errorf("got %+v", card)
	}
}

// Some servers answer and some do not: what came is shown, and who is missing.
func TestGridShowsWhatItHas(t *testing.T) {
	t.Parallel()
	s := open(t)
	s.node.Following[1].Problem = control.Word{ID: control.WordSilent, Host: "tube.example"}
	g := s.desk.Grid(control.Query{})
	g.Load()
	s.Until(t, "the list is there", func() bool { return len(g.Cards) == 6 })
	if len(g.Problems) != 1 || g.Problem != nil {
		t.Errorf("got %v, %v", g.Problems, g.Problem)
	}
	s.node.Do(func(n *uitestNode) { n.Down = fmt.Errorf("%w: cable", control.ErrUnavailable) })
	g.Load()
	s.Until(t, "the failure is there", func() bool { return g.Problem != nil })
	if len(g.Cards) != 6 || !g.Problem.Again || strings.Contains(g.Problem.Text, "cable") {
		t.Errorf("got %d cards, %+v: what was shown stays, and no error's own text is shown", len(g.Cards), g.Problem)
	}
}

func TestGridOfNobody(t *testing.T) {
	t.Parallel()
	s := open(t)
	s.node.Videos, s.node.Following = nil, nil
	g := s.desk.Grid(control.Query{})
	g.Load()
	s.Until(t, "it is known that nobody is followed", func() bool { return g.Nobody })
}

// An answer to a question that was asked anew must not overwrite the newer one.
func TestStaleAnswersAreDropped(t *testing.T) {
	t.Parallel()
	s := open(t)
	g := s.desk.Grid(control.Query{})
	changes := 0
	g.Changed = func() { changes++ }
	for range 20 {
		g.Sort("-views")
		g.Sort("")
	}
	s.Until(t, "the last answer is there", func() bool { return !g.Loading })
	s.drain(func() {})
	if len(g.Cards) != 6 || g.Query.Sort != "" {
		t.Errorf("got %d cards sorted by %q", len(g.Cards), g.Query.Sort)
	}
	g.Load()
	changes = 0
	g.Close()
	s.Run()
	s.drain(s.desk.Wait)
	if changes > 0 {
		t.Error("a page that was left is told of an answer")
	}
}

func TestAddInstance(t *testing.T) {
	t.Parallel()
	s := open(t)
	v := s.desk.Instances()
	added := ""
	v.Added = func(row viewmodel.InstanceRow) { added = row.Name }
	for _, address := range []string{"", "  ", strings.Repeat("a", 3000), "no server"} {
		v.AddProblem = nil
		v.Add(address)
		s.Until(t, "the address is refused", func() bool { return v.AddProblem != nil && !v.Adding })
	}
	v.Add(" new.example ")
	s.Until(t, "the server is followed and listed", func() bool { return added == "New" && len(v.Rows) == 3 })
	v.Remove(v.Rows[0])
	s.Until(t, "the server is gone", func() bool { return len(v.Rows) == 2 })
}

func TestLinks(t *testing.T) {
	t.Parallel()
	s := open(t)
	o := s.desk.Opening()
	var found control.Ref
	problem := ""
	o.Found = func(ref control.Ref) { found = ref }
	o.Failed = func(p viewmodel.Problem) { problem = p.Text }
	for _, link := range []string{"mare.example", "javascript:alert(1)", "file:///etc/passwd", "https://" + strings.Repeat("a", 3000), "https://mare.example/w/unknown"} {
		problem = ""
		o.Open(link)
		s.Until(t, link+" is refused", func() bool { return problem != "" })
	}
	o.Open(s.node.Videos[2].Page)
	s.Until(t, "the video is found", func() bool { return found == s.node.Videos[2].Ref })
	if viewmodel.IsLink("magnet") || !viewmodel.IsLink("Magnet:?xt=urn:btih:aa") {
		t.Error("magnet links are not told from words")
	}
	if viewmodel.IsLink("tides") || !viewmodel.IsLink(" https://x") {
		t.Error("words are taken for links")
	}
}
