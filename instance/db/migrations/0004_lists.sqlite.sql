-- What lists show is kept true in the transaction of what it follows from.

-- CROSS keeps SQLite from asking of each whom the instance follows whether it is concerned.
CREATE VIEW video_heard AS SELECT v.id, CASE WHEN v.host_id IS NULL
  OR EXISTS (SELECT 1 FROM actor a CROSS JOIN followed w WHERE a.host_id = v.host_id AND a.kind = 1 AND w.actor_id = a.id)
  OR EXISTS (SELECT 1 FROM channel c CROSS JOIN followed w WHERE c.id = v.channel_id AND w.actor_id = c.actor_id)
  OR EXISTS (SELECT 1 FROM channel c JOIN account o ON o.id = c.account_id CROSS JOIN followed w WHERE c.id = v.channel_id AND w.actor_id = o.actor_id)
  OR EXISTS (SELECT 1 FROM video_share s CROSS JOIN followed w WHERE s.video_id = v.id AND w.actor_id = s.actor_id)
  THEN 1 ELSE 0 END AS heard FROM video v;

UPDATE video SET heard = 0 WHERE host_id IS NOT NULL AND id IN (SELECT id FROM video_heard WHERE heard = 0);
UPDATE video_counter SET listed = (SELECT CASE WHEN v.heard = 1 AND v.privacy = 1 AND v.state = 1 THEN 1 + v.nsfw ELSE 0 END
  FROM video v WHERE v.id = video_id);

CREATE TRIGGER heard_changed AFTER INSERT ON heard_change BEGIN
  UPDATE video SET heard = 1 - heard WHERE id IN (
    SELECT e.id FROM (
      SELECT v.id, v.heard FROM actor a JOIN video v ON v.host_id = a.host_id WHERE a.id = new.actor_id AND a.kind = 1
      UNION SELECT v.id, v.heard FROM channel c JOIN video v ON v.channel_id = c.id WHERE c.actor_id = new.actor_id
      UNION SELECT v.id, v.heard FROM account o JOIN channel c ON c.account_id = o.id JOIN video v ON v.channel_id = c.id WHERE o.actor_id = new.actor_id
      UNION SELECT v.id, v.heard FROM video_share s JOIN video v ON v.id = s.video_id WHERE s.actor_id = new.actor_id
    ) x JOIN video_heard e ON e.id = x.id
    WHERE x.heard = CASE WHEN EXISTS (SELECT 1 FROM followed w WHERE w.actor_id = new.actor_id) THEN 0 ELSE 1 END AND e.heard <> x.heard LIMIT 2000);
END;
CREATE TRIGGER follow_heard AFTER INSERT ON follow
WHEN new.state = 'accepted' AND new.follower_id = (SELECT id FROM actor WHERE lower(username) = 'peertube' AND host_id IS NULL) BEGIN
  DELETE FROM heard_change WHERE actor_id = new.target_id;
  INSERT INTO heard_change (actor_id) VALUES (new.target_id);
END;
CREATE TRIGGER follow_heard_state AFTER UPDATE OF state ON follow
WHEN (new.state = 'accepted') <> (old.state = 'accepted')
  AND new.follower_id = (SELECT id FROM actor WHERE lower(username) = 'peertube' AND host_id IS NULL) BEGIN
  DELETE FROM heard_change WHERE actor_id = new.target_id;
  INSERT INTO heard_change (actor_id) VALUES (new.target_id);
END;
CREATE TRIGGER follow_heard_gone AFTER DELETE ON follow
WHEN old.state = 'accepted' AND old.follower_id = (SELECT id FROM actor WHERE lower(username) = 'peertube' AND host_id IS NULL) BEGIN
  DELETE FROM heard_change WHERE actor_id = old.target_id;
  INSERT INTO heard_change (actor_id) VALUES (old.target_id);
END;
CREATE TRIGGER share_heard AFTER INSERT ON video_share BEGIN
  UPDATE video SET heard = 1 WHERE id = new.video_id AND heard = 0 AND EXISTS (SELECT 1 FROM followed w WHERE w.actor_id = new.actor_id);
