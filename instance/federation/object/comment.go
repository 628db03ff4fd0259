package object

import (
	"context"
	"strconv"
	"time"

	"vidiverse/instance/activitypub"
	"vidiverse/instance/actor"
	"vidiverse/instance/fault"
)

// Comment is a comment with all that activities around it must know.
type Comment struct {
	ID       int64
	URL      string
	Local    bool // written here
	Held     bool // waits for the owner of the video
	Text     string
	Approval string  // address of the approval; empty while there is none
	Author   Party   // no URL once the comment was deleted with its account
	Parent   string  // URL of the comment above; empty for the first of a thread
	Above    []Party // authors of the comments above, the next one first, each once
	Video    Facts
	Created  time.Time
	Updated  time.Time
	Deleted  time.Time
}

// Comment reads a comment; unknown ones are fault.NotFound.
func (r *Renderer) Comment(ctx context.Context, id int64) (Comment, error) {
	c, video, err := r.store.comment(ctx, id)
	if err != nil {
		return c, err
	}
	if c.Video, err = r.Known(ctx, video); err != nil {
		return c, err
	}
	c.Above, err = r.store.above(ctx, id)
	return c, err
}

// Audience is who may see a comment: everybody, and by name its author's
// followers, the video's owner and channel, and the authors above.
func (c Comment) Audience() Audience {
	a := public(c.Author.URL)
	a.CC = append(a.CC, c.Video.Owner.URL, c.Video.Channel.URL)
	for _, p := range c.Above {
		a.CC = append(a.CC, p.URL)
	}
	return a
}

// inReplyTo is what a comment answers.
func (c Comment) inReplyTo() string {
	if c.Parent != "" {
		return c.Parent
	}
	return c.Video.URL
}

// Note is a comment of ours as PeerTube 8.2 writes it. A deleted one is
// fault.Gone: see Tombstone.
func (r *Renderer) Note(c Comment) (activitypub.Note, error) {
	if !c.Deleted.IsZero() {
		return activitypub.Note{}, fault.New(fault.Gone, "Comment not found")
	}
	to := c.Audience()
	n := activitypub.Note{
		To: to.To, CC: to.CC, Type: "Note", ID: c.URL, Content: c.Text, MediaType: "text/markdown",
		InReplyTo: activitypub.Ref(c.inReplyTo()), Audience: activitypub.Ref(c.Video.Channel.URL),
		Updated: stamp(c.Updated), Published: stamp(c.Created), URL: activitypub.Ref(c.URL), AttributedTo: activitypub.Ref(c.Author.URL),
		ReplyApproval: activitypub.Null[string](), Tag: activitypub.List[activitypub.Tag]{},
	}
	if url := r.approval(c); url != "" {
		n.ReplyApproval = activitypub.Some(url)
	}
	for _, p := range c.Above {
		n.Tag = append(n.Tag, activitypub.Tag{Type: "Mention", Href: p.URL, Name: r.mention(p)})
	}
	return n, nil
}

// approval is where a comment's approval stands: under a video of ours each one
// that is shown has one.
func (r *Renderer) approval(c Comment) string {
	if c.Video.Local && !c.Held {
		return r.ApprovalURL(c)
	}
	return c.Approval
}

// ApprovalURL is where we say that a comment under a video of ours is shown.
func (r *Renderer) ApprovalURL(c Comment) string {
	return c.Video.URL + "/comments/" + strconv.FormatInt(c.ID, 10) + "/approve-reply"
}

// mention is how an author is named in tags.
func (r *Renderer) mention(p Party) string {
	host := p.Host
	if host == "" {
		host = r.cfg.PublicURL.Host
	}
	return "@" + p.Name + "@" + host
}

// Tombstone is what remains of a deleted comment.
func (c Comment) Tombstone() activitypub.Tombstone {
	return activitypub.Tombstone{
		ID: c.URL, Type: "Tombstone", FormerType: "Note", InReplyTo: activitypub.Ref(c.inReplyTo()),
		Published: stamp(c.Created), Updated: stamp(c.Updated), Deleted: stamp(c.Deleted),
	}
}

// Involved are the actors whose followers hear of a comment: the author's, and
// on a video of ours everybody who follows it.
func (c Comment) Involved() []actor.ID {
	if !c.Video.Local {
		return []actor.ID{c.Author.ID}
	}
	return append(c.Video.Involved(), c.Author.ID)
}
