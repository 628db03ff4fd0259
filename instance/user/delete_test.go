package user_test

import (
	"context"
	"errors"
	"log/slog"
	"net/url"
	"testing"

	"vidiverse/instance/account"
	"vidiverse/instance/actor"
	"vidiverse/instance/channel"
	"vidiverse/instance/db"
	"vidiverse/instance/db/dbtest"
	"vidiverse/instance/fault"
	"vidiverse/instance/job"
	"vidiverse/instance/user"
)

type noVideos struct{}

func (noVideos) RemoveOfChannel(context.Context, db.Tx, channel.ID) error { return nil }

func (noVideos) SupportOfChannel(context.Context, db.Tx, channel.ID, *string) error { return nil }

// A deletion that is cut shuts its user out all the same, and a job ends it.
func TestDeletionGoesOn(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d)
		alice := h.create("zoe")
		broken := errors.New("the disk is full")
		fails := true
		q := job.New(d, job.Config{Owner: "test"})
		actors := actor.New(d, &url.URL{Scheme: "https", Host: "one.test"}, h.now)
		channels := channel.New(channel.Config{DB: d, Actors: actors, Accounts: account.New(d, actors, h.now), Videos: func() channel.Videos { return noVideos{} }})
		s, err := user.New(user.Config{
			DB: d, Log: slog.New(slog.DiscardHandler), Now: h.now, Households: channels, BcryptCost: 4, Jobs: q,
			Empty: func(context.Context, user.Account) error {
				if fails {
					return broken
				}
				return nil
			},
		})
		if err != nil {
			t.Fatal(err)
		}
		root := user.Caller{UserID: 1}
		if err := s.Delete(t.Context(), root, alice.ID); !errors.Is(err, broken) {
			t.Fatalf("got %v", err)
		}
		if a, err := s.Get(t.Context(), root, alice.ID); err != nil || !a.Blocked {
			t.Errorf("got %+v %v, want blocked", a, err)
		}
		if _, err := s.Login(t.Context(), user.Grant{Client: h.client, Type: "password", Username: "zoe", Password: password}); code(err) != "account_blocked" {
			t.Errorf("log-in: got %v", err)
		}
		if _, total, err := q.List(t.Context(), job.Filter{Type: "delete-user", States: []job.State{job.Delayed}}); err != nil || total != 1 {
			t.Errorf("got %d jobs, %v", total, err)
		}
		fails = false
		if err := s.Delete(t.Context(), root, alice.ID); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Get(t.Context(), root, alice.ID); fault.KindOf(err) != fault.NotFound {
			t.Errorf("got %v, want not found", err)
		}
	})
}
