CREATE TABLE web_video (               -- one resolution as a file by itself, beside or without the HLS playlist
  id {{id}},
  video_id BIGINT NOT NULL REFERENCES video(id) ON DELETE CASCADE,
  file_id BIGINT NOT NULL UNIQUE REFERENCES media_file(id) ON DELETE CASCADE,
  resolution BIGINT NOT NULL,          -- 0 is audio alone
  fps BIGINT NOT NULL,
  width BIGINT NOT NULL,
  height BIGINT NOT NULL,
  has_audio BIGINT NOT NULL,
  has_video BIGINT NOT NULL,
  metadata TEXT,
  created_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX web_video_resolution ON web_video (video_id, resolution);
CREATE INDEX rendition_file ON rendition (file_id);

CREATE TABLE torrent (                 -- of a fragmented or web video file; it lies under torrents/
  file_id BIGINT PRIMARY KEY REFERENCES media_file(id) ON DELETE CASCADE,
  name TEXT NOT NULL UNIQUE,
  info_hash {{blob}} NOT NULL,
  size BIGINT NOT NULL,
  title TEXT NOT NULL,                 -- of the video when the torrent was made
  seeded BIGINT NOT NULL,              -- whether it names where the file lies: of open videos alone
  created_at BIGINT NOT NULL
);
CREATE INDEX torrent_hash ON torrent (info_hash);
