-- What lists show is kept true in the transaction of what it follows from.

-- Whom a video may be heard of are asked for by their numbers: a join would be
-- planned anew for each video.
CREATE FUNCTION heard_now(video BIGINT, host BIGINT, ch BIGINT) RETURNS BIGINT LANGUAGE plpgsql STABLE AS $$
DECLARE told BIGINT[];
BEGIN
  IF host IS NULL THEN RETURN 1; END IF;
  told := ARRAY(SELECT a.id FROM actor a WHERE a.host_id = host AND a.kind = 1)
    || ARRAY(SELECT c.actor_id FROM channel c WHERE c.id = ch)
    || ARRAY(SELECT o.actor_id FROM account o WHERE o.id = (SELECT c.account_id FROM channel c WHERE c.id = ch))
    || ARRAY(SELECT s.actor_id FROM video_share s WHERE s.video_id = video);
  RETURN (SELECT COUNT(*) FROM (SELECT 1 FROM follow f WHERE f.target_id = ANY (told) AND f.state = 'accepted'
    AND f.follower_id = (SELECT id FROM actor WHERE lower(username) = 'peertube' AND host_id IS NULL) LIMIT 1) x);
END $$;
CREATE VIEW video_heard AS SELECT v.id, heard_now(v.id, v.host_id, v.channel_id) AS heard FROM video v;

UPDATE video SET heard = 0 WHERE host_id IS NOT NULL AND id IN (SELECT id FROM video_heard WHERE heard = 0);
UPDATE video_counter SET listed = (SELECT CASE WHEN v.heard = 1 AND v.privacy = 1 AND v.state = 1 THEN 1 + v.nsfw ELSE 0 END
  FROM video v WHERE v.id = video_id);

CREATE FUNCTION heard_changed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE was BIGINT;
BEGIN
  was := CASE WHEN EXISTS (SELECT 1 FROM followed WHERE actor_id = NEW.actor_id) THEN 0 ELSE 1 END;
  UPDATE video SET heard = 1 - heard WHERE id IN (
    SELECT e.id FROM (
      SELECT v.id FROM actor a JOIN video v ON v.host_id = a.host_id WHERE a.id = NEW.actor_id AND a.kind = 1 AND v.heard = was
      UNION SELECT v.id FROM channel c JOIN video v ON v.channel_id = c.id WHERE c.actor_id = NEW.actor_id AND v.heard = was
      UNION SELECT v.id FROM account o JOIN channel c ON c.account_id = o.id JOIN video v ON v.channel_id = c.id WHERE o.actor_id = NEW.actor_id AND v.heard = was
      UNION SELECT v.id FROM video_share s JOIN video v ON v.id = s.video_id WHERE s.actor_id = NEW.actor_id AND v.heard = was
    ) x JOIN video_heard e ON e.id = x.id WHERE e.heard <> was LIMIT 2000);
  RETURN NULL;
END $$;
CREATE TRIGGER heard_changed AFTER INSERT ON heard_change FOR EACH ROW EXECUTE FUNCTION heard_changed();

CREATE FUNCTION follow_heard() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE f follow;
BEGIN
  IF TG_OP = 'DELETE' THEN f := OLD; ELSE f := NEW; END IF;
  IF f.follower_id = (SELECT id FROM actor WHERE lower(username) = 'peertube' AND host_id IS NULL) THEN
    DELETE FROM heard_change WHERE actor_id = f.target_id;
    INSERT INTO heard_change (actor_id) VALUES (f.target_id);
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER follow_heard AFTER INSERT ON follow FOR EACH ROW WHEN (NEW.state = 'accepted') EXECUTE FUNCTION follow_heard();
CREATE TRIGGER follow_heard_state AFTER UPDATE OF state ON follow FOR EACH ROW
  WHEN ((NEW.state = 'accepted') <> (OLD.state = 'accepted')) EXECUTE FUNCTION follow_heard();
CREATE TRIGGER follow_heard_gone AFTER DELETE ON follow FOR EACH ROW WHEN (OLD.state = 'accepted') EXECUTE FUNCTION follow_heard();

