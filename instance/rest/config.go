package rest

// ServerConfig answers GET /config: what clients must know to show the right
// controls. Sizes are bytes, intervals milliseconds, -1 is unlimited.
type ServerConfig struct {
	Client struct {
		NewFeaturesInfo bool `json:"newFeaturesInfo"`
		Header          struct {
			HideInstanceName bool `json:"hideInstanceName"`
		} `json:"header"`
		Videos struct {
			Miniature struct {
				PreferAuthorDisplayName bool `json:"preferAuthorDisplayName"`
			} `json:"miniature"`
			ResumableUpload struct {
				MaxChunkSize int64 `json:"maxChunkSize"`
			} `json:"resumableUpload"`
		} `json:"videos"`
		BrowseVideos struct {
			DefaultSort  string `json:"defaultSort"`
			DefaultScope string `json:"defaultScope"`
		} `json:"browseVideos"`
		Menu struct {
			Login struct {
				RedirectOnSingleExternalAuth bool `json:"redirectOnSingleExternalAuth"`
			} `json:"login"`
		} `json:"menu"`
		OpenInApp struct {
			Android struct {
				Intent struct {
					Enabled     bool   `json:"enabled"`
					Host        string `json:"host"`
					Scheme      string `json:"scheme"`
					FallbackURL string `json:"fallbackUrl"`
				} `json:"intent"`
			} `json:"android"`
			IOS struct {
				Enabled     bool   `json:"enabled"`
				Host        string `json:"host"`
				Scheme      string `json:"scheme"`
				FallbackURL string `json:"fallbackUrl"`
			} `json:"ios"`
		} `json:"openInApp"`
	} `json:"client"`
	Defaults struct {
		Publish struct {
			DownloadEnabled bool  `json:"downloadEnabled"`
			CommentsPolicy  int64 `json:"commentsPolicy"`
			Privacy         int64 `json:"privacy"`
			Licence         *int  `json:"licence"`
		} `json:"publish"`
		Live struct {
			SaveReplay bool `json:"saveReplay"`
		} `json:"live"`
		P2P struct {
			Webapp Switch `json:"webapp"`
			Embed  Switch `json:"embed"`
		} `json:"p2p"`
		Player struct {
			Theme    string `json:"theme"`
			AutoPlay bool   `json:"autoPlay"`
		} `json:"player"`
	} `json:"defaults"`
	Webadmin struct {
		Configuration struct {
			Edition struct {
				Allowed bool `json:"allowed"`
			} `json:"edition"`
		} `json:"configuration"`
	} `json:"webadmin"`
	Instance struct {
		Name               string `json:"name"`
		ShortDescription   string `json:"shortDescription"`
		IsNSFW             bool   `json:"isNSFW"`
		DefaultNSFWPolicy  string `json:"defaultNSFWPolicy"`
		DefaultClientRoute string `json:"defaultClientRoute"`
		ServerCountry      string `json:"serverCountry"`
		Support            struct {
			Text string `json:"text"`
		} `json:"support"`
		Social struct {
			BlueskyLink  string `json:"blueskyLink"`
			MastodonLink string `json:"mastodonLink"`
			XLink        string `json:"xLink"`
			ExternalLink string `json:"externalLink"`
		} `json:"social"`
		Customizations struct {
			Javascript string `json:"javascript"`
			CSS        string `json:"css"`
		} `json:"customizations"`
		DefaultLanguage string       `json:"defaultLanguage"`
		Avatars         []ActorImage `json:"avatars"`
		Banners         []ActorImage `json:"banners"`
		Logo            []Logo       `json:"logo"`
	} `json:"instance"`
	Search struct {
		RemoteURI struct {
			Users     bool `json:"users"`
			Anonymous bool `json:"anonymous"`
		} `json:"remoteUri"`
		SearchIndex struct {
			Enabled            bool   `json:"enabled"`
			URL                string `json:"url"`
			DisableLocalSearch bool   `json:"disableLocalSearch"`
			IsDefaultSearch    bool   `json:"isDefaultSearch"`
		} `json:"searchIndex"`
	} `json:"search"`
	Plugin struct {
		Registered               []struct{} `json:"registered"`
		RegisteredExternalAuths  []struct{} `json:"registeredExternalAuths"`
		RegisteredIdAndPassAuths []struct{} `json:"registeredIdAndPassAuths"`
	} `json:"plugin"`
	Theme struct {
		Registered    []struct{}  `json:"registered"`
		BuiltIn       []ThemeName `json:"builtIn"`
		Default       string      `json:"default"`
		Customization struct {
			PrimaryColor             *string `json:"primaryColor"`
			OnPrimaryColor           *string `json:"onPrimaryColor"`
			ForegroundColor          *string `json:"foregroundColor"`
			BackgroundColor          *string `json:"backgroundColor"`
			BackgroundSecondaryColor *string `json:"backgroundSecondaryColor"`
			MenuForegroundColor      *string `json:"menuForegroundColor"`
			MenuBackgroundColor      *string `json:"menuBackgroundColor"`
			MenuBorderRadius         *string `json:"menuBorderRadius"`
			HeaderForegroundColor    *string `json:"headerForegroundColor"`
			HeaderBackgroundColor    *string `json:"headerBackgroundColor"`
			InputBorderRadius        *string `json:"inputBorderRadius"`
		} `json:"customization"`
	} `json:"theme"`
	Email         Switch `json:"email"`
	ContactForm   Switch `json:"contactForm"`
	ServerVersion string `json:"serverVersion"`
	Transcoding   struct {
		RemoteRunners Switch `json:"remoteRunners"`
		HLS           struct {
			Enabled            bool `json:"enabled"`
			SplitAudioAndVideo bool `json:"splitAudioAndVideo"`
		} `json:"hls"`
		WebVideos                            Switch   `json:"web_videos"`
		EnabledResolutions                   []int    `json:"enabledResolutions"`
		Profile                              string   `json:"profile"`
		AvailableProfiles                    []string `json:"availableProfiles"`
		AlwaysTranscodeOriginalResolution    bool     `json:"alwaysTranscodeOriginalResolution"`
		AlwaysTranscodePodcastOptimizedAudio bool     `json:"alwaysTranscodePodcastOptimizedAudio"`
	} `json:"transcoding"`
	Live struct {
		Enabled     bool `json:"enabled"`
		AllowReplay bool `json:"allowReplay"`
		DVR         struct {
			MaxWindow int64 `json:"maxWindow"`
		} `json:"dvr"`
		LatencySetting   Switch `json:"latencySetting"`
		MaxDuration      int64  `json:"maxDuration"`
		MaxInstanceLives int64  `json:"maxInstanceLives"`
		MaxUserLives     int64  `json:"maxUserLives"`
		Transcoding      struct {
			Enabled            bool     `json:"enabled"`
			RemoteRunners      Switch   `json:"remoteRunners"`
			EnabledResolutions []int    `json:"enabledResolutions"`
			Profile            string   `json:"profile"`
			AvailableProfiles  []string `json:"availableProfiles"`
		} `json:"transcoding"`
		RTMP struct {
			Port int64 `json:"port"`
		} `json:"rtmp"`
	} `json:"live"`
	VideoStudio struct {
		Enabled       bool   `json:"enabled"`
		RemoteRunners Switch `json:"remoteRunners"`
	} `json:"videoStudio"`
	VideoFile struct {
		Update Switch `json:"update"`
	} `json:"videoFile"`
	VideoTranscription struct {
		Enabled       bool   `json:"enabled"`
		RemoteRunners Switch `json:"remoteRunners"`
	} `json:"videoTranscription"`
	Import struct {
		Videos struct {
			HTTP    Switch `json:"http"`
			Torrent Switch `json:"torrent"`
		} `json:"videos"`
		VideoChannelSynchronization Switch `json:"videoChannelSynchronization"`
		Users                       Switch `json:"users"`
	} `json:"import"`
	Export struct {
		Users struct {
			Enabled           bool  `json:"enabled"`
			ExportExpiration  int64 `json:"exportExpiration"`
			MaxUserVideoQuota int64 `json:"maxUserVideoQuota"`
		} `json:"users"`
	} `json:"export"`
	AutoBlacklist struct {
		Videos struct {
			OfUsers Switch `json:"ofUsers"`
		} `json:"videos"`
	} `json:"autoBlacklist"`
	Avatar FileRules `json:"avatar"`
	Banner FileRules `json:"banner"`
	Logo   FileRules `json:"logo"`
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
	VideoChannels struct {
		MaxPerUser int64 `json:"maxPerUser"`
	} `json:"videoChannels"`
	Trending struct {
		Videos struct {
			IntervalDays int64 `json:"intervalDays"`
			Algorithms   struct {
				Enabled []string `json:"enabled"`
				Default string   `json:"default"`
			} `json:"algorithms"`
		} `json:"videos"`
	} `json:"trending"`
	Tracker    Switch `json:"tracker"`
	Followings struct {
		Instance struct {
			AutoFollowIndex struct {
				IndexURL string `json:"indexUrl"`
			} `json:"autoFollowIndex"`
		} `json:"instance"`
	} `json:"followings"`
	Blocklist struct {
		PublicLog Switch `json:"publicLog"`
	} `json:"blocklist"`
	Federation       Switch `json:"federation"`
	BroadcastMessage struct {
		Enabled     bool   `json:"enabled"`
		Message     string `json:"message"`
		Level       string `json:"level"`
		Dismissable bool   `json:"dismissable"`
	} `json:"broadcastMessage"`
	Homepage      Switch `json:"homepage"`
	OpenTelemetry struct {
		Metrics struct {
			Enabled               bool  `json:"enabled"`
			PlaybackStatsInterval int64 `json:"playbackStatsInterval"`
		} `json:"metrics"`
	} `json:"openTelemetry"`
	Views struct {
		Videos struct {
			Remote struct {
				MaxAge int64 `json:"maxAge"`
			} `json:"remote"`
			Local struct {
				MaxAge int64 `json:"maxAge"`
			} `json:"local"`
			WatchingInterval struct {
				Anonymous int64 `json:"anonymous"`
				Users     int64 `json:"users"`
			} `json:"watchingInterval"`
		} `json:"videos"`
	} `json:"views"`
	Storyboards struct {
		Enabled       bool   `json:"enabled"`
		RemoteRunners Switch `json:"remoteRunners"`
	} `json:"storyboards"`
	WebRTC struct {
		STUNServers []string `json:"stunServers"`
	} `json:"webrtc"`
	NSFWFlagsSettings Switch `json:"nsfwFlagsSettings"`
	FieldsConstraints struct {
		Users struct {
			Password struct {
				MinLength int64 `json:"minLength"`
				MaxLength int64 `json:"maxLength"`
			} `json:"password"`
		} `json:"users"`
	} `json:"fieldsConstraints"`
	Signup struct {
		Allowed                   bool  `json:"allowed"`
		AllowedForCurrentIP       bool  `json:"allowedForCurrentIP"`
		MinimumAge                int64 `json:"minimumAge"`
		RequiresApproval          bool  `json:"requiresApproval"`
		RequiresEmailVerification bool  `json:"requiresEmailVerification"`
	} `json:"signup"`
}

