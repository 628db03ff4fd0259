-- What other servers say of themselves, and what is agreed with them.

ALTER TABLE host ADD COLUMN redundancy_allowed BIGINT NOT NULL DEFAULT 0;
ALTER TABLE host ADD COLUMN failures BIGINT NOT NULL DEFAULT 0;  -- requests in a row that failed
ALTER TABLE host ADD COLUMN closed_until BIGINT;                 -- nothing is asked or delivered before
ALTER TABLE host ADD COLUMN delivered BIGINT NOT NULL DEFAULT 0;     -- these two: since scores were last changed
ALTER TABLE host ADD COLUMN undelivered BIGINT NOT NULL DEFAULT 0;

ALTER TABLE actor ADD COLUMN outbox_url TEXT;                    -- these five: of remote actors
ALTER TABLE actor ADD COLUMN followers_url TEXT;
ALTER TABLE actor ADD COLUMN following_url TEXT;
ALTER TABLE actor ADD COLUMN playlists_url TEXT;
ALTER TABLE actor ADD COLUMN fetched_at BIGINT;                  -- when its document was last read
ALTER TABLE actor ADD COLUMN remote_created_at BIGINT;           -- when its own server made it
CREATE INDEX actor_host ON actor (host_id);
DROP INDEX actor_remote_name;                                    -- elsewhere a person and a group may share a name
CREATE UNIQUE INDEX actor_remote_name ON actor (host_id, username, kind) WHERE host_id IS NOT NULL;

ALTER TABLE actor_image ADD COLUMN remote_url TEXT;              -- read from there when somebody looks
ALTER TABLE thumbnail ADD COLUMN remote_url TEXT;

CREATE TABLE follow (
  id {{id}},
  follower_id BIGINT NOT NULL REFERENCES actor(id),
  target_id BIGINT NOT NULL REFERENCES actor(id),
  state TEXT NOT NULL,                 -- pending, accepted, rejected
  url TEXT NOT NULL,                   -- of the last Follow activity
  score BIGINT NOT NULL DEFAULT 5000,  -- how reliable the other side is, 0 to 10,000
  sent_at BIGINT,                      -- of ours: when it was last sent
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  UNIQUE (follower_id, target_id)
);
CREATE INDEX follow_target ON follow (target_id, state);
CREATE INDEX follow_url ON follow (url);

CREATE TABLE video_share (             -- an Announce of a video by an Application or Group
  id {{id}},
  video_id BIGINT NOT NULL REFERENCES video(id) ON DELETE CASCADE,
  actor_id BIGINT NOT NULL REFERENCES actor(id),
  url TEXT NOT NULL UNIQUE,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  UNIQUE (video_id, actor_id)
);
CREATE INDEX video_share_actor ON video_share (actor_id);

CREATE TABLE video_remote (            -- of videos of other servers
  video_id BIGINT PRIMARY KEY REFERENCES video(id) ON DELETE CASCADE,
  fetched_at BIGINT NOT NULL,          -- when its object was last read; refreshed when older than two days
  failures BIGINT NOT NULL DEFAULT 0,  -- refreshes in a row that failed
  embed_url TEXT,
  likes_url TEXT,
  dislikes_url TEXT,
  shares_url TEXT,
  comments_url TEXT,
  chapters_url TEXT,
  settings_url TEXT,
  playlist_url TEXT,                   -- of the HLS master
  sha256_url TEXT,
  hashes TEXT NOT NULL DEFAULT '',     -- of its swarms, hex, by commas
  trackers TEXT NOT NULL DEFAULT ''    -- by newlines
);

CREATE TABLE remote_file (             -- a media file of another server
  id {{id}},
  video_id BIGINT NOT NULL REFERENCES video(id) ON DELETE CASCADE,
  hls BIGINT NOT NULL,                 -- whether it belongs to the HLS playlist
  url TEXT NOT NULL,
  resolution BIGINT NOT NULL,
  fps BIGINT NOT NULL,
  width BIGINT NOT NULL,
  height BIGINT NOT NULL,
  size BIGINT NOT NULL,
  mime TEXT NOT NULL,
  has_audio BIGINT NOT NULL,
  has_video BIGINT NOT NULL,
  metadata_url TEXT,
  torrent_url TEXT,
  magnet TEXT,
  created_at BIGINT NOT NULL
);
CREATE INDEX remote_file_video ON remote_file (video_id);

CREATE TABLE redundancy (              -- a CacheFile: another server's copy of a video
  id {{id}},
  video_id BIGINT NOT NULL REFERENCES video(id) ON DELETE CASCADE,
  actor_id BIGINT NOT NULL REFERENCES actor(id),
  url TEXT NOT NULL UNIQUE,
  file_url TEXT NOT NULL,              -- the folder or master playlist
  expires_at BIGINT,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL
);
CREATE INDEX redundancy_video ON redundancy (video_id);

