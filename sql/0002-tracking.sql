-- Tracking: who is in a segment as of its last run, and every entry and exit since tracking began.

-- What a dynamic segment's runs know. One row per dynamic segment, made with it. due: its filter, or
-- one that it names, or its tracking changed. parts, fingerprint, next_flip_ms: of the last complete
-- run; version, definition, computed_ms: of the last one that was tracked (version 0: there was
-- none); run_*: of the one that is on (run_chunk NULL: none is).
CREATE TABLE segment_state (
  project_id INT UNSIGNED NOT NULL,
  segment_id INT UNSIGNED NOT NULL,
  due TINYINT NOT NULL DEFAULT 1,
  version INT UNSIGNED NOT NULL DEFAULT 0,
  definition BINARY(16) NULL,
  parts MEDIUMBLOB NULL,
  fingerprint BINARY(16) NULL,
  computed_ms BIGINT NOT NULL DEFAULT 0,
  next_flip_ms BIGINT NULL,
  run_chunk INT UNSIGNED NULL,
  run_version INT UNSIGNED NOT NULL DEFAULT 0,
  run_definition BINARY(16) NULL,
  run_fingerprint BINARY(16) NULL,
  run_started_ms BIGINT NOT NULL DEFAULT 0,
  run_next_flip_ms BIGINT NULL,
  run_count BIGINT UNSIGNED NOT NULL DEFAULT 0,
  run_cause TINYINT NOT NULL DEFAULT 0,
  last_sequence BIGINT UNSIGNED NOT NULL DEFAULT 0,
  entries BIGINT UNSIGNED NOT NULL DEFAULT 0,
  exits BIGINT UNSIGNED NOT NULL DEFAULT 0,
  write_id BIGINT NOT NULL DEFAULT 0,
  PRIMARY KEY (project_id, segment_id)
) ENGINE=InnoDB;

-- The stored membership of a tracked segment: one bit for each contact of a chunk (little endian,
-- trailing zero bytes left out). What the next run is compared with.
CREATE TABLE membership (
  project_id INT UNSIGNED NOT NULL,
  segment_id INT UNSIGNED NOT NULL,
  chunk INT UNSIGNED NOT NULL,
  bits BLOB NOT NULL,
  PRIMARY KEY (project_id, segment_id, chunk)
) ENGINE=InnoDB;

-- An entry or exit, which is also the occurrence of segment.<slug>.entry or .exit. kind: 1 entry, 2
-- exit. cause: 1 data 2 clock 3 filter 4 first 5 deleted. name_id: the event's name of that moment.
-- contact: the id stays when the contact is gone; nothing else of it is kept here.
CREATE TABLE transition (
  project_id INT UNSIGNED NOT NULL,
  segment_id INT UNSIGNED NOT NULL,
  sequence BIGINT UNSIGNED NOT NULL,
  kind TINYINT NOT NULL,
  cause TINYINT NOT NULL,
  ordinal INT UNSIGNED NOT NULL,
  contact BINARY(16) NOT NULL,
  uuid BINARY(16) NOT NULL,
  name_id INT UNSIGNED NOT NULL,
  at_ms BIGINT NOT NULL,
  version INT UNSIGNED NOT NULL,
  cause_event BINARY(16) NULL,
  PRIMARY KEY (project_id, segment_id, sequence),
  KEY newest (project_id, at_ms, uuid),
  KEY name (project_id, name_id, at_ms),
  KEY contact (project_id, ordinal, at_ms)
) ENGINE=InnoDB;

-- The last fold that changed a part's columns. Together with the marks that wait it says whether
-- anything that a filter names has changed.
CREATE TABLE part_version (
  project_id INT UNSIGNED NOT NULL,
  part BIGINT UNSIGNED NOT NULL,
  version BIGINT UNSIGNED NOT NULL,
  PRIMARY KEY (project_id, part)
) ENGINE=InnoDB;

-- Tracked segments that were deleted, whose memberships and transitions go in batches.
CREATE TABLE dropped_segment (
  project_id INT UNSIGNED NOT NULL,
  segment_id INT UNSIGNED NOT NULL,
  PRIMARY KEY (project_id, segment_id)
) ENGINE=InnoDB;

INSERT INTO segment_state (project_id, segment_id)
  SELECT project_id, segment_id FROM segment WHERE kind = 1;
