-- A large file is worked on by several processes at once, each with the rows of its own contacts: a
-- row's lane follows from its address. position: the byte where the lane's next row begins;
-- rows_done and lines_done before it, of all lanes (they number the rows). The counts are those of
-- the lane's own rows: each lane writes a row of its own, so that none waits for another's commit.
-- step_id: fresh random with every batch.
CREATE TABLE import_lane (
  project_id INT UNSIGNED NOT NULL,
  job_id BINARY(16) NOT NULL,
  lane TINYINT UNSIGNED NOT NULL,
  position BIGINT UNSIGNED NOT NULL DEFAULT 0,
  lines_done BIGINT UNSIGNED NOT NULL DEFAULT 0,
  rows_done BIGINT UNSIGNED NOT NULL DEFAULT 0,
  rows_created BIGINT UNSIGNED NOT NULL DEFAULT 0,
  rows_updated BIGINT UNSIGNED NOT NULL DEFAULT 0,
  rows_unchanged BIGINT UNSIGNED NOT NULL DEFAULT 0,
  rows_skipped BIGINT UNSIGNED NOT NULL DEFAULT 0,
  rows_rejected BIGINT UNSIGNED NOT NULL DEFAULT 0,
  step_id BIGINT NOT NULL DEFAULT 0,
  PRIMARY KEY (project_id, job_id, lane)
) ENGINE=InnoDB;

-- What is there goes on as it began, in one lane.
INSERT INTO import_lane (project_id, job_id, lane, position, lines_done, rows_done, rows_created,
  rows_updated, rows_unchanged, rows_skipped, rows_rejected)
  SELECT project_id, job_id, 0, position, lines_done, rows_done, rows_created, rows_updated,
    rows_unchanged, rows_skipped, rows_rejected FROM import_job WHERE state > 1;

ALTER TABLE import_job DROP COLUMN position, DROP COLUMN lines_done, DROP COLUMN rows_done,
  DROP COLUMN rows_created, DROP COLUMN rows_updated, DROP COLUMN rows_unchanged,
  DROP COLUMN rows_skipped, DROP COLUMN rows_rejected;