// Switch is a feature that is on or off.
type Switch struct {
	Enabled bool `json:"enabled"`
}

// FileRules says which files a form accepts.
type FileRules struct {
	File struct {
		Size struct {
			Max int64 `json:"max"`
		} `json:"size"`
		Extensions []string `json:"extensions"`
	} `json:"file"`
}

// Logo is a picture of the instance.
type Logo struct {
	FileURL    string `json:"fileUrl"`
	Width      int    `json:"width"`
	Height     int    `json:"height"`
	Type       string `json:"type"`
	IsFallback bool   `json:"isFallback"`
}

// ThemeName is a theme that is built in.
type ThemeName struct {
	Name string `json:"name"`
}

// About answers GET /config/about.
type About struct {
	Instance AboutInstance `json:"instance"`
}

// AboutInstance is what the operator says about the instance.
type AboutInstance struct {
	Name                  string       `json:"name"`
	ShortDescription      string       `json:"shortDescription"`
	Description           string       `json:"description"`
	Terms                 string       `json:"terms"`
	CodeOfConduct         string       `json:"codeOfConduct"`
	HardwareInformation   string       `json:"hardwareInformation"`
	CreationReason        string       `json:"creationReason"`
	ModerationInformation string       `json:"moderationInformation"`
	Administrator         string       `json:"administrator"`
	MaintenanceLifetime   string       `json:"maintenanceLifetime"`
	BusinessModel         string       `json:"businessModel"`
	Languages             []string     `json:"languages"`
	Categories            []int        `json:"categories"`
	Banners               []ActorImage `json:"banners"`
	Avatars               []ActorImage `json:"avatars"`
}
