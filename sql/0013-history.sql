-- History: how many a segment had, and how many came and went, by the hour. Hours of ninety days ago
-- are put together to days.

-- at_ms: start of the hour or of the day (UTC), as `hours` says: 1 or 24. count: the last that was
-- taken in it, at counted_ms. tracked: what moves is told, as of the last count. entries, exits:
-- those told in it (NULL: it was not tracked). A count that stays what it was has no further row.
CREATE TABLE segment_history (
  project_id INT UNSIGNED NOT NULL,
  segment_id INT UNSIGNED NOT NULL,
  at_ms BIGINT NOT NULL,
  hours TINYINT NOT NULL,
  count BIGINT UNSIGNED NOT NULL,
  counted_ms BIGINT NOT NULL,
  tracked TINYINT NOT NULL,
  entries INT UNSIGNED NULL,
  exits INT UNSIGNED NULL,
  PRIMARY KEY (project_id, segment_id, at_ms),
  KEY age (project_id, hours, at_ms, segment_id)
) ENGINE=InnoDB;

-- The state of a static segment's members when they were counted last (store/partversion.h).
ALTER TABLE segment ADD COLUMN counted_state BINARY(16) NULL;

INSERT INTO segment_history
  (project_id, segment_id, at_ms, hours, count, counted_ms, tracked)
  SELECT project_id, segment_id, counted_ms - counted_ms % 3600000, 1, member_count, counted_ms,
    CASE WHEN kind = 1 THEN track ELSE 0 END
  FROM segment;
