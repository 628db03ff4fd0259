package pml

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const vectors = "../../testdata/wire/pml"

func load(t testing.TB, name string, to any) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(vectors, name))
	if err == nil {
		err = json.Unmarshal(data, to)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// octets are bytes written as hex.
type octets []byte

func (b *octets) UnmarshalJSON(text []byte) error {
	var s string
	if err := json.Unmarshal(text, &s); err != nil {
		return err
	}
	v, err := hex.DecodeString(s)
	*b = v
	return err
}

// list is ids written out, or the ends of a run. The one run with gaps leaves
// out every third.
type list []int

func (l *list) UnmarshalJSON(text []byte) error {
	if text[0] == '[' {
		return json.Unmarshal(text, (*[]int)(l))
	}
	var run struct{ Count, First, Last, From, To int }
	if err := json.Unmarshal(text, &run); err != nil {
		return err
	}
	for id := run.First + run.From; id <= run.Last+run.To; id++ {
		if dense := run.Last+run.To-run.First-run.From+1 == run.Count; dense || id%3 != 0 {
			*l = append(*l, id)
		}
	}
	if len(*l) != run.Count {
		return errors.New("a run of another kind")
	}
	return nil
}

type fields struct {
	C    Kind
	L, P list
	I, R int
	S, B int64
}

func (f fields) command() Command {
	return Command{Kind: f.C, Loaded: f.L, Loading: f.P, Segment: f.I, Request: f.R, Size: f.S, From: f.B}
}

type commandVector struct {
	Name        string
	Fields      fields
	Chunks      []octets
	Decoded     *fields
	DecodeError string
}

type chunkedVector struct {
	Command            string
	MaxMessageSize     int
	Chunks             []octets
	DecodedLoadedCount int
}

type commandFile struct {
	Commands     []commandVector
	Chunked      []chunkedVector
	JoinerErrors []struct {
		Name, Error string
		Seq         []octets
	}
	Classification []struct {
		Hex            octets
		IsCommandChunk bool
	}
}

func equal(a, b Command) bool {
	same := slices.Equal(a.Loaded, b.Loaded) && slices.Equal(a.Loading, b.Loading)
	a.Loaded, a.Loading, b.Loaded, b.Loading = nil, nil, nil, nil
	return same && a.Kind == b.Kind && a.Segment == b.Segment && a.Request == b.Request && a.From == b.From && a.Size == b.Size
}

// join gives the chunks of one command to a joiner.
func join(t *testing.T, chunks [][]byte) Command {
	t.Helper()
	var j Joiner
	for n, chunk := range chunks {
		c, whole, err := j.Add(chunk)
		if err != nil || whole != (n == len(chunks)-1) {
			t.Fatalf("chunk %d of %d: whole %v, %v", n, len(chunks), whole, err)
		}
		if whole {
			return c
		}
	}
	return Command{}
}

func raw(chunks []octets) (out [][]byte) {
	for _, c := range chunks {
		out = append(out, c)
	}
	return out
}

// TestCommands: what the library writes is what we write, and read alike. The
// one exception is what the library itself cannot read.
func TestCommands(t *testing.T) {
	t.Parallel()
	var file commandFile
	load(t, "commands.json", &file)
	for _, v := range file.Commands {
		t.Run(v.Name, func(t *testing.T) {
			t.Parallel()
			want := v.Fields.command()
			got := want.Chunks(MaxMessage)
			same := slices.EqualFunc(got, raw(v.Chunks), bytes.Equal)
			if defective := v.DecodeError != ""; same == defective {
				t.Errorf("wrote %x, the library %x", got, v.Chunks)
			}
			for _, chunks := range [][][]byte{got, raw(v.Chunks)} {
				if back := join(t, chunks); !equal(back, want) {
					t.Errorf("%x: got %+v, want %+v", chunks, back, want)
				}
			}
			if v.Decoded != nil && !equal(v.Decoded.command(), want) {
				t.Errorf("the library read %+v of %+v", v.Decoded, want)
			}
		})
	}
}

func TestChunked(t *testing.T) {
	t.Parallel()
	var file commandFile
	load(t, "commands.json", &file)
	for _, v := range file.Chunked {
		at := slices.IndexFunc(file.Commands, func(c commandVector) bool { return c.Name == v.Command })
		want := file.Commands[at].Fields.command()
		got := want.Chunks(v.MaxMessageSize)
		if !slices.EqualFunc(got, raw(v.Chunks), bytes.Equal) {
			t.Errorf("%s at %d: got %x, want %x", v.Command, v.MaxMessageSize, got, v.Chunks)
		}
		if back := join(t, raw(v.Chunks)); !equal(back, want) || len(back.Loaded) != v.DecodedLoadedCount {
			t.Errorf("%s at %d: read %+v", v.Command, v.MaxMessageSize, back)
		}
	}
}

func TestJoinerErrors(t *testing.T) {
	t.Parallel()
	var file commandFile
	load(t, "commands.json", &file)
	errs := map[string]error{"no-first-chunk": ErrNoStart, "incomplete-joining": ErrUnended}
	for _, v := range file.JoinerErrors {
		var j Joiner
		var err error
		for _, chunk := range v.Seq {
			_, _, err = j.Add(chunk)
		}
		if want := errs[v.Error]; want == nil || !errors.Is(err, want) {
			t.Errorf("%s: got %v, want %s", v.Name, err, v.Error)
		}
		// Nothing is left behind that a later command would be joined to.
		if c, whole, err := j.Add(Command{Kind: Cancel, Segment: 3}.Chunks(MaxMessage)[0]); !whole || c.Segment != 3 {
			t.Errorf("%s: then got %+v, %v", v.Name, c, err)
		}
	}
}

func TestClassification(t *testing.T) {
	t.Parallel()
	var file commandFile
	load(t, "commands.json", &file)
	for _, v := range file.Classification {
		if got := IsCommand(v.Hex); got != v.IsCommandChunk {
			t.Errorf("%x: got %v", v.Hex, got)
		}
	}
}

func TestSerialization(t *testing.T) {
	t.Parallel()
	var file struct {
		Ints []struct {
			Value, Decoded int64
			Hex            octets
		}
		SimilarIntArrays []struct {
			Name      string
			Input     list
			Hex       octets
			DecodesTo *list
		}
		CarefulEncoderGroups []struct {
			Name  string
			Hex   octets
			Count int
		}
		Strings []struct {
			Value      any
			Hex        octets
			RoundTrips bool
		}
	}
	load(t, "serialization.json", &file)
	for _, v := range file.Ints {
		r := reader{rest: v.Hex}
		if got := r.number(); got != v.Decoded || r.err != nil || len(r.rest) > 0 {
			t.Errorf("%x: got %d, %v", v.Hex, got, r.err)
		}
		if got := appendNumber(nil, v.Value); !bytes.Equal(got, v.Hex) {
			t.Errorf("%d: wrote %x, want %x", v.Value, got, v.Hex)
		}
	}
	for _, v := range file.SimilarIntArrays {
		want := v.Input // what the defective ones mean
		if v.DecodesTo != nil && !strings.HasSuffix(v.Name, "BUG") {
			want = *v.DecodesTo
		}
		r := reader{rest: v.Hex}
		if got := r.ids(); !slices.Equal(got, want) || r.err != nil || len(r.rest) > 0 {
			t.Errorf("%s: got %d, %v", v.Name, got, r.err)
		}
		wrote := appendIDs(nil, 'l', v.Input)
		if len(v.Input) > 0 && bytes.Equal(wrote[1:], v.Hex) == strings.HasSuffix(v.Name, "BUG") {
			t.Errorf("%s: wrote %x, the library %x", v.Name, wrote[1:], v.Hex)
		}
	}
	for _, v := range file.CarefulEncoderGroups {
		r := reader{rest: v.Hex}
		if got := r.ids(); len(got) != v.Count || r.err != nil || len(r.rest) > 0 {
			t.Errorf("%s: got %d, %v", v.Name, got, r.err)
		}
	}
	for _, v := range file.Strings {
		r := reader{rest: v.Hex}
		if got := r.text(); v.RoundTrips && r.err != nil || len(got) > len(v.Hex) {
			t.Errorf("%x: got %q, %v", v.Hex, got, r.err)
		}
	}
}

// TestSlice: raw messages have the sizes that the library's uploader sends.
func TestSlice(t *testing.T) {
	t.Parallel()
	var file struct {
		Uploads []struct {
			Size, MaxMessageSize int
			Messages             []int
		}
	}
	load(t, "segment-chunking.json", &file)
	for _, v := range file.Uploads {
		var got []int
		for message, rest := []byte(nil), make([]byte, v.Size); len(rest) > 0; {
			message, rest = Slice(rest, v.MaxMessageSize)
			got = append(got, len(message))
		}
		if !slices.Equal(got, v.Messages) {
			t.Errorf("%d bytes: got %v, want %v", v.Size, got, v.Messages)
		}
	}
}

// TestSessions replays what real pages said to each other: all of it is
// understood, and what we would have said instead is the same bytes.
func TestSessions(t *testing.T) {
	t.Parallel()
	f, err := os.Open(filepath.Join(vectors, "sessions.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	joiners, seen := map[string]*Joiner{}, map[Kind]int{}
	for lines := bufio.NewScanner(f); lines.Scan(); {
		var line struct {
			Session, Dir string
			Hex          octets
		}
		if err := json.Unmarshal(lines.Bytes(), &line); err != nil {
			t.Fatal(err)
		}
		key := line.Session + line.Dir
		if joiners[key] == nil {
			joiners[key] = &Joiner{}
		}
		c, whole, err := joiners[key].Add(line.Hex)
		if err != nil || !whole {
			t.Fatalf("%s: %x: whole %v, %v", key, line.Hex, whole, err)
		}
		seen[c.Kind]++
		if got := c.Chunks(MaxMessage); len(got) != 1 || !bytes.Equal(got[0], line.Hex) {
			t.Errorf("%s: wrote %x, want %x", key, got, line.Hex)
		}
	}
	for _, k := range []Kind{Announcement, Request, Data, Completed} {
		if seen[k] == 0 {
			t.Errorf("no command of kind %d in any session", k)
		}
	}
}
