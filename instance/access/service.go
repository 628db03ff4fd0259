package access

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"vidiverse/instance/db"
)

// Rights answers who may do what with a video. It is safe for concurrent use.
type Rights struct {
	db        *db.DB
	store     *store
	now       func() time.Time
	tokenLife time.Duration
}

// New builds the rights; tokens live for tokenLife.
func New(d *db.DB, now func() time.Time, tokenLife time.Duration) *Rights {
	return &Rights{db: d, store: &store{d}, now: now, tokenLife: tokenLife}
}

// Resolve finds the number of a video; a Ref of no known form is
// fault.Invalid, one of no video fault.NotFound.
func (s *Rights) Resolve(ctx context.Context, ref Ref) (VideoID, error) {
	p, err := ref.Parse()
	if err != nil {
		return 0, err
	}
	return s.store.resolve(ctx, p)
}

// Head reads what decides about a video, in the caller's transaction if q is one.
func (s *Rights) Head(ctx context.Context, q bun.IDB, id VideoID) (Head, error) {
	return s.store.head(ctx, q, id)
}

// SetPasswords replaces the passwords of a video in the caller's transaction;
// they must have passed PasswordsProblem.
func (s *Rights) SetPasswords(ctx context.Context, tx db.Tx, id VideoID, list []string) error {
	return s.store.putPasswords(ctx, tx, id, list, s.now())
}

// DropTokens ends all tokens of a video: what they were made from changed.
func (s *Rights) DropTokens(ctx context.Context, tx db.Tx, id VideoID) error {
	return s.store.dropTokens(ctx, tx, id)
}

// ExpireTokens forgets the tokens that had their time.
func (s *Rights) ExpireTokens(ctx context.Context, tx db.Tx) error {
	return s.store.expireTokens(ctx, tx, s.now())
}

// TokenManages reports whether a token was made by someone who may change the
// video.
func (s *Rights) TokenManages(ctx context.Context, token string, h Head) (bool, error) {
	return s.store.tokenManages(ctx, hashToken(token), h, db.Millis(s.now()))
}

// maxPasswords bounds the passwords of one video.
const maxPasswords = 1000

// PasswordsProblem says why a video cannot have these passwords; "" is no
// reason. The answer never holds one. needed says whether there must be any.
func PasswordsProblem(list []string, needed bool) string {
	seen := map[string]bool{}
	for _, p := range list {
		if !db.Sized(p, 2, 100) || seen[p] || len(list) > maxPasswords {
			return "Invalid password length, or a password given twice"
		}
		seen[p] = true
	}
	if needed && len(list) == 0 {
		return "A password is required to make a video password protected"
	}
	return ""
}
