package rest

// NodeInfo is what a server says of itself to all software of the fediverse
// (schema 2.0), with PeerTube's own part in the metadata.
type NodeInfo struct {
	Version  string `json:"version"`
	Software struct {
		Name    string `json:"name"`
		Version string `json:"version"`
	} `json:"software"`
	Protocols []string `json:"protocols"`
	Services  struct {
		Inbound  []string `json:"inbound"`
		Outbound []string `json:"outbound"`
	} `json:"services"`
	OpenRegistrations bool `json:"openRegistrations"`
	Usage             struct {
		Users struct {
			Total          int64 `json:"total"`
			ActiveMonth    int64 `json:"activeMonth"`
			ActiveHalfyear int64 `json:"activeHalfyear"`
		} `json:"users"`
		LocalPosts    int64 `json:"localPosts"`
		LocalComments int64 `json:"localComments"`
	} `json:"usage"`
	Metadata struct {
		Taxonomy struct {
			PostsName string `json:"postsName"`
		} `json:"taxonomy"`
		NodeName        string     `json:"nodeName"`
		NodeDescription string     `json:"nodeDescription"`
		NodeConfig      NodeConfig `json:"nodeConfig"`
	} `json:"metadata"`
}

// NodeConfig is the part of the configuration that NodeInfo shows.
type NodeConfig struct {
	Search struct {
		RemoteURI struct {
			Users     bool `json:"users"`
			Anonymous bool `json:"anonymous"`
		} `json:"remoteUri"`
	} `json:"search"`
	Plugin struct {
		Registered []struct{} `json:"registered"`
	} `json:"plugin"`
	Theme struct {
		Registered []struct{} `json:"registered"`
		Default    string     `json:"default"`
	} `json:"theme"`
	Email       Switch `json:"email"`
	ContactForm Switch `json:"contactForm"`
	Transcoding struct {
		HLS                Switch `json:"hls"`
		WebVideos          Switch `json:"web_videos"`
		EnabledResolutions []int  `json:"enabledResolutions"`
	} `json:"transcoding"`
	Live struct {
		Enabled     bool `json:"enabled"`
		Transcoding struct {
			Enabled            bool  `json:"enabled"`
			EnabledResolutions []int `json:"enabledResolutions"`
		} `json:"transcoding"`
	} `json:"live"`
	Import struct {
		Videos struct {
			HTTP    Switch `json:"http"`
			Torrent Switch `json:"torrent"`
		} `json:"videos"`
	} `json:"import"`
	AutoBlacklist struct {
		Videos struct {
			OfUsers Switch `json:"ofUsers"`
		} `json:"videos"`
	} `json:"autoBlacklist"`
	Avatar FileRules `json:"avatar"`
	Video  struct {
		Image struct {
			Extensions []string `json:"extensions"`
			Size       struct {
				Max int64 `json:"max"`
			} `json:"size"`
		} `json:"image"`
		File struct {
			Extensions []string `json:"extensions"`
		} `json:"file"`
	} `json:"video"`
	VideoCaption FileRules `json:"videoCaption"`
	User         struct {
		VideoQuota      int64 `json:"videoQuota"`
		VideoQuotaDaily int64 `json:"videoQuotaDaily"`
	} `json:"user"`
	Trending struct {
		Videos struct {
			IntervalDays int64 `json:"intervalDays"`
		} `json:"videos"`
	} `json:"trending"`
	Tracker Switch `json:"tracker"`
}

// NodeUsage is how much goes on at a server.
type NodeUsage struct {
	Users, ActiveMonth, ActiveHalfYear, Posts, Comments int64
}

// NewNodeInfo tells of a server what clients see of its configuration.
func NewNodeInfo(c ServerConfig, description string, use NodeUsage) NodeInfo {
	n := NodeInfo{Version: "2.0", Protocols: []string{"activitypub"}, OpenRegistrations: c.Signup.Allowed}
	if !c.Federation.Enabled {
		n.Protocols = []string{}
	}
	n.Software.Name, n.Software.Version = "peertube", c.ServerVersion
	n.Services.Inbound, n.Services.Outbound = []string{}, []string{"atom1.0", "rss2.0"}
	n.Usage.Users.Total, n.Usage.Users.ActiveMonth, n.Usage.Users.ActiveHalfyear = use.Users, use.ActiveMonth, use.ActiveHalfYear
	n.Usage.LocalPosts, n.Usage.LocalComments = use.Posts, use.Comments
	n.Metadata.Taxonomy.PostsName = "Videos"
	n.Metadata.NodeName, n.Metadata.NodeDescription = c.Instance.Name, description
	n.Metadata.NodeConfig = nodeConfig(c)
	return n
}

func nodeConfig(c ServerConfig) (n NodeConfig) {
	n.Search.RemoteURI = c.Search.RemoteURI
	n.Plugin.Registered, n.Theme.Registered, n.Theme.Default = c.Plugin.Registered, c.Theme.Registered, c.Theme.Default
	n.Email, n.ContactForm = c.Email, c.ContactForm
	n.Transcoding.HLS.Enabled, n.Transcoding.WebVideos = c.Transcoding.HLS.Enabled, c.Transcoding.WebVideos
	n.Transcoding.EnabledResolutions = c.Transcoding.EnabledResolutions
	n.Live.Enabled, n.Live.Transcoding.Enabled = c.Live.Enabled, c.Live.Transcoding.Enabled
	n.Live.Transcoding.EnabledResolutions = c.Live.Transcoding.EnabledResolutions
	n.Import.Videos = c.Import.Videos
	n.AutoBlacklist = c.AutoBlacklist
	n.Avatar, n.Video, n.VideoCaption, n.User = c.Avatar, c.Video, c.VideoCaption, c.User
	n.Trending.Videos.IntervalDays, n.Tracker = c.Trending.Videos.IntervalDays, c.Tracker
	return n
}
