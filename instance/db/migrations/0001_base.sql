-- Times are Unix milliseconds UTC. Ids never return: they are AUTOINCREMENT or IDENTITY.
-- host_id NULL means local. Federated rows have one url, written once.

CREATE TABLE setting (
  key TEXT PRIMARY KEY,
  value TEXT NOT NULL,
  updated_at BIGINT NOT NULL
);

CREATE TABLE job (
  id {{id}},
  type TEXT NOT NULL,
  payload TEXT NOT NULL,
  state TEXT NOT NULL,                 -- waiting active completed failed waiting-children
  priority BIGINT NOT NULL DEFAULT 0,  -- lower first
  run_at BIGINT NOT NULL,
  attempt BIGINT NOT NULL DEFAULT 0,
  max_attempts BIGINT NOT NULL DEFAULT 1,
  crashes BIGINT NOT NULL DEFAULT 0,   -- attempts that ended with the process, not with an error
  lease_until BIGINT,
  owner TEXT,
  parent BIGINT REFERENCES job(id) ON DELETE SET NULL,
  dedupe_key TEXT,
  order_key TEXT,
  progress BIGINT NOT NULL DEFAULT 0,  -- percent
  error TEXT,
  created_at BIGINT NOT NULL,
  started_at BIGINT,
  finished_at BIGINT
);
CREATE INDEX job_ready ON job (type, priority, run_at, id) WHERE state = 'waiting';
CREATE INDEX job_state ON job (state, id);
CREATE INDEX job_parent ON job (parent);
CREATE UNIQUE INDEX job_dedupe ON job (dedupe_key) WHERE dedupe_key IS NOT NULL AND state IN ('waiting', 'active', 'waiting-children');
CREATE UNIQUE INDEX job_order ON job (order_key) WHERE order_key IS NOT NULL AND state = 'active';

CREATE TABLE job_period (              -- periodic tasks: the last slot of time that was begun
  name TEXT PRIMARY KEY,
  slot BIGINT NOT NULL
);

CREATE TABLE host (
  id {{id}},
  name TEXT NOT NULL UNIQUE,           -- host[:port], lower case
  created_at BIGINT NOT NULL
);

CREATE TABLE actor (
  id {{id}},
  kind BIGINT NOT NULL,                -- 1 application, 2 person, 3 group
  username TEXT NOT NULL,
  host_id BIGINT REFERENCES host(id),
  url TEXT NOT NULL UNIQUE,
  inbox_url TEXT NOT NULL,
  shared_inbox_url TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  deleted_at BIGINT                    -- the row, its name and its key stay for ever
);
CREATE UNIQUE INDEX actor_local_name ON actor (lower(username)) WHERE host_id IS NULL;
CREATE UNIQUE INDEX actor_remote_name ON actor (host_id, username) WHERE host_id IS NOT NULL;

CREATE TABLE actor_key (
  actor_id BIGINT PRIMARY KEY REFERENCES actor(id),
  public_pem TEXT NOT NULL,
  private_pem TEXT
);

CREATE TABLE actor_counter (
  actor_id BIGINT PRIMARY KEY REFERENCES actor(id),
  followers BIGINT NOT NULL DEFAULT 0,
  following BIGINT NOT NULL DEFAULT 0
);

CREATE TABLE actor_image (
  id {{id}},
  actor_id BIGINT NOT NULL REFERENCES actor(id),
  kind BIGINT NOT NULL,                -- 1 avatar, 2 banner
  width BIGINT NOT NULL,
  height BIGINT NOT NULL,
  file TEXT NOT NULL UNIQUE,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL
);
CREATE INDEX actor_image_actor ON actor_image (actor_id, kind);

CREATE TABLE tombstone (
  url TEXT PRIMARY KEY,
  type TEXT NOT NULL,
  actor_id BIGINT REFERENCES actor(id),
  at BIGINT NOT NULL
);

