package instance

import (
	"context"

	"vidiverse/instance/account"
	"vidiverse/instance/actor"
	"vidiverse/instance/db"
	"vidiverse/instance/fault"
	"vidiverse/instance/user"
	"vidiverse/instance/video"
)

func (c Config) signUp() user.SignUp {
	in := c.SignUp
	return user.SignUp{
		Enabled: in.Enabled, Limit: in.Limit, Approval: in.Approval, VerifyEmail: in.VerifyEmail, Allow: in.Allow, Refuse: in.Refuse,
	}
}

// leaving removes what an account has on the floors above accounts, and says
// whom of other servers it met.
func (i *Instance) leaving(ctx context.Context, tx db.Tx, owner account.ID) (met []actor.ID, err error) {
	if met, err = (store{i.db}).met(ctx, tx, owner); err != nil {
		return nil, err
	}
	if err := i.videos.UnrateAll(ctx, tx, owner); err != nil {
		return nil, err
	}
	if err := i.playlists.RemoveOfAccount(ctx, tx, owner); err != nil {
		return nil, err
	}
	return met, i.comments.RemoveOfAccount(ctx, tx, owner)
}

// emptyUser removes the videos of a user who leaves, each in a transaction of
// its own: thousands are too many for one.
func (i *Instance) emptyUser(ctx context.Context, a user.Account) error {
	c := user.Caller{UserID: a.ID, AccountID: a.AccountID, Username: a.Username, Role: user.User}
	for {
		page, err := i.videos.List(ctx, c, video.Filter{Own: true, Count: 100, SkipCount: true})
		if err != nil || len(page.Items) == 0 {
			return err
		}
		for _, v := range page.Items {
			err := i.videos.Delete(ctx, c, video.Ref(v.UUID))
			if err != nil && fault.KindOf(err) != fault.NotFound { // another run was faster
				return err
			}
		}
	}
}
