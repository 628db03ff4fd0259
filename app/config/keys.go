package config

// key is one setting that has an effect.
type key struct {
	name     string
	kind     kind
	target   func(d *draft) any // pointer to the field that holds it
	doc      string
	secret   bool   // never shown; may also be given as …_file
	variable string // environment variable of a key that PeerTube does not have
}

// keys are all settings that have an effect, in the order of the sample file.
// What PeerTube has besides is known (known.go) and reported as not supported.
var keys = concat(serverKeys, storageKeys, protectionKeys, videoKeys, peopleKeys, federationKeys, siteKeys)

func concat(groups ...[]key) []key {
	var all []key
	for _, g := range groups {
		all = append(all, g...)
	}
	return all
}

var serverKeys = []key{
	{name: "listen.hostname", kind: text, target: func(d *draft) any { return &d.listenHost }, doc: "Address the server listens on. Keep it on loopback behind a reverse proxy."},
	{name: "listen.port", kind: port, target: func(d *draft) any { return &d.listenPort }},
	{name: "listen.proxy_protocol", kind: flag, target: func(d *draft) any { return &d.ProxyProtocol }, variable: "VIDIVERSE_PROXY_PROTOCOL", doc: "Connections from trust_proxy begin with the PROXY protocol (a balancer of TCP, not of HTTP)."},
	{name: "webserver.https", kind: flag, target: func(d *draft) any { return &d.webHTTPS }, doc: "The public address. It is part of every link and of every federated name: do not change it later."},
	{name: "webserver.hostname", kind: text, target: func(d *draft) any { return &d.webHost }},
	{name: "webserver.port", kind: number(1, 65535), target: func(d *draft) any { return &d.webPort }, doc: "When nothing is set under webserver, the port follows listen.port."},
	{name: "http_timeouts.request", kind: duration, target: func(d *draft) any { return &d.RequestLimit }, doc: "Longest time a request may take to arrive, uploads' chunks included."},
	{name: "trust_proxy", kind: proxies, target: func(d *draft) any { return &d.TrustProxy }, doc: "Whose X-Forwarded-For is believed. List your reverse proxy and nothing more."},
	{name: "log.level", kind: choice("debug", "verbose", "info", "warn", "error"), target: func(d *draft) any { return &d.level }},
	{name: "log.log_http_requests", kind: flag, target: func(d *draft) any { return &d.Log.Requests }, doc: "One line a request."},
	{name: "log.log_ping_requests", kind: flag, target: func(d *draft) any { return &d.Log.Pings }},
	{name: "log.anonymize_ip", kind: flag, target: func(d *draft) any { return &d.Log.AnonymizeIP }, doc: "Leave the last part of addresses out of the log."},
	{name: "open_telemetry.metrics.enabled", kind: flag, target: func(d *draft) any { return &d.metrics }, doc: "Numbers for Prometheus, at /metrics of an address of their own. Whoever may connect there may read them."},
	{name: "open_telemetry.metrics.prometheus_exporter.hostname", kind: text, target: func(d *draft) any { return &d.metricsHost }},
	{name: "open_telemetry.metrics.prometheus_exporter.port", kind: port, target: func(d *draft) any { return &d.metricsPort }},
}

var storageKeys = []key{
	{name: "database.url", kind: text, target: func(d *draft) any { return &d.dbURL }, variable: "VIDIVERSE_DATABASE_URL", doc: "sqlite:FILE or postgres://user:password@host:port/name. Empty is a SQLite file in the data folder, unless one of the keys below is set: they mean PostgreSQL."},
	{name: "database.hostname", kind: text, target: func(d *draft) any { return &d.dbHost }},
	{name: "database.port", kind: number(1, 65535), target: func(d *draft) any { return &d.dbPort }},
	{name: "database.name", kind: text, target: func(d *draft) any { return &d.dbName }, doc: "Empty is peertube with database.suffix. Use a database of its own, never one that PeerTube uses."},
	{name: "database.suffix", kind: text, target: func(d *draft) any { return &d.dbSuffix }},
	{name: "database.username", kind: text, target: func(d *draft) any { return &d.dbUser }},
	{name: "database.password", kind: text, target: func(d *draft) any { return &d.dbPassword }, secret: true},
	{name: "database.password_file", kind: text, target: func(d *draft) any { return &d.dbPasswordFile }, variable: "VIDIVERSE_DB_PASSWORD_FILE", doc: "File whose first line is the password."},
	{name: "database.ssl", kind: flag, target: func(d *draft) any { return &d.dbSSL }},
	{name: "database.ssl_settings.reject_unauthorized", kind: flag, target: func(d *draft) any { return &d.dbVerify }},
	folder("tmp", "Media folders. All must lie in one folder under PeerTube's names; unset ones follow the data folder."),
	folder("tmp_persistent", ""), folder("avatars", ""), folder("web_videos", ""),
	folder("streaming_playlists", ""), folder("original_video_files", ""), folder("thumbnails", ""), folder("torrents", ""), folder("well_known", "Files of your own for /.well-known/."),
}