CREATE TABLE local_user (
  id {{id}},
  username TEXT NOT NULL,
  email TEXT NOT NULL,
  email_verified BIGINT NOT NULL DEFAULT 0,
  password_hash TEXT NOT NULL,         -- bcrypt
  role BIGINT NOT NULL,                -- 0 administrator, 1 moderator, 2 user
  admin_flags BIGINT NOT NULL DEFAULT 0,
  video_quota BIGINT NOT NULL,         -- bytes, -1 is unlimited
  video_quota_daily BIGINT NOT NULL,
  preferences TEXT NOT NULL,           -- JSON of the personal settings that REST shows
  blocked BIGINT NOT NULL DEFAULT 0,
  blocked_reason TEXT,
  last_login BIGINT,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX local_user_name ON local_user (lower(username));
CREATE UNIQUE INDEX local_user_email ON local_user (lower(email));

CREATE TABLE oauth_client (
  id {{id}},
  client_id TEXT NOT NULL UNIQUE,
  client_secret TEXT NOT NULL,
  created_at BIGINT NOT NULL
);

CREATE TABLE oauth_token (
  id {{id}},
  user_id BIGINT NOT NULL REFERENCES local_user(id) ON DELETE CASCADE,
  access_hash TEXT NOT NULL UNIQUE,    -- SHA-256 of the token, hex: the token itself is never stored
  access_expires BIGINT NOT NULL,
  refresh_hash TEXT NOT NULL UNIQUE,
  refresh_expires BIGINT NOT NULL,
  family TEXT NOT NULL,                -- all tokens refreshed from one log-in; reuse of an old one revokes them
  rotated_at BIGINT,                   -- set when it was exchanged
  login_device TEXT, login_ip TEXT, login_at BIGINT,
  active_device TEXT, active_ip TEXT, active_at BIGINT,
  created_at BIGINT NOT NULL
);
CREATE INDEX oauth_token_user ON oauth_token (user_id);
CREATE INDEX oauth_token_family ON oauth_token (family);

CREATE TABLE account (
  id {{id}},
  actor_id BIGINT NOT NULL UNIQUE REFERENCES actor(id),
  user_id BIGINT UNIQUE REFERENCES local_user(id),
  display_name TEXT NOT NULL,
  description TEXT,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL
);

CREATE TABLE channel (
  id {{id}},
  actor_id BIGINT NOT NULL UNIQUE REFERENCES actor(id),
  account_id BIGINT NOT NULL REFERENCES account(id),
  display_name TEXT NOT NULL,
  description TEXT,
  support TEXT,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL
);
CREATE INDEX channel_account ON channel (account_id);

CREATE TABLE video (
  id {{id}},
  uuid TEXT NOT NULL UNIQUE,
  url TEXT NOT NULL UNIQUE,
  host_id BIGINT REFERENCES host(id),
  channel_id BIGINT NOT NULL REFERENCES channel(id),
  name TEXT NOT NULL,
  description TEXT,
  support TEXT,
  category BIGINT,
  licence BIGINT,
  language TEXT,
  privacy BIGINT NOT NULL,             -- 1 public 2 unlisted 3 private 4 internal 5 password
  state BIGINT NOT NULL,               -- 1 published 2 to transcode … 7 transcoding failed
  state_reason TEXT,
  nsfw BIGINT NOT NULL DEFAULT 0,
  nsfw_flags BIGINT NOT NULL DEFAULT 0,
  nsfw_summary TEXT,
  comments_policy BIGINT NOT NULL DEFAULT 1,
  download_enabled BIGINT NOT NULL DEFAULT 1,
  wait_transcoding BIGINT NOT NULL DEFAULT 0,
  duration BIGINT NOT NULL DEFAULT 0,  -- seconds
  aspect_ratio DOUBLE PRECISION,
  is_live BIGINT NOT NULL DEFAULT 0,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  published_at BIGINT NOT NULL,
  originally_published_at BIGINT,
  input_file_updated_at BIGINT
);
CREATE INDEX video_listed ON video (published_at DESC, id DESC) WHERE privacy = 1 AND state = 1;
CREATE INDEX video_recent ON video (published_at DESC, id DESC, privacy, state); -- for members, who see more
CREATE INDEX video_channel ON video (channel_id, published_at DESC);

CREATE TABLE video_counter (
  video_id BIGINT PRIMARY KEY REFERENCES video(id) ON DELETE CASCADE,
  views BIGINT NOT NULL DEFAULT 0,
  likes BIGINT NOT NULL DEFAULT 0,
  dislikes BIGINT NOT NULL DEFAULT 0,
  comments BIGINT NOT NULL DEFAULT 0,
  downloads BIGINT NOT NULL DEFAULT 0,
  recent_views BIGINT NOT NULL DEFAULT 0,      -- of the last days: what trends
  hot DOUBLE PRECISION NOT NULL DEFAULT 0      -- follows the other counters and video.published_at
);
CREATE INDEX video_counter_views ON video_counter (views DESC, video_id DESC);
CREATE INDEX video_counter_likes ON video_counter (likes DESC, video_id DESC);
CREATE INDEX video_counter_recent ON video_counter (recent_views DESC, video_id DESC);
CREATE INDEX video_counter_hot ON video_counter (hot DESC, video_id DESC);

CREATE TABLE video_views_day (         -- for trending: views of one day (days since the epoch)
  video_id BIGINT NOT NULL REFERENCES video(id) ON DELETE CASCADE,
  day BIGINT NOT NULL,
  views BIGINT NOT NULL DEFAULT 0,
  PRIMARY KEY (video_id, day)
);

CREATE TABLE video_tag (
  video_id BIGINT NOT NULL REFERENCES video(id) ON DELETE CASCADE,
  name TEXT NOT NULL,
  PRIMARY KEY (video_id, name)
);
CREATE INDEX video_tag_name ON video_tag (lower(name));

CREATE TABLE video_rate (
  id {{id}},
  video_id BIGINT NOT NULL REFERENCES video(id) ON DELETE CASCADE,
  account_id BIGINT NOT NULL REFERENCES account(id) ON DELETE CASCADE,
  type TEXT NOT NULL,                  -- like, dislike
  url TEXT NOT NULL UNIQUE,
  created_at BIGINT NOT NULL,
  UNIQUE (video_id, account_id)
);
CREATE INDEX video_rate_account ON video_rate (account_id, created_at DESC);

CREATE TABLE video_password (
  id {{id}},
  video_id BIGINT NOT NULL REFERENCES video(id) ON DELETE CASCADE,
  password TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  UNIQUE (video_id, password)
);

CREATE TABLE video_file_token (
  token_hash TEXT PRIMARY KEY,
  video_id BIGINT NOT NULL REFERENCES video(id) ON DELETE CASCADE,
  user_id BIGINT REFERENCES local_user(id) ON DELETE CASCADE,
  expires BIGINT NOT NULL
);

CREATE TABLE video_schedule (
  video_id BIGINT PRIMARY KEY REFERENCES video(id) ON DELETE CASCADE,
  update_at BIGINT NOT NULL,
  privacy BIGINT
);

CREATE TABLE video_source (            -- the uploaded original
  video_id BIGINT PRIMARY KEY REFERENCES video(id) ON DELETE CASCADE,
  input_filename TEXT NOT NULL,
  blob_key TEXT,                       -- NULL once it was removed
  size BIGINT NOT NULL,
  resolution BIGINT,
  width BIGINT,
  height BIGINT,
  fps DOUBLE PRECISION,
  metadata TEXT,                       -- ffprobe's JSON
  created_at BIGINT NOT NULL
);
CREATE INDEX video_source_key ON video_source (blob_key);

CREATE TABLE thumbnail (
  id {{id}},
  video_id BIGINT NOT NULL REFERENCES video(id) ON DELETE CASCADE,
  width BIGINT NOT NULL,
  height BIGINT NOT NULL,
  file TEXT NOT NULL UNIQUE,
  automatic BIGINT NOT NULL DEFAULT 1,
  created_at BIGINT NOT NULL
);
CREATE INDEX thumbnail_video ON thumbnail (video_id);

CREATE TABLE media_file (              -- every file that `media` may serve for a video
  id {{id}},
  video_id BIGINT NOT NULL REFERENCES video(id) ON DELETE CASCADE,
  kind TEXT NOT NULL,                  -- fragmented playlist master sha256 web-video
  name TEXT NOT NULL,
  size BIGINT NOT NULL,
  store TEXT NOT NULL DEFAULT 'folder',
  visibility TEXT NOT NULL,            -- public, private: which folder it lies in
  created_at BIGINT NOT NULL,
  UNIQUE (kind, name)
);
CREATE INDEX media_file_name ON media_file (name);
CREATE INDEX media_file_video ON media_file (video_id);

CREATE TABLE rendition (               -- one resolution of the HLS playlist
  id {{id}},
  video_id BIGINT NOT NULL REFERENCES video(id) ON DELETE CASCADE,
  file_id BIGINT NOT NULL REFERENCES media_file(id) ON DELETE CASCADE,
  playlist_id BIGINT REFERENCES media_file(id) ON DELETE CASCADE,
  resolution BIGINT NOT NULL,          -- 0 is audio alone
  fps BIGINT NOT NULL,
  width BIGINT NOT NULL,
  height BIGINT NOT NULL,
  has_audio BIGINT NOT NULL,
  has_video BIGINT NOT NULL,
  bandwidth BIGINT NOT NULL,
  codecs TEXT NOT NULL,
  digests {{blob}} NOT NULL,           -- offset, length, sha256 of each segment: 8 + 4 + 32 bytes big-endian
  metadata TEXT,
  created_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX rendition_resolution ON rendition (video_id, resolution);

CREATE TABLE hls_master (
  id {{id}},
  video_id BIGINT NOT NULL REFERENCES video(id) ON DELETE CASCADE,
  name TEXT NOT NULL UNIQUE,
  sha256_name TEXT NOT NULL UNIQUE,
  created_at BIGINT NOT NULL,
  retired_at BIGINT                    -- still served and tracked for 24 h
);
CREATE INDEX hls_master_video ON hls_master (video_id);

CREATE TABLE swarm_hash (
  hash {{blob}} NOT NULL,              -- the 20 bytes of the wire
  master_id BIGINT NOT NULL REFERENCES hls_master(id) ON DELETE CASCADE,
  scheme TEXT NOT NULL,                -- G2, G3
  valid_until BIGINT,                  -- NULL while the master is current
  PRIMARY KEY (hash, master_id)
);

CREATE TABLE upload (                  -- resumable uploads under way
  id TEXT PRIMARY KEY,                 -- upload_id
  user_id BIGINT NOT NULL REFERENCES local_user(id) ON DELETE CASCADE,
  draft TEXT NOT NULL,                 -- JSON of what the video is to be called and so on
  filename TEXT NOT NULL,
  mime TEXT NOT NULL,
  size BIGINT NOT NULL,
  received BIGINT NOT NULL DEFAULT 0,  -- bytes that are safely on disk
  state TEXT NOT NULL DEFAULT 'open',  -- open, processing, done; direct is one request that only reserves quota
  source_key TEXT NOT NULL DEFAULT '', -- where the finished file goes, known before it is moved
  video_id BIGINT,                     -- once done: a repeated last chunk gets the same answer
  video_uuid TEXT NOT NULL DEFAULT '',
  created_at BIGINT NOT NULL,
  touched_at BIGINT NOT NULL
);
CREATE INDEX upload_user ON upload (user_id);
