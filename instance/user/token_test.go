package user_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"vidiverse/instance/db"
	"vidiverse/instance/db/dbtest"
	"vidiverse/instance/fault"
	"vidiverse/instance/user"
)

// The ways in, and PeerTube's code for each way that is shut.
func TestLogin(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d)
		for _, name := range []string{"alice", "ALICE", "alice@one.test"} {
			if _, err := h.login(name, password); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
		for _, tt := range []struct{ name, pw, want string }{
			{"alice", "wrong", "invalid_grant"},
			{"nobody", password, "invalid_grant"},
			{"", "", "invalid_grant"},
			{"alice", strings.Repeat("x", 73), "too_long_password"},
			{"alice' OR '1'='1", password, "invalid_grant"},
			{"alice\x00", password, "invalid_grant"},
			{"alice\xff", password, "invalid_grant"},
		} {
			if _, err := h.login(tt.name, tt.pw); code(err) != tt.want {
				t.Errorf("%q: got %v, want %s", tt.name, err, tt.want)
			}
		}
		_, err := h.users.Login(t.Context(), user.Grant{Client: h.client, Type: "client_credentials"})
		if code(err) != "unsupported_grant_type" {
			t.Errorf("unknown grant: got %v", err)
		}
	})
}

// An access token lives a day, a refresh token four weeks.
func TestTokensExpire(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d)
		first := h.mustLogin("alice")
		h.advance(24*time.Hour - time.Second)
		if c := h.caller(first.Access); c.Username != "alice" || c.AccountID == 0 || !c.SignedIn() || c.Moderator() {
			t.Errorf("got %+v, want alice", c)
		}
		h.advance(time.Second)
		h.dead("after a day", first.Access)
		second, err := h.refresh(first.Refresh)
		if err != nil {
			t.Fatal(err)
		}
		h.caller(second.Access)
		h.advance(28 * 24 * time.Hour)
		if _, err := h.refresh(second.Refresh); code(err) != "invalid_grant" {
			t.Errorf("after four weeks: got %v, want invalid_grant", err)
		}
	})
}

// A refresh token that is used twice is in two hands: both lose the session.
func TestRefreshReuseEndsTheFamily(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d)
		stolen, other := h.mustLogin("alice"), h.mustLogin("alice")
		fresh, err := h.refresh(stolen.Refresh)
		if err != nil {
			t.Fatal(err)
		}
		h.dead("the access token that was exchanged", stolen.Access)
		h.caller(fresh.Access)
		if _, err := h.refresh(stolen.Refresh); code(err) != "invalid_grant" {
			t.Fatalf("reuse: got %v, want invalid_grant", err)
		}
		h.dead("the token made from the stolen one", fresh.Access)
		if _, err := h.refresh(fresh.Refresh); code(err) != "invalid_grant" {
			t.Errorf("refresh in a dead family: got %v, want invalid_grant", err)
		}
		h.caller(other.Access) // another log-in of hers is not concerned
	})
}

// Of several exchanges of one token at once, at most one may win.
func TestRefreshRace(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d)
		first := h.mustLogin("alice")
		var mu sync.Mutex
		var wg sync.WaitGroup
		won := 0
		for range 6 {
			wg.Go(func() {
				_, err := h.refresh(first.Refresh)
				mu.Lock()
				defer mu.Unlock()
				if err == nil {
					won++
				} else if code(err) != "invalid_grant" {
					t.Errorf("got %v, want invalid_grant", err)
				}
			})
		}
		wg.Wait()
		if won > 1 {
			t.Errorf("%d exchanges of one token succeeded", won)
		}
	})
}

// Logging out works on the very next request, also in another process.
func TestRevokeIsImmediate(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d)
		tok := h.mustLogin("alice")
		other := h.service()
		me := h.caller(tok.Access)
		if _, err := other.Authenticate(t.Context(), tok.Access); err != nil {
			t.Fatal(err)
		}
		if err := h.users.Revoke(t.Context(), me); err != nil {
			t.Fatal(err)
		}
		h.dead("here", tok.Access)
		h.advance(time.Second)
		if _, err := other.Authenticate(t.Context(), tok.Access); fault.KindOf(err) != fault.Unauthorized {
			t.Errorf("in another process after a second: got %v, want unauthorized", err)
		}
		if _, err := h.refresh(tok.Refresh); code(err) != "invalid_grant" {
			t.Errorf("refresh after logging out: got %v", err)
		}
	})
}