func folder(name, doc string) key {
	return key{name: "storage." + name, kind: text, doc: doc, target: func(d *draft) any {
		if d.folders[name] == nil {
			d.folders[name] = new(string)
		}
		return d.folders[name]
	}}
}

var protectionKeys = []key{
	{name: "rates_limit.api.window", kind: duration, target: func(d *draft) any { return &d.Limits.API.Window }, doc: "Most requests from one address in a time; with a max of 0 there is no limit."},
	{name: "rates_limit.api.max", kind: number(-1, 1e6), target: func(d *draft) any { return &d.Limits.API.Max }},
	{name: "rates_limit.login.window", kind: duration, target: func(d *draft) any { return &d.Limits.Login.Window }},
	{name: "rates_limit.login.max", kind: number(-1, 1e6), target: func(d *draft) any { return &d.Limits.Login.Max }},
	{name: "rates_limit.signup.window", kind: duration, target: func(d *draft) any { return &d.SignUp.Rate.Window }},
	{name: "rates_limit.signup.max", kind: number(-1, 1e6), target: func(d *draft) any { return &d.SignUp.Rate.Max }},
	{name: "rates_limit.client.window", kind: duration, target: func(d *draft) any { return &d.Limits.Client.Window }},
	{name: "rates_limit.client.max", kind: number(-1, 1e6), target: func(d *draft) any { return &d.Limits.Client.Max }},
	{name: "rates_limit.activity_pub.window", kind: duration, target: func(d *draft) any { return &d.Limits.Objects.Window }, doc: "What other servers read; what they deliver has limits of its own."},
	{name: "rates_limit.activity_pub.max", kind: number(-1, 1e6), target: func(d *draft) any { return &d.Limits.Objects.Max }},
	{name: "rates_limit.well_known.window", kind: duration, target: func(d *draft) any { return &d.Limits.Found.Window }},
	{name: "rates_limit.well_known.max", kind: number(-1, 1e6), target: func(d *draft) any { return &d.Limits.Found.Max }},
	{name: "oauth2.token_lifetime.access_token", kind: duration, target: func(d *draft) any { return &d.Tokens.Access }, doc: "How long people stay signed in without, and with, using the site."},
	{name: "oauth2.token_lifetime.refresh_token", kind: duration, target: func(d *draft) any { return &d.Tokens.Refresh }},
	{name: "tracker.enabled", kind: flag, target: func(d *draft) any { return &d.Tracker.Enabled }, doc: "Introduces viewers to each other so that they share bytes. Without it no torrents are made."},
	{name: "tracker.private", kind: flag, target: func(d *draft) any { return &d.Tracker.Private }, doc: "Only for videos of this instance."},
	{name: "tracker.reject_too_many_announces", kind: flag, target: func(d *draft) any { return &d.Tracker.RejectMad }, doc: "Refuse an address its sixteenth announce of a video within five minutes, as PeerTube does. Shuts out people behind one address: the tracker's other limits hold without it."},
	{name: "tracker.introductions", kind: choice("everyone", "mirrors-only"), target: func(d *draft) any { return &d.Tracker.Introductions }, variable: "VIDIVERSE_TRACKER_INTRODUCTIONS", doc: "Who meets whom. With mirrors-only viewers meet the nodes below and never each other: nobody learns a viewer's address by watching, and without a node everything comes from this server."},
	{name: "tracker.nodes", kind: nodes, target: func(d *draft) any { return &d.Tracker.Nodes }, doc: "Keys of nodes that viewers may always meet, and that have limits of their own; \"vidiverse node status\" prints the one that a node has for this instance."},
	{name: "webrtc.stun_servers", kind: list[string](text), target: func(d *draft) any { return &d.STUN }, doc: "Told to players, so that they find their public address."},
}

