-- What the filters of dynamic segments were before: each change of a filter makes a version, which
-- tells what changed, and can be restored.

-- version, dialect, filter, source: what segment had then. key_id: the API key that made it; NULL when
-- no key did (the command line), or it is not known. The newest of a segment is the one it has now;
-- of the older ones a few hundred are kept (store/segversion.c).
CREATE TABLE segment_version (
  project_id INT UNSIGNED NOT NULL,
  segment_id INT UNSIGNED NOT NULL,
  version INT UNSIGNED NOT NULL,
  dialect TINYINT NOT NULL,
  filter MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  source MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  changed_ms BIGINT NOT NULL,
  key_id VARCHAR(24) CHARACTER SET ascii COLLATE ascii_bin NULL,
  PRIMARY KEY (project_id, segment_id, version)
) ENGINE=InnoDB;

-- Of segments that are there already only the version of today is known, and of a filter that was
-- changed since only that it was by updated_ms.
INSERT INTO segment_version
    (project_id, segment_id, version, dialect, filter, source, changed_ms)
  SELECT project_id, segment_id, version, dialect, filter, source,
      CASE WHEN version = 1 THEN created_ms ELSE updated_ms END
    FROM segment WHERE kind = 1;
