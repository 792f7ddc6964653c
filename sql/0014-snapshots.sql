-- A snapshot of a segment is filled with members before the segment is there. Its set is noted here
-- first, so that a crash in the middle leaves nothing behind. due_ms: until then the members are not
-- deleted (store/segfill.c); 0: at once.
ALTER TABLE dropped_set ADD COLUMN due_ms BIGINT NOT NULL DEFAULT 0;