var videoKeys = []key{
	{name: "transcoding.enabled", kind: flag, target: func(d *draft) any { return &d.Transcode.Enabled }},
	{name: "transcoding.original_file.keep", kind: flag, target: func(d *draft) any { return &d.Transcode.KeepOriginal }, doc: "Keep the uploaded file after transcoding."},
	{name: "transcoding.allow_additional_extensions", kind: flag, target: func(d *draft) any { return &d.Transcode.AdditionalTypes }, doc: "Also mkv, mov, avi, flv and others."},
	{name: "transcoding.allow_audio_files", kind: flag, target: func(d *draft) any { return &d.Transcode.AudioFiles }},
	{name: "transcoding.threads", kind: number(0, 512), target: func(d *draft) any { return &d.Transcode.Threads }, doc: "Threads of one ffmpeg; 0 is one a core."},
	{name: "transcoding.concurrency", kind: number(1, 64), target: func(d *draft) any { return &d.Transcode.Concurrency }, doc: "Transcodings at once."},
	resolution("0p"), resolution("144p"), resolution("240p"), resolution("360p"), resolution("480p"),
	resolution("720p"), resolution("1080p"), resolution("1440p"), resolution("2160p"),
	{name: "transcoding.always_transcode_original_resolution", kind: flag, target: func(d *draft) any { return &d.Transcode.AlwaysOriginal }, doc: "Also the file's own resolution when it is not in the list."},
	{name: "transcoding.fps.max", kind: number(1, 240), target: func(d *draft) any { return &d.Transcode.MaxFPS }},
	{name: "transcoding.web_videos.enabled", kind: flag, target: func(d *draft) any { return &d.Transcode.WebVideos }, doc: "Each resolution also as one MP4 file: twice the space, for BitTorrent and players without HLS."},
	{name: "transcoding.hls.enabled", kind: flag, target: func(d *draft) any { return &d.Transcode.HLS }, doc: "Without it only web_videos are made, which this site's own pages and nodes do not share among viewers."},
	{name: "transcoding.hls.split_audio_and_video", kind: flag, target: func(d *draft) any { return &d.Transcode.SplitAudio }, doc: "One audio file for all resolutions. Saves space; yt-dlp then downloads pictures without sound."},
	{name: "thumbnails.generation_from_video.frames_to_analyze", kind: number(1, 500), target: func(d *draft) any { return &d.Thumbnails.Frames }, doc: "Frames looked at to choose a thumbnail."},
	{name: "thumbnails.sizes", kind: pictures, target: func(d *draft) any { return &d.Thumbnails.Sizes }},
	{name: "views.videos.local_buffer_update_interval", kind: duration, target: func(d *draft) any { return &d.Views.Flush }, doc: "How often counted views are written."},
	{name: "views.videos.view_expiration", kind: duration, target: func(d *draft) any { return &d.Views.Expire }, doc: "One viewer counts once in this time."},
	{name: "views.videos.count_view_after", kind: duration, target: func(d *draft) any { return &d.Views.CountAfter }, doc: "Watched so long counts as a view."},
	{name: "views.videos.watching_interval.anonymous", kind: duration, target: func(d *draft) any { return &d.Views.EveryAnonymous }, doc: "How often players report where they are."},
	{name: "views.videos.watching_interval.users", kind: duration, target: func(d *draft) any { return &d.Views.EveryUser }},
	{name: "defaults.publish.download_enabled", kind: flag, target: func(d *draft) any { return &d.Publish.Download }, doc: "What a new video starts with."},
	{name: "defaults.publish.comments_policy", kind: number(1, 3), target: func(d *draft) any { return &d.Publish.Comments }, doc: "1 open, 2 closed, 3 with approval."},
	{name: "defaults.publish.privacy", kind: number(1, 4), target: func(d *draft) any { return &d.Publish.Privacy }, doc: "1 public, 2 unlisted, 3 private, 4 internal."},
	{name: "defaults.publish.licence", kind: optionalNumber(1, 7), target: func(d *draft) any { return &d.Publish.Licence }},
	{name: "defaults.p2p.webapp.enabled", kind: flag, target: func(d *draft) any { return &d.Player.P2P }, doc: "Viewers share bytes unless they say no."},
	{name: "defaults.p2p.embed.enabled", kind: flag, target: func(d *draft) any { return &d.Player.EmbedP2P }},
	{name: "defaults.player.theme", kind: choice("galaxy", "lucide"), target: func(d *draft) any { return &d.Player.Theme }},
	{name: "defaults.player.auto_play", kind: flag, target: func(d *draft) any { return &d.Player.AutoPlay }},
}

func resolution(name string) key {
	return key{name: "transcoding.resolutions." + name, kind: flag, target: func(d *draft) any {
		if d.resolutions[name] == nil {
			d.resolutions[name] = new(bool)
		}
		return d.resolutions[name]
	}}
}
