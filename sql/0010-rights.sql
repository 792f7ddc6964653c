-- Bulk jobs, the links that are given to people, and suppression rules.

-- kind: 1 subscribe, 2 unsubscribe, 3 delete. state: as of import_job, from 2 waiting on.
-- total: contacts that it is about, as they were found when it was asked for; next_ordinal: those
-- before it are done. changed, unchanged: of these; who was gone by then is neither.
-- lease_id: who works on it, until lease_until_ms. step_id: fresh random with every batch.
-- tries: leases since the last batch that was committed. turn_ms: when it last was worked on.
CREATE TABLE bulk_job (
  project_id INT UNSIGNED NOT NULL,
  job_id BINARY(16) NOT NULL,
  kind TINYINT NOT NULL,
  by_query TINYINT NOT NULL,
  state TINYINT NOT NULL,
  failed_reason VARCHAR(500) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL,
  total BIGINT UNSIGNED NOT NULL,
  next_ordinal BIGINT UNSIGNED NOT NULL DEFAULT 0,
  done BIGINT UNSIGNED NOT NULL DEFAULT 0,
  changed BIGINT UNSIGNED NOT NULL DEFAULT 0,
  unchanged BIGINT UNSIGNED NOT NULL DEFAULT 0,
  lease_id BIGINT NOT NULL DEFAULT 0,
  lease_until_ms BIGINT NOT NULL DEFAULT 0,
  step_id BIGINT NOT NULL DEFAULT 0,
  tries INT UNSIGNED NOT NULL DEFAULT 0,
  turn_ms BIGINT NOT NULL,
  created_ms BIGINT NOT NULL,
  started_ms BIGINT NULL,
  finished_ms BIGINT NULL,
  PRIMARY KEY (project_id, job_id),
  KEY state (state, turn_ms),
  KEY open (project_id, state)
) ENGINE=InnoDB;

-- Whom it is about, chunk by chunk: audience/roster.h, roster_pack.
CREATE TABLE bulk_part (
  project_id INT UNSIGNED NOT NULL,
  job_id BINARY(16) NOT NULL,
  chunk INT UNSIGNED NOT NULL,
  rows_packed MEDIUMBLOB NOT NULL,
  PRIMARY KEY (project_id, job_id, chunk)
) ENGINE=InnoDB;

-- secret: signs the links to the public pages. bare_ids: a contact's id will do instead of a
-- signed token (the switch plunkPublicIds).
CREATE TABLE public_link (
  project_id INT UNSIGNED NOT NULL,
  secret BINARY(32) NOT NULL,
  bare_ids TINYINT NOT NULL DEFAULT 0,
  PRIMARY KEY (project_id)
) ENGINE=InnoDB;

-- kind: 1 ADDRESS, 2 DOMAIN, 3 PREFIX, 4 SUFFIX, 5 WILDCARD. pattern: in lower case.
CREATE TABLE suppression (
  project_id INT UNSIGNED NOT NULL,
  uuid BINARY(16) NOT NULL,
  name VARCHAR(100) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci NOT NULL,
  kind TINYINT NOT NULL,
  pattern VARCHAR(254) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  enabled TINYINT NOT NULL,
  created_ms BIGINT NOT NULL,
  updated_ms BIGINT NOT NULL,
  PRIMARY KEY (project_id, uuid)
) ENGINE=InnoDB;