END;
CREATE TRIGGER share_heard_gone AFTER DELETE ON video_share BEGIN
  UPDATE video SET heard = 0 WHERE id = old.video_id AND heard = 1
    AND old.video_id IN (SELECT e.id FROM video_heard e WHERE e.id = old.video_id AND e.heard = 0);
END;
CREATE TRIGGER video_heard_new AFTER INSERT ON video WHEN new.host_id IS NOT NULL BEGIN
  UPDATE video SET heard = (SELECT e.heard FROM video_heard e WHERE e.id = new.id) WHERE id = new.id
    AND heard <> (SELECT e.heard FROM video_heard e WHERE e.id = new.id);
END;
CREATE TRIGGER video_heard_moved AFTER UPDATE OF channel_id ON video WHEN new.channel_id <> old.channel_id AND new.host_id IS NOT NULL BEGIN
  UPDATE video SET heard = (SELECT e.heard FROM video_heard e WHERE e.id = new.id) WHERE id = new.id;
END;
CREATE TRIGGER channel_heard_moved AFTER UPDATE OF account_id ON channel WHEN new.account_id <> old.account_id BEGIN
  UPDATE video SET heard = (SELECT e.heard FROM video_heard e WHERE e.id = video.id) WHERE channel_id = new.id AND host_id IS NOT NULL;
END;

CREATE TRIGGER video_counter_listed AFTER INSERT ON video_counter BEGIN
  UPDATE video_counter SET listed = (SELECT CASE WHEN v.heard = 1 AND v.privacy = 1 AND v.state = 1 THEN 1 + v.nsfw ELSE 0 END
    FROM video v WHERE v.id = new.video_id) WHERE video_id = new.video_id;
END;
CREATE TRIGGER video_listed_changed AFTER UPDATE OF heard, privacy, state, nsfw ON video
WHEN new.heard <> old.heard OR new.privacy <> old.privacy OR new.state <> old.state OR new.nsfw <> old.nsfw BEGIN
  UPDATE video_counter SET listed = CASE WHEN new.heard = 1 AND new.privacy = 1 AND new.state = 1 THEN 1 + new.nsfw ELSE 0 END
    WHERE video_id = new.id;
END;

-- Names are looked for in memory, by what they resemble: the index of three letters goes.
DROP TRIGGER video_text_new;
DROP TRIGGER video_text_changed;
DROP TRIGGER video_text_gone;
DROP TABLE video_text;

CREATE TRIGGER video_named AFTER INSERT ON video BEGIN INSERT INTO renamed (noun, row_id) VALUES (1, new.id); END;
CREATE TRIGGER video_renamed AFTER UPDATE OF name ON video WHEN old.name <> new.name BEGIN INSERT INTO renamed (noun, row_id) VALUES (1, new.id); END;
CREATE TRIGGER video_unnamed AFTER DELETE ON video BEGIN INSERT INTO renamed (noun, row_id) VALUES (1, old.id); END;
CREATE TRIGGER channel_named AFTER INSERT ON channel BEGIN INSERT INTO renamed (noun, row_id) VALUES (2, new.id); END;
CREATE TRIGGER channel_renamed AFTER UPDATE OF display_name ON channel WHEN old.display_name <> new.display_name
  BEGIN INSERT INTO renamed (noun, row_id) VALUES (2, new.id); END;
CREATE TRIGGER channel_unnamed AFTER DELETE ON channel BEGIN INSERT INTO renamed (noun, row_id) VALUES (2, old.id); END;
CREATE TRIGGER playlist_named AFTER INSERT ON playlist BEGIN INSERT INTO renamed (noun, row_id) VALUES (3, new.id); END;
CREATE TRIGGER playlist_renamed AFTER UPDATE OF name ON playlist WHEN old.name <> new.name
  BEGIN INSERT INTO renamed (noun, row_id) VALUES (3, new.id); END;
CREATE TRIGGER playlist_unnamed AFTER DELETE ON playlist BEGIN INSERT INTO renamed (noun, row_id) VALUES (3, old.id); END;
