-- What belongs to a video beside its files: what is said in it, the pictures of
-- its seek bar, what a live has. Rows without a remote_url are ours.

CREATE TABLE caption (
  id {{id}},
  video_id BIGINT NOT NULL REFERENCES video(id) ON DELETE CASCADE,
  language TEXT NOT NULL,
  automatic BIGINT NOT NULL DEFAULT 0, -- written by a machine
  file TEXT NOT NULL UNIQUE,           -- name below /lazy-static/video-captions/
  playlist TEXT,                       -- of HLS: ours a name beside the master, theirs an address
  remote_url TEXT,                     -- read from there when somebody looks
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  UNIQUE (video_id, language)
);

CREATE TABLE storyboard (              -- small pictures on one sheet, row by row
  video_id BIGINT PRIMARY KEY REFERENCES video(id) ON DELETE CASCADE,
  file TEXT NOT NULL UNIQUE,           -- name below /lazy-static/storyboards/
  width BIGINT NOT NULL,               -- of the sheet
  height BIGINT NOT NULL,
  tile_width BIGINT NOT NULL,
  tile_height BIGINT NOT NULL,
  seconds BIGINT NOT NULL,             -- that each of them stands for
  remote_url TEXT,                     -- read from there when somebody looks
  created_at BIGINT NOT NULL
);

CREATE TABLE live (                    -- of videos that are lives; a replay in the place of its live has none
  video_id BIGINT PRIMARY KEY REFERENCES video(id) ON DELETE CASCADE,
  permanent BIGINT NOT NULL DEFAULT 0,
  save_replay BIGINT NOT NULL DEFAULT 0,
  latency BIGINT NOT NULL DEFAULT 1,   -- 1 default 2 high 3 small
  dvr BIGINT NOT NULL DEFAULT 0        -- seconds that can be gone back
);

CREATE TABLE live_schedule (
  video_id BIGINT NOT NULL REFERENCES live(video_id) ON DELETE CASCADE,
  start_at BIGINT NOT NULL,
  PRIMARY KEY (video_id, start_at)
);
CREATE INDEX live_schedule_start ON live_schedule (start_at);

ALTER TABLE remote_file ADD COLUMN torrent TEXT;  -- name below /lazy-static/torrents/ of our copy
CREATE UNIQUE INDEX remote_file_torrent ON remote_file (torrent) WHERE torrent IS NOT NULL;

UPDATE video_remote SET fetched_at = 0;           -- read again at the next look: these tables are empty
