-- Words are looked for anywhere in a name: three letters at a time. The extension
-- belongs to the database, not to the schema, and is made by one at a time.
SELECT pg_advisory_xact_lock(7311);
CREATE EXTENSION IF NOT EXISTS pg_trgm WITH SCHEMA public;
CREATE INDEX video_text ON video USING gin (lower(name) public.gin_trgm_ops);
