-- Imports: what was uploaded, how far it is, and which rows were refused.

-- kind: 1 contacts, 2 events. format: 1 CSV, 2 NDJSON. mode: 1 upsert, 2 create, 3 update.
-- state: 1 uploading, 2 waiting, 3 active, 4 completed, 5 failed, 6 cancelled.
-- bytes, row_count: of the file; row_count is an estimate until the job is over. part_count: parts
-- that are there. position: the byte where the next row begins; rows_done and lines_done before it.
-- lease_id: who works on it, until lease_until_ms. step_id: fresh random with every batch.
-- tries: leases since the last batch that was committed. turn_ms: when it last was worked on.
CREATE TABLE import_job (
  project_id INT UNSIGNED NOT NULL,
  job_id BINARY(16) NOT NULL,
  kind TINYINT NOT NULL,
  format TINYINT NOT NULL,
  mode TINYINT NOT NULL,
  dry_run TINYINT NOT NULL,
  keep_created TINYINT NOT NULL,
  spreadsheet TINYINT NOT NULL,
  segment_id INT UNSIGNED NULL,
  state TINYINT NOT NULL,
  failed_reason VARCHAR(500) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL,
  bytes BIGINT UNSIGNED NOT NULL DEFAULT 0,
  part_count INT UNSIGNED NOT NULL DEFAULT 0,
  row_count BIGINT UNSIGNED NOT NULL DEFAULT 0,
  position BIGINT UNSIGNED NOT NULL DEFAULT 0,
  rows_done BIGINT UNSIGNED NOT NULL DEFAULT 0,
  lines_done BIGINT UNSIGNED NOT NULL DEFAULT 0,
  rows_created BIGINT UNSIGNED NOT NULL DEFAULT 0,
  rows_updated BIGINT UNSIGNED NOT NULL DEFAULT 0,
  rows_unchanged BIGINT UNSIGNED NOT NULL DEFAULT 0,
  rows_skipped BIGINT UNSIGNED NOT NULL DEFAULT 0,
  rows_rejected BIGINT UNSIGNED NOT NULL DEFAULT 0,
  lease_id BIGINT NOT NULL DEFAULT 0,
  lease_until_ms BIGINT NOT NULL DEFAULT 0,
  step_id BIGINT NOT NULL DEFAULT 0,
  tries INT UNSIGNED NOT NULL DEFAULT 0,
  turn_ms BIGINT NOT NULL,
  created_ms BIGINT NOT NULL,
  started_ms BIGINT NULL,
  finished_ms BIGINT NULL,
  PRIMARY KEY (project_id, job_id),
  KEY state (state, turn_ms)
) ENGINE=InnoDB;

-- The uploaded bytes: every part but the last has 1 MiB.
CREATE TABLE import_part (
  project_id INT UNSIGNED NOT NULL,
  job_id BINARY(16) NOT NULL,
  part INT UNSIGNED NOT NULL,
  bytes MEDIUMBLOB NOT NULL,
  PRIMARY KEY (project_id, job_id, part)
) ENGINE=InnoDB;

-- row_no: 1 is the first row of data. email: what stood in its place, perhaps cut. The key on it is
-- for erasing a contact.
CREATE TABLE import_error (
  project_id INT UNSIGNED NOT NULL,
  job_id BINARY(16) NOT NULL,
  row_no BIGINT UNSIGNED NOT NULL,
  line_no BIGINT UNSIGNED NOT NULL,
  email VARCHAR(254) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  reason VARCHAR(500) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  PRIMARY KEY (project_id, job_id, row_no),
  KEY email (project_id, email)
) ENGINE=InnoDB;
