package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"

	"golang.org/x/sync/errgroup"

	"vidiverse/app/bench/measure"
	"vidiverse/instance/rest"
	"vidiverse/instance/signature"
)

const senders = 64

// takeIn has people on other servers comment on the video: each comment is signed,
// and durable before its answer. It ends when all can be read here.
func (b *bench) takeIn(ctx context.Context) ([]measure.Row, error) {
	if err := b.Put(ctx, "/api/v1/videos/"+b.video, map[string]int{"privacy": 1}); err != nil {
		return nil, err
	}
	var video rest.VideoDetails
	if err := b.Get(ctx, "/api/v1/videos/"+b.video, &video); err != nil {
		return nil, err
	}
	requests := make([]*http.Request, b.inbox)
	for n := range requests {
		r, err := b.comment(ctx, n, video.URL)
		if err != nil {
			return nil, err
		}
		requests[n] = r
	}
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: senders}}
	defer client.CloseIdleConnections()
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(senders)
	used, begin := b.CPU(), time.Now()
	for _, r := range requests {
		g.Go(func() error { return deliver(gctx, client, r) })
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	taken := time.Since(begin)
	for {
		var page rest.Page[json.RawMessage]
		if err := b.Get(ctx, "/api/v1/videos/"+b.video+"/comment-threads?count=1", &page); err != nil {
			return nil, err
		}
		if page.Total >= b.inbox {
			break
		}
		if time.Since(begin) > patience {
			return nil, fmt.Errorf("%d of %d comments can be read after %v", page.Total, b.inbox, patience)
		}
		measure.Settle(ctx, 10*time.Millisecond)
	}
	return []measure.Row{
		{Figure: "inbox: activities taken", Unit: "1/s", Ours: float64(b.inbox) / taken.Seconds()},
		{Figure: "  and visible", Unit: "1/s", Ours: float64(b.inbox) / time.Since(begin).Seconds()},
		{Figure: "  CPU for one", Unit: "ms", Ours: (b.CPU() - used).Seconds() * 1000 / float64(b.inbox)},
	}, nil
}

// comment is the nth, by somebody of a healthy server.
func (b *bench) comment(ctx context.Context, n int, on string) (*http.Request, error) {
	healthy := b.hosts - b.dead - b.slow
	k := b.dead + b.slow + n%min(healthy, 50)
	by := personOf(k, b.crowd.host(k))
	id := fmt.Sprintf("%s/notes/%d", by, n)
	body, err := json.Marshal(map[string]any{
		"@context": "https://www.w3.org/ns/activitystreams", "type": "Create", "id": id + "/activity", "actor": by, "to": []string{"https://www.w3.org/ns/activitystreams#Public"},
		"object": map[string]any{
			"type": "Note", "id": id, "content": "What a film.", "attributedTo": by, "inReplyTo": on,
			"to": []string{"https://www.w3.org/ns/activitystreams#Public"}, "published": time.Now().UTC().Format(time.RFC3339),
		},
	})
	if err != nil {
		return nil, err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+b.Addr+"/inbox", bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Content-Type", "application/activity+json")
	return r, signature.Sign(r, by+"#main-key", b.keys.private, body, time.Now())
}

// deliver sends a request, again when the inbox says that it is too busy, as any
// server would.
func deliver(ctx context.Context, client *http.Client, r *http.Request) error {
	for begin := time.Now(); ; measure.Settle(ctx, 100*time.Millisecond) {
		status, said, err := send(ctx, client, r)
		busy := status == http.StatusServiceUnavailable || status == http.StatusTooManyRequests
		switch {
		case err != nil:
			return err
		case status/100 == 2:
			return nil
		case !busy || time.Since(begin) > patience:
			return fmt.Errorf("the inbox answers %d %s", status, said)
		}
	}
}

func send(ctx context.Context, client *http.Client, r *http.Request) (status int, said []byte, err error) {
	again := r.Clone(ctx)
	if again.Body, err = r.GetBody(); err != nil {
		return 0, nil, err
	}
	res, err := client.Do(again)
	if err != nil {
		return 0, nil, err
	}
	defer res.Body.Close()
	said, err = io.ReadAll(io.LimitReader(res.Body, 500))
	return res.StatusCode, said, err
}
