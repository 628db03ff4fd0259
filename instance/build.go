package instance

import (
	"context"
	"fmt"
	"net/http"
	"net/url"

	"github.com/go-chi/chi/v5"
	"github.com/thejerf/suture/v4"

	"vidiverse/instance/account"
	"vidiverse/instance/actor"
	"vidiverse/instance/channel"
	"vidiverse/instance/job"
	"vidiverse/instance/user"
)

// services are the parts of an instance, built once by build.
type services struct {
	jobs     *job.Queue
	actors   *actor.Service
	accounts *account.Service
	channels *channel.Service
	users    *user.Service

	firstPassword string // made for root in this start
}

// build makes every service. It starts nothing and writes nothing.
func (i *Instance) build(_ context.Context) (err error) {
	public, err := url.Parse(i.cfg.URL)
	if err != nil {
		return fmt.Errorf("public address: %w", err)
	}
	i.jobs = job.New(i.db, job.Config{Log: i.log, Owner: owner})
	i.actors = actor.New(i.db, public, i.now)
	i.accounts = account.New(i.db, i.actors, i.now)
	i.channels = channel.New(channel.Config{
		DB: i.db, Actors: i.actors, Accounts: i.accounts, Now: i.now,
		MaxPerUser: i.cfg.User.MaxChannels, DefaultName: i.cfg.User.ChannelName,
	})
	i.users, err = user.New(user.Config{
		DB: i.db, Log: i.log, Now: i.now, Households: i.channels,
		AccessLifetime: i.cfg.Tokens.Access, RefreshLifetime: i.cfg.Tokens.Refresh,
		MinPassword: i.cfg.User.PasswordMin, NSFWPolicy: i.cfg.Site.NSFWPolicy, AdminEmail: i.cfg.AdminEmail,
		VideoQuota: i.cfg.User.Quota, VideoQuotaDaily: i.cfg.User.DailyQuota,
	})
	return err
}

// owner names this process in leases: one process a data folder, so that a
// killed server takes its jobs up again at once.
const owner = "instance"

// begin does what must be done before the first request.
func (i *Instance) begin(ctx context.Context) (err error) {
	i.firstPassword, _, err = i.users.EnsureRoot(ctx, i.cfg.RootPassword)
	return err
}

// running is everything that runs beside the requests.
func (i *Instance) running() []suture.Service {
	return []suture.Service{i.jobs}
}

// router mounts the doors.
func (i *Instance) router() http.Handler {
	r := chi.NewRouter()
	return r
}
