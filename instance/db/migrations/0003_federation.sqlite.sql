-- Words are looked for anywhere in a name: three letters at a time.
CREATE VIRTUAL TABLE video_text USING fts5(name, content='', contentless_delete=1, tokenize='trigram remove_diacritics 1');
INSERT INTO video_text (rowid, name) SELECT id, name FROM video;
CREATE TRIGGER video_text_new AFTER INSERT ON video BEGIN
  INSERT INTO video_text (rowid, name) VALUES (new.id, new.name);
END;
CREATE TRIGGER video_text_changed AFTER UPDATE OF name ON video WHEN old.name <> new.name BEGIN
  UPDATE video_text SET name = new.name WHERE rowid = new.id;
END;
CREATE TRIGGER video_text_gone AFTER DELETE ON video BEGIN
  DELETE FROM video_text WHERE rowid = old.id;
END;