CREATE TABLE video_chapter (
  video_id BIGINT NOT NULL REFERENCES video(id) ON DELETE CASCADE,
  timecode BIGINT NOT NULL,            -- seconds
  title TEXT NOT NULL,
  PRIMARY KEY (video_id, timecode)
);

CREATE TABLE player_setting (          -- of a video or of a channel
  id {{id}},
  video_id BIGINT UNIQUE REFERENCES video(id) ON DELETE CASCADE,
  channel_id BIGINT UNIQUE REFERENCES channel(id) ON DELETE CASCADE,
  theme TEXT NOT NULL,
  updated_at BIGINT NOT NULL
);

CREATE TABLE comment (
  id {{id}},
  url TEXT NOT NULL UNIQUE,
  video_id BIGINT NOT NULL REFERENCES video(id) ON DELETE CASCADE,
  account_id BIGINT REFERENCES account(id) ON DELETE SET NULL,  -- NULL once it is deleted
  thread_id BIGINT REFERENCES comment(id) ON DELETE CASCADE,  -- NULL for the first of a thread
  parent_id BIGINT REFERENCES comment(id) ON DELETE CASCADE,
  text TEXT NOT NULL,
  held BIGINT NOT NULL DEFAULT 0,      -- waits for the owner's approval
  approval_url TEXT,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  deleted_at BIGINT
);
CREATE INDEX comment_threads ON comment (video_id, created_at DESC) WHERE thread_id IS NULL;
CREATE INDEX comment_video ON comment (video_id, id);
CREATE INDEX comment_thread ON comment (thread_id);
CREATE INDEX comment_parent ON comment (parent_id);
CREATE INDEX comment_account ON comment (account_id);

CREATE TABLE playlist (
  id {{id}},
  uuid TEXT NOT NULL UNIQUE,
  url TEXT NOT NULL UNIQUE,
  account_id BIGINT NOT NULL REFERENCES account(id) ON DELETE CASCADE,
  channel_id BIGINT REFERENCES channel(id) ON DELETE SET NULL,
  channel_position BIGINT,
  name TEXT NOT NULL,
  description TEXT,
  privacy BIGINT NOT NULL,             -- 1 public 2 unlisted 3 private
  type BIGINT NOT NULL DEFAULT 1,      -- 1 regular 2 watch later
  fetched_at BIGINT,                   -- of remote ones
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL
);
CREATE INDEX playlist_account ON playlist (account_id);
CREATE INDEX playlist_channel ON playlist (channel_id);

CREATE TABLE playlist_thumbnail (
  id {{id}},
  playlist_id BIGINT NOT NULL REFERENCES playlist(id) ON DELETE CASCADE,
  width BIGINT NOT NULL,
  height BIGINT NOT NULL,
  file TEXT NOT NULL UNIQUE,           -- name below /lazy-static/thumbnails/
  video_id BIGINT,                     -- whose picture it is; NULL where the owner chose one
  remote_url TEXT,                     -- read from there when somebody looks
  created_at BIGINT NOT NULL
);
CREATE INDEX playlist_thumbnail_playlist ON playlist_thumbnail (playlist_id);

CREATE TABLE playlist_element (
  id {{id}},
  url TEXT UNIQUE,                     -- of remote ones as they said; of ours once the number is known
  playlist_id BIGINT NOT NULL REFERENCES playlist(id) ON DELETE CASCADE,
  video_id BIGINT REFERENCES video(id) ON DELETE SET NULL,  -- NULL once the video is gone
  position BIGINT NOT NULL,            -- from 1
  start_at BIGINT,                     -- seconds
  stop_at BIGINT,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL
);
CREATE INDEX playlist_element_list ON playlist_element (playlist_id, position);
CREATE INDEX playlist_element_video ON playlist_element (video_id);

CREATE TABLE account_block (           -- who does not hear whom; the instance's own account blocks for all
  id {{id}},
  account_id BIGINT NOT NULL REFERENCES account(id) ON DELETE CASCADE,
  target_id BIGINT NOT NULL REFERENCES account(id) ON DELETE CASCADE,
  created_at BIGINT NOT NULL,
  UNIQUE (account_id, target_id)
);
CREATE INDEX account_block_target ON account_block (target_id);

CREATE TABLE host_block (
  id {{id}},
  account_id BIGINT NOT NULL REFERENCES account(id) ON DELETE CASCADE,
  host_id BIGINT NOT NULL REFERENCES host(id),
  created_at BIGINT NOT NULL,
  UNIQUE (account_id, host_id)
);
CREATE INDEX host_block_host ON host_block (host_id);

