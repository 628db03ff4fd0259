package block

import (
	"context"
	"slices"
	"strings"

	"vidiverse/instance/account"
	"vidiverse/instance/actor"
	"vidiverse/instance/fault"
	"vidiverse/instance/user"
)

// maxStatus is how many handles or hosts may be asked about at once.
const maxStatus = 100

// Accounts lists whom an account mutes, and how many they are.
func (s *Service) Accounts(ctx context.Context, by account.ID, q Query) ([]Account, int, error) {
	total, err := s.store.countAccounts(ctx, s.cfg.DB.Read(), by, q)
	if err != nil || q.Count == 0 {
		return nil, total, err
	}
	list, err := s.store.accounts(ctx, s.cfg.DB.Read(), by, q)
	return list, total, err
}

// Servers lists which servers an account mutes, and how many they are.
func (s *Service) Servers(ctx context.Context, by account.ID, q Query) ([]Server, int, error) {
	total, err := s.store.countServers(ctx, s.cfg.DB.Read(), by, q)
	if err != nil || q.Count == 0 {
		return nil, total, err
	}
	list, err := s.store.servers(ctx, s.cfg.DB.Read(), by, q)
	return list, total, err
}

// Statuses says which of the accounts (name@host) and hosts the instance or the
// caller mutes. Everything that was asked for is in the answers; an account of
// a muted server is not muted itself.
func (s *Service) Statuses(ctx context.Context, c user.Caller, handles, hosts []string) (accounts, servers map[string]Status, err error) {
	handles = slices.Compact(slices.Sorted(slices.Values(handles)))
	if err := checkStatus(handles, hosts); err != nil {
		return nil, nil, err
	}
	instance, err := s.Instance(ctx)
	if err != nil {
		return nil, nil, err
	}
	accounts, servers = map[string]Status{}, map[string]Status{}
	for _, h := range hosts {
		servers[h] = Status{}
	}
	for _, h := range handles {
		accounts[h] = Status{}
	}
	reader := account.ID(c.AccountID) // 0 mutes nobody
	if err := s.store.accountStatus(ctx, s.cfg.DB.Read(), instance, reader, s.split(handles), accounts); err != nil {
		return nil, nil, err
	}
	return accounts, servers, s.store.hostStatus(ctx, s.cfg.DB.Read(), instance, reader, hosts, servers)
}

// handle is one that was asked about, taken apart.
type handle struct{ asked, name, host string }

func (s *Service) split(list []string) []handle {
	out := make([]handle, len(list))
	for i, h := range list {
		name, host := s.cfg.Actors.SplitHandle(h)
		out[i] = handle{h, name, host}
	}
	return out
}

func checkStatus(handles, hosts []string) error {
	bad := fault.New(fault.Invalid, "Incorrect request parameters")
	if len(handles) > maxStatus {
		return bad.WithField("accounts", nil, "Should have a valid accounts array", "query")
	}
	for _, h := range handles {
		name, host, ok := strings.Cut(h, "@")
		if !ok || name == "" || !actor.Findable(name) || !ValidHost(host) {
			return bad.WithField("accounts", h, "Should have a valid accounts array", "query")
		}
	}
	if len(hosts) > maxStatus {
		return bad.WithField("hosts", nil, "Should have a valid hosts array", "query")
	}
	for i, h := range hosts {
		if !ValidHost(h) || slices.Contains(hosts[:i], h) {
			return bad.WithField("hosts", h, "Should have a valid hosts array", "query")
		}
	}
	return nil
}
