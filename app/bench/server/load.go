package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"
)

const (
	clients  = 16
	rangeLen = 256 << 10
)

// ranges asks for a random aligned part of the file.
const ranges = "ranges"

type figures struct {
	count int
	rate  float64 // a second
	p99   time.Duration
}

// requests sends one kind of request from several clients at once, each as
// fast as it is answered.
func requests(ctx context.Context, url, kind string, span time.Duration) (figures, error) {
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: clients, DisableCompression: true}}
	defer client.CloseIdleConnections()
	took := make([][]time.Duration, clients)
	begin := time.Now()
	var g errgroup.Group
	for n := range clients {
		g.Go(func() error {
			for time.Since(begin) < span {
				at := time.Now()
				if err := request(ctx, client, url, kind); err != nil {
					return err
				}
				took[n] = append(took[n], time.Since(at))
			}
			return nil
		})
	}
	err := g.Wait()
	elapsed := time.Since(begin)
	all := slices.Concat(took...)
	if err != nil || len(all) == 0 {
		return figures{}, fmt.Errorf("%s: %w", url, err)
	}
	slices.Sort(all)
	return figures{len(all), float64(len(all)) / elapsed.Seconds(), all[len(all)*99/100]}, nil
}

func request(ctx context.Context, client *http.Client, url, kind string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	want := http.StatusOK
	if kind == ranges {
		want = http.StatusPartialContent
		from := rand.IntN(fileLen/rangeLen) * rangeLen
		req.Header.Set("Range", fmt.Sprintf("bytes=%d-%d", from, from+rangeLen-1))
	}
	res, err := client.Do(req)
	if err != nil {
		return err
	}
	if err := drain(res.Body); err != nil {
		return err
	}
	if res.StatusCode != want {
		return fmt.Errorf("status %d, want %d", res.StatusCode, want)
	}
	return nil
}
