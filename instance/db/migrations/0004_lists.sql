-- Lists of very many videos. A list follows an index in its order, and the index
-- holds what lists are filtered by; the rows themselves are read for one page.

ALTER TABLE video ADD COLUMN heard BIGINT NOT NULL DEFAULT 1;  -- ours, or told of by whom the instance follows: kept by triggers
ALTER TABLE video_counter ADD COLUMN listed BIGINT NOT NULL DEFAULT 0;  -- anybody's lists show it: 1 it is safe, 2 it is sensitive; likewise

DROP INDEX actor_host;
CREATE INDEX actor_host ON actor (host_id, kind);

CREATE VIEW followed AS SELECT f.target_id AS actor_id FROM follow f
  WHERE f.state = 'accepted' AND f.follower_id = (SELECT id FROM actor WHERE lower(username) = 'peertube' AND host_id IS NULL);

CREATE TABLE heard_change (            -- whom the instance came to follow, or ceased to; a row looks after a batch of its videos
  actor_id BIGINT PRIMARY KEY REFERENCES actor(id) ON DELETE CASCADE
);

DROP INDEX video_listed;
DROP INDEX video_recent;
DROP INDEX video_channel;
CREATE INDEX video_newest ON video (published_at DESC, id, privacy, state, nsfw, nsfw_flags, host_id, channel_id, is_live, category, language, licence, duration)
  WHERE heard = 1;
CREATE INDEX video_name ON video (lower(name), id, privacy, state, nsfw, nsfw_flags, host_id, channel_id) WHERE heard = 1;
CREATE INDEX video_duration ON video (duration DESC, id, privacy, state, nsfw, nsfw_flags, host_id, channel_id) WHERE heard = 1;
CREATE INDEX video_created ON video (created_at DESC, id, privacy, state, nsfw, nsfw_flags, host_id, channel_id) WHERE heard = 1;
CREATE INDEX video_first ON video ((COALESCE(originally_published_at, published_at)) DESC, id, privacy, state, nsfw, nsfw_flags, host_id, channel_id)
  WHERE heard = 1;
CREATE INDEX video_recent ON video (published_at DESC, id, privacy, state, nsfw, nsfw_flags, host_id, channel_id, is_live, category, language, licence, duration);
CREATE INDEX video_local ON video (published_at DESC, id, privacy, state, nsfw, nsfw_flags, channel_id) WHERE host_id IS NULL;
CREATE INDEX video_host ON video (host_id, heard, published_at DESC, id) WHERE host_id IS NOT NULL;
CREATE INDEX video_channel ON video (channel_id, published_at DESC, id, heard, privacy, state, nsfw, nsfw_flags, host_id);

DROP INDEX video_counter_views;
DROP INDEX video_counter_likes;
DROP INDEX video_counter_recent;
DROP INDEX video_counter_hot;
CREATE INDEX video_counter_views ON video_counter (views DESC, video_id, listed);
CREATE INDEX video_counter_likes ON video_counter (likes DESC, video_id, listed);
CREATE INDEX video_counter_comments ON video_counter (comments DESC, video_id, listed);
CREATE INDEX video_counter_recent ON video_counter (recent_views DESC, video_id, listed);
CREATE INDEX video_counter_hot ON video_counter (hot DESC, video_id, listed);

CREATE TABLE renamed (                 -- names that changed, for those who keep names in memory
  id {{id}},
  noun BIGINT NOT NULL,                -- 1 video 2 channel 3 playlist
  row_id BIGINT NOT NULL
);

-- People write the names of others in whatever case.
CREATE INDEX actor_remote_lower ON actor (host_id, lower(username)) WHERE host_id IS NOT NULL;

-- Other lists that grow.

DROP INDEX follow_target;
CREATE INDEX follow_target ON follow (target_id, state, created_at, id);
CREATE INDEX follow_follower ON follow (follower_id, state, created_at, id);
CREATE INDEX account_created ON account (created_at, id);
CREATE INDEX channel_created ON channel (created_at, id);
DROP INDEX comment_threads;
CREATE INDEX comment_threads ON comment (video_id, created_at DESC, id DESC, account_id, held) WHERE thread_id IS NULL;
CREATE INDEX comment_order ON comment (video_id, created_at, id, account_id, held, thread_id, deleted_at);
CREATE INDEX comment_created ON comment (created_at DESC, id DESC) WHERE deleted_at IS NULL;
