package activitypub

import (
	"cmp"
	"encoding/json"
	"fmt"

	"github.com/go-ap/activitypub"
)

// Collection is a list of addresses or objects, or a page of one: a page has
// PartOf and OrderedItems, a whole one First, which is empty if it has no items.
type Collection struct {
	Context      json.RawMessage       `json:"@context,omitempty"`
	ID           string                `json:"id"`
	Type         string                `json:"type"`
	First        string                `json:"first,omitempty"`
	Next         string                `json:"next,omitempty"`
	Prev         string                `json:"prev,omitempty"`
	PartOf       string                `json:"partOf,omitempty"`
	OrderedItems List[json.RawMessage] `json:"orderedItems,omitzero"`
	TotalItems   int64                 `json:"totalItems"`
}

// Item is a member of a collection.
type Item struct {
	ID   string          // its address
	Type string          // empty where only the address stands
	Raw  json.RawMessage // as it stands
}

// Addresses are items of a page that are addresses alone.
func Addresses(urls []string) List[json.RawMessage] {
	all := make(List[json.RawMessage], len(urls))
	for i, url := range urls {
		all[i] = Address(url)
	}
	return all
}

// foreign is a collection as other software writes it.
type foreign struct {
	ID           string                `json:"id"`
	Type         string                `json:"type"`
	First        json.RawMessage       `json:"first"`
	Next         Ref                   `json:"next"`
	Prev         Ref                   `json:"prev"`
	PartOf       Ref                   `json:"partOf"`
	Items        List[json.RawMessage] `json:"items"`
	OrderedItems List[json.RawMessage] `json:"orderedItems"`
	TotalItems   int64                 `json:"totalItems"`
}

// ReadCollection parses a collection or a page of anyone: ordered or not, its
// items in one list or the other, its first page as an address or there whole,
// in which case its items and what is next are the collection's.
func ReadCollection(raw []byte) (Collection, error) {
	var f foreign
	if err := parse(raw, &f, func() (string, string) { return f.Type, cmp.Or(f.ID, string(f.PartOf)) }); err != nil {
		return Collection{}, err
	}
	if !activitypub.CollectionTypes.Contains(activitypub.ActivityVocabularyType(f.Type)) && f.Type != "Playlist" {
		return Collection{}, fmt.Errorf("%w: no collection", ErrMalformed)
	}
	c := Collection{
		ID: f.ID, Type: f.Type, First: idOf(f.First), Next: string(f.Next), Prev: string(f.Prev), PartOf: string(f.PartOf),
		OrderedItems: f.OrderedItems, TotalItems: max(f.TotalItems, 0),
	}
	if len(c.OrderedItems) == 0 && len(f.Items) > 0 {
		c.OrderedItems = f.Items
	}
	var page foreign
	if len(c.OrderedItems) == 0 && typeOf(f.First) != "" && lenient(f.First, &page) == nil {
		c.OrderedItems, c.Next = append(page.OrderedItems, page.Items...), string(page.Next)
		if len(c.OrderedItems) > 0 {
			c.First = ""
		}
	}
	return c, nil
}

// Items are the members of this page that have an address.
func (c Collection) Items() []Item {
	var all []Item
	for _, raw := range c.OrderedItems {
		if id := idOf(raw); id != "" {
			all = append(all, Item{ID: id, Type: typeOf(raw), Raw: raw})
		}
	}
	return all
}

// JSON writes the collection, with the context of PeerTube if it has none.
func (c Collection) JSON() ([]byte, error) {
	if c.Context == nil {
		c.Context = Context("Collection")
	}
	return Marshal(c)
}