CREATE FUNCTION share_heard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    UPDATE video SET heard = 1 WHERE id = NEW.video_id AND heard = 0 AND EXISTS (SELECT 1 FROM followed w WHERE w.actor_id = NEW.actor_id);
  ELSE
    UPDATE video SET heard = 0 WHERE id = OLD.video_id AND heard = 1
      AND heard_now(id, host_id, channel_id) = 0;
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER share_heard AFTER INSERT OR DELETE ON video_share FOR EACH ROW EXECUTE FUNCTION share_heard();

CREATE FUNCTION video_heard_moved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.heard := heard_now(NEW.id, NEW.host_id, NEW.channel_id);
  RETURN NEW;
END $$;
CREATE TRIGGER video_heard_new BEFORE INSERT ON video FOR EACH ROW WHEN (NEW.host_id IS NOT NULL) EXECUTE FUNCTION video_heard_moved();
CREATE TRIGGER video_heard_moved BEFORE UPDATE OF channel_id ON video FOR EACH ROW
  WHEN (NEW.channel_id <> OLD.channel_id AND NEW.host_id IS NOT NULL) EXECUTE FUNCTION video_heard_moved();
CREATE FUNCTION channel_heard_moved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE video SET heard = 1 - heard WHERE channel_id = NEW.id AND heard <> heard_now(id, host_id, channel_id);
  RETURN NULL;
END $$;
CREATE TRIGGER channel_heard_moved AFTER UPDATE OF account_id ON channel FOR EACH ROW
  WHEN (NEW.account_id <> OLD.account_id) EXECUTE FUNCTION channel_heard_moved();

CREATE FUNCTION video_counter_listed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.listed := COALESCE((SELECT CASE WHEN v.heard = 1 AND v.privacy = 1 AND v.state = 1 THEN 1 + v.nsfw ELSE 0 END FROM video v WHERE v.id = NEW.video_id), 0);
  RETURN NEW;
END $$;
CREATE TRIGGER video_counter_listed BEFORE INSERT ON video_counter FOR EACH ROW EXECUTE FUNCTION video_counter_listed();
CREATE FUNCTION video_listed_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE video_counter SET listed = CASE WHEN NEW.heard = 1 AND NEW.privacy = 1 AND NEW.state = 1 THEN 1 + NEW.nsfw ELSE 0 END WHERE video_id = NEW.id;
  RETURN NULL;
END $$;
CREATE TRIGGER video_listed_changed AFTER UPDATE ON video FOR EACH ROW
  WHEN (NEW.heard <> OLD.heard OR NEW.privacy <> OLD.privacy OR NEW.state <> OLD.state OR NEW.nsfw <> OLD.nsfw) EXECUTE FUNCTION video_listed_changed();

-- Names are looked for in memory, by what they resemble: the index of three letters goes.
DROP INDEX video_text;

CREATE FUNCTION name_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO renamed (noun, row_id) VALUES (CAST(TG_ARGV[0] AS BIGINT), CASE WHEN TG_OP = 'DELETE' THEN OLD.id ELSE NEW.id END);
  RETURN NULL;
END $$;
CREATE TRIGGER video_named AFTER INSERT OR DELETE ON video FOR EACH ROW EXECUTE FUNCTION name_changed(1);
CREATE TRIGGER video_renamed AFTER UPDATE OF name ON video FOR EACH ROW WHEN (NEW.name <> OLD.name) EXECUTE FUNCTION name_changed(1);
CREATE TRIGGER channel_named AFTER INSERT OR DELETE ON channel FOR EACH ROW EXECUTE FUNCTION name_changed(2);
CREATE TRIGGER channel_renamed AFTER UPDATE OF display_name ON channel FOR EACH ROW WHEN (NEW.display_name <> OLD.display_name) EXECUTE FUNCTION name_changed(2);
CREATE TRIGGER playlist_named AFTER INSERT OR DELETE ON playlist FOR EACH ROW EXECUTE FUNCTION name_changed(3);
CREATE TRIGGER playlist_renamed AFTER UPDATE OF name ON playlist FOR EACH ROW WHEN (NEW.name <> OLD.name) EXECUTE FUNCTION name_changed(3);