// Who lost their password to a thief must be able to throw the thief out.
func TestResetPasswordRevokesEverything(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d)
		one, two := h.mustLogin("alice"), h.mustLogin("alice")
		h.caller(one.Access) // known to the cache
		if err := h.users.ResetPassword(t.Context(), "alice", "a new password"); err != nil {
			t.Fatal(err)
		}
		for _, tok := range []user.Tokens{one, two} {
			h.dead("after the reset", tok.Access)
			if _, err := h.refresh(tok.Refresh); code(err) != "invalid_grant" {
				t.Errorf("refresh after the reset: got %v", err)
			}
		}
		if _, err := h.login("alice", password); code(err) != "invalid_grant" {
			t.Errorf("the old password: got %v", err)
		}
		if _, err := h.login("alice", "a new password"); err != nil {
			t.Errorf("the new password: %v", err)
		}
		if err := h.users.ResetPassword(t.Context(), "nobody", "a new password"); fault.KindOf(err) != fault.NotFound {
			t.Errorf("unknown user: got %v, want not found", err)
		}
	})
}

// Changing the password keeps the session it was changed in, and no other.
func TestNewPasswordEndsOtherSessions(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d)
		here, elsewhere := h.mustLogin("alice"), h.mustLogin("alice")
		h.caller(elsewhere.Access)
		next := "a new password"
		if err := h.users.UpdateMe(t.Context(), h.caller(here.Access), user.Patch{Password: &next, CurrentPassword: password}); err != nil {
			t.Fatal(err)
		}
		h.caller(here.Access)
		h.dead("elsewhere", elsewhere.Access)
	})
}

// The database, the logs and the backups must not be enough to log in.
func TestTokensAreNotStoredNorLogged(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d)
		tok := h.mustLogin("alice")
		_, _ = h.login("alice", "secret guess")
		_, _ = h.users.Authenticate(t.Context(), tok.Access+"x")
		fresh, err := h.refresh(tok.Refresh)
		if err != nil {
			t.Fatal(err)
		}
		var all []string
		if err := d.Read().NewRaw(`SELECT access_hash || ' ' || refresh_hash || ' ' || family FROM oauth_token
			UNION ALL SELECT password_hash || preferences FROM local_user`).Scan(t.Context(), &all); err != nil {
			t.Fatal(err)
		}
		stored := strings.Join(all, "\n")
		for _, secret := range []string{tok.Access, tok.Refresh, fresh.Access, fresh.Refresh, password, "secret guess"} {
			if strings.Contains(stored, secret) {
				t.Errorf("the database holds a secret")
			}
			if strings.Contains(h.log.String(), secret) {
				t.Errorf("the log holds a secret:\n%s", h.log.String())
			}
		}
	})
}

// Guessing one password from many addresses ends; other users do not feel it.
func TestGuessingIsThrottled(t *testing.T) {
	h := newHouse(t, dbtest.SQLite(t))
	h.create("bob")
	var err error
	tries := 0
	for ; tries < 200 && fault.KindOf(err) != fault.TooMany; tries++ {
		_, err = h.login("Alice", fmt.Sprint("guess", tries))
	}
	f, ok := fault.As(err)
	if !ok || f.Kind != fault.TooMany || f.Retry <= 0 || f.Retry > 5*time.Minute {
		t.Fatalf("after %d guesses: got %v, want a %d with the time to wait", tries, err, http.StatusTooManyRequests)
	}
	if _, err := h.login("alice", password); fault.KindOf(err) != fault.TooMany {
		t.Errorf("the right password in the meantime: got %v, want too many", err)
	}
	if _, err := h.login("bob", password); err != nil {
		t.Errorf("bob: %v", err)
	}
	h.advance(f.Retry)
	if _, err := h.login("alice", password); err != nil {
		t.Errorf("after the wait: %v", err)
	}
}

// How long an answer takes must not tell which names exist.
func TestUnknownUsersTakeAsLong(t *testing.T) {
	h := newHouse(t, dbtest.SQLite(t))
	best := func(name string) time.Duration {
		least := time.Hour
		for range 10 {
			start := time.Now()
			_, _ = h.login(name, "wrong")
			least = min(least, time.Since(start))
		}
		return least
	}
	known, unknown := best("alice"), best("nobody")
	if unknown < known/2 {
		t.Errorf("unknown name in %v, known in %v: the difference tells", unknown, known)
	}
}

// A user who is blocked has no session from then on.
func TestBlockedUsersAreOut(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d)
		tok := h.mustLogin("alice")
		h.caller(tok.Access)
		if err := d.Write(t.Context(), func(tx db.Tx) error {
			_, err := tx.NewRaw(`UPDATE local_user SET blocked = 1 WHERE username = 'alice'`).Exec(t.Context())
			return err
		}); err != nil {
			t.Fatal(err)
		}
		h.advance(time.Second)
		h.dead("blocked", tok.Access)
		if _, err := h.refresh(tok.Refresh); code(err) != "invalid_grant" {
			t.Errorf("refresh: got %v", err)
		}
		if _, err := h.login("alice", password); code(err) != "account_blocked" {
			t.Errorf("log-in: got %v, want account_blocked", err)
		}
	})
}