CREATE TABLE report (                  -- PeerTube's abuses
  id {{id}},
  url TEXT UNIQUE,                     -- of the Flag that told of it, NULL for ours
  reporter_id BIGINT REFERENCES account(id) ON DELETE SET NULL,
  flagged_id BIGINT REFERENCES account(id) ON DELETE SET NULL,
  video_id BIGINT REFERENCES video(id) ON DELETE SET NULL,
  comment_id BIGINT REFERENCES comment(id) ON DELETE SET NULL,
  kind TEXT NOT NULL,                  -- video, comment, account
  snapshot TEXT,                       -- JSON of what was reported, should it be deleted
  reason TEXT NOT NULL,
  reasons TEXT NOT NULL DEFAULT '[]',  -- JSON of the numbers of predefined reasons
  state BIGINT NOT NULL DEFAULT 1,     -- 1 pending 2 rejected 3 accepted
  moderation_comment TEXT,
  start_at BIGINT,
  end_at BIGINT,
  processed_at BIGINT,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL
);
CREATE INDEX report_state ON report (state, created_at DESC);
CREATE INDEX report_reporter ON report (reporter_id);
CREATE INDEX report_flagged ON report (flagged_id);

CREATE TABLE report_message (
  id {{id}},
  report_id BIGINT NOT NULL REFERENCES report(id) ON DELETE CASCADE,
  account_id BIGINT REFERENCES account(id) ON DELETE SET NULL,
  by_moderator BIGINT NOT NULL,
  message TEXT NOT NULL,
  created_at BIGINT NOT NULL
);
CREATE INDEX report_message_report ON report_message (report_id, id);

CREATE TABLE notification (
  id {{id}},
  user_id BIGINT NOT NULL REFERENCES local_user(id) ON DELETE CASCADE,
  type BIGINT NOT NULL,                -- PeerTube's number
  read BIGINT NOT NULL DEFAULT 0,
  video_id BIGINT REFERENCES video(id) ON DELETE CASCADE,
  comment_id BIGINT REFERENCES comment(id) ON DELETE CASCADE,
  report_id BIGINT REFERENCES report(id) ON DELETE CASCADE,
  follow_id BIGINT REFERENCES follow(id) ON DELETE CASCADE,
  account_id BIGINT REFERENCES account(id) ON DELETE CASCADE,
  cause BIGINT NOT NULL DEFAULT 0,     -- tells apart what may be told several times of one row
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL
);
CREATE INDEX notification_user ON notification (user_id, id DESC);
CREATE INDEX notification_unread ON notification (user_id) WHERE read = 0;
CREATE UNIQUE INDEX notification_once ON notification (user_id, type, COALESCE(video_id, 0), COALESCE(comment_id, 0),
  COALESCE(report_id, 0), COALESCE(follow_id, 0), COALESCE(account_id, 0), cause);  -- a repeated hint is one notification

CREATE TABLE inbox (                   -- what other servers delivered and is not worked on yet
  id {{id}},
  body_hash {{blob}} NOT NULL,         -- SHA-256 of body and signature: PeerTube repeats ids
  raw {{blob}} NOT NULL,
  worded {{blob}},                     -- what its linked-data signature says, where that counts
  signer TEXT NOT NULL,                -- URL of the actor whose word it is, as a signature proved
  host TEXT NOT NULL,                  -- of who delivered it: its activities are worked on in order
  target_id BIGINT REFERENCES actor(id),  -- whose inbox; NULL for the shared one
  received_at BIGINT NOT NULL,
  attempts BIGINT NOT NULL DEFAULT 0,
  next_at BIGINT NOT NULL DEFAULT 0,   -- not to be tried before
  UNIQUE (body_hash)
);
CREATE INDEX inbox_host ON inbox (host, id);

CREATE TABLE inbox_seen (              -- hashes of what was worked on, for as long as it could be sent again
  body_hash {{blob}} PRIMARY KEY,
  at BIGINT NOT NULL
);
CREATE INDEX inbox_seen_at ON inbox_seen (at);

CREATE TABLE unanswered (              -- what others did with our videos and could not be read again
  url TEXT PRIMARY KEY,
  weeks BIGINT NOT NULL                -- in a row
);

CREATE TABLE outbound (                -- an activity that is on its way, rendered and signed once
  id {{id}},
  actor_id BIGINT NOT NULL REFERENCES actor(id),  -- who signs the requests
  topic TEXT,                          -- a newer one of the same topic takes its place
  body {{blob}} NOT NULL,
  expires_at BIGINT,                   -- worth nothing after
  created_at BIGINT NOT NULL
);
CREATE INDEX outbound_topic ON outbound (topic) WHERE topic IS NOT NULL;

CREATE TABLE delivery (                -- one inbox that an activity is still to reach; in order of id for each host
  id {{id}},
  outbound_id BIGINT NOT NULL REFERENCES outbound(id) ON DELETE CASCADE,
  host_id BIGINT NOT NULL REFERENCES host(id),
  inbox TEXT NOT NULL,
  attempts BIGINT NOT NULL DEFAULT 0,  -- which that host answered with an error of its own
  UNIQUE (outbound_id, inbox)
);
CREATE INDEX delivery_host ON delivery (host_id, id);
