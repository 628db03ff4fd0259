package config

import "go.yaml.in/yaml/v3"

// difference is a default that is not PeerTube's, and why.
type difference struct{ key, value, reason string }

func (d difference) node() *yaml.Node { return defaultNode(d.value) }

// differences are all of them; a test holds every other default against the
// captured table.
var differences = []difference{
	{"listen.proxy_protocol", "false", "ours: PeerTube does not speak it"},
	{"database.url", "''", "ours: SQLite needs nothing installed"},
	{"database.name", "''", "PeerTube has no default either; empty makes it from the suffix"},
	{"database.password_file", "''", "ours: a secret stays out of the file"},
	{"log.log_http_requests", "false", "reverse proxies keep an access log; a line a request is for finding faults"},
	{"tracker.introductions", "everyone", "ours: PeerTube introduces everyone"},
	{"tracker.nodes", "[]", "ours: PeerTube knows no nodes"},
	{"remote_redundancy.videos.accept_from", "followings", "PeerTube's anybody sends viewers to whoever announces a copy"},
	{"federation.account_only", "false", "PeerTube has it as an environment variable alone"},
	{"federation.intervals.refresh", "2 days", "ours: PeerTube's fixed interval, as the next five"},
	{"federation.intervals.scores", "20 hours", "as refresh"},
	{"federation.intervals.follows", "1 day", "as refresh"},
	{"federation.intervals.clean", "1 week", "as refresh"},
	{"federation.intervals.expire", "10 minutes", "ours: what is over is not shown anyway"},
	{"federation.intervals.index", "1 day", "as refresh"},
	{"federation.intervals.deliver", "10 minutes", "ours: PeerTube does not deliver again"},
	{"federation.intervals.viewers", "90 seconds", "as refresh"},
	{"instance.robots", "''", "a text of two lines cannot be a default in the sample file; empty is the same"},
	{"instance.securitytxt", "''", "PeerTube's names PeerTube's developers"},
	{"transcoding.threads", "0", "PeerTube's 1 leaves the other cores idle"},
	{"transcoding.resolutions.240p", "true", "PeerTube's first-run page asks; we start with a useful ladder"},
	{"transcoding.resolutions.480p", "true", "as 240p"},
	{"transcoding.resolutions.720p", "true", "as 240p"},
	{"transcoding.resolutions.1080p", "true", "as 240p"},
	{"instance.name", "Vidiverse", "our name"},
	{"instance.short_description", "Video without a landlord: people who watch help carry it.", "PeerTube's describes PeerTube"},
	{"instance.description", "''", "an empty text is filled in by its owner; a stock sentence is not"},
}
