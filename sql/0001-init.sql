-- Muster's first schema. Rules (design, "Data"): project_id leads the primary key of everything that
-- belongs to a project; no foreign keys; nothing that only one of MariaDB and MySQL knows; every text
-- column names its collation. Instants are milliseconds since 1970 UTC.

CREATE TABLE instance (
  one TINYINT NOT NULL,
  instance_id BINARY(16) NOT NULL,
  PRIMARY KEY (one)
) ENGINE=InnoDB;

INSERT INTO instance (one, instance_id) VALUES (1, RANDOM_BYTES(16));

CREATE TABLE account (
  account_id INT UNSIGNED NOT NULL AUTO_INCREMENT,
  name VARCHAR(200) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci NOT NULL,
  created_ms BIGINT NOT NULL,
  PRIMARY KEY (account_id)
) ENGINE=InnoDB;

-- site_index: the project's 0-based number within its account (http-api, decision 3).
CREATE TABLE project (
  project_id INT UNSIGNED NOT NULL AUTO_INCREMENT,
  account_id INT UNSIGNED NOT NULL,
  site_index INT UNSIGNED NOT NULL,
  uuid BINARY(16) NOT NULL,
  name VARCHAR(200) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci NOT NULL,
  public_resubscribe TINYINT NOT NULL DEFAULT 1,
  created_ms BIGINT NOT NULL,
  PRIMARY KEY (project_id),
  UNIQUE KEY account_site (account_id, site_index),
  UNIQUE KEY uuid (uuid)
) ENGINE=InnoDB;

-- kind: 1 secret (sk_), 2 public (pk_), 3 account key (pm_live_). project_id NULL: account-wide.
CREATE TABLE api_key (
  key_id VARCHAR(24) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  account_id INT UNSIGNED NOT NULL,
  project_id INT UNSIGNED NULL,
  kind TINYINT NOT NULL,
  name VARCHAR(200) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci NOT NULL,
  secret_sha256 BINARY(32) NOT NULL,
  scopes VARCHAR(100) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '*',
  created_ms BIGINT NOT NULL,
  last_used_ms BIGINT NULL,
  revoked_ms BIGINT NULL,
  PRIMARY KEY (key_id),
  KEY account (account_id, created_ms)
) ENGINE=InnoDB;

-- Counters that writers take by an autocommit update stand apart from project_state, whose row a
-- fold holds locked while it runs.
CREATE TABLE ordinal_block (
  project_id INT UNSIGNED NOT NULL,
  next_ordinal BIGINT UNSIGNED NOT NULL,
  PRIMARY KEY (project_id)
) ENGINE=InnoDB;

-- columns_version grows with every commit that changes base_chunk or delta_chunk.
CREATE TABLE project_state (
  project_id INT UNSIGNED NOT NULL,
  columns_version BIGINT UNSIGNED NOT NULL DEFAULT 1,
  folded_ms BIGINT NOT NULL DEFAULT 0,
  rebuild_requested TINYINT NOT NULL DEFAULT 0,
  PRIMARY KEY (project_id)
) ENGINE=InnoDB;

-- status: 1 subscribed, 2 unsubscribed, 3 bounced, 4 complained.
CREATE TABLE contact (
  project_id INT UNSIGNED NOT NULL,
  ordinal INT UNSIGNED NOT NULL,
  uuid BINARY(16) NOT NULL,
  email VARCHAR(254) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  status TINYINT NOT NULL,
  data MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL,
  write_id BIGINT NOT NULL,
  created_ms BIGINT NOT NULL,
  updated_ms BIGINT NOT NULL,
  subscribed_ms BIGINT NULL,
  PRIMARY KEY (project_id, ordinal),
  UNIQUE KEY email (project_id, email),
  UNIQUE KEY uuid (project_id, uuid)
) ENGINE=InnoDB;

-- part: see app/column/key.h. seq: fresh random per mark.
CREATE TABLE dirty (
  project_id INT UNSIGNED NOT NULL,
  part BIGINT UNSIGNED NOT NULL,
  ordinal INT UNSIGNED NOT NULL,
  seq BIGINT NOT NULL,
  PRIMARY KEY (project_id, part, ordinal)
) ENGINE=InnoDB;

-- added_by: 0 a secret key, 1 a public key, 2 the system (counts for no limit).
CREATE TABLE field (
  project_id INT UNSIGNED NOT NULL,
  field_id INT UNSIGNED NOT NULL,
  path VARBINARY(600) NOT NULL,
  added_by TINYINT NOT NULL DEFAULT 0,
  first_seen_ms BIGINT NOT NULL,
  PRIMARY KEY (project_id, field_id),
  UNIQUE KEY path (project_id, path)
) ENGINE=InnoDB;

CREATE TABLE event_name (
  project_id INT UNSIGNED NOT NULL,
  name_id INT UNSIGNED NOT NULL,
  name VARBINARY(400) NOT NULL,
  added_by TINYINT NOT NULL DEFAULT 0,
  first_seen_ms BIGINT NOT NULL,
  PRIMARY KEY (project_id, name_id),
  UNIQUE KEY name (project_id, name)
) ENGINE=InnoDB;

CREATE TABLE contact_event (
  project_id INT UNSIGNED NOT NULL,
  name_id INT UNSIGNED NOT NULL,
  ordinal INT UNSIGNED NOT NULL,
  count INT UNSIGNED NOT NULL,
  first_ms BIGINT NOT NULL,
  last_ms BIGINT NOT NULL,
  PRIMARY KEY (project_id, name_id, ordinal),
  KEY contact (project_id, ordinal, name_id)
) ENGINE=InnoDB;

-- at_ms: when it happened; created_ms: when we were told. ordinal NULL: about no contact.
CREATE TABLE event (
  project_id INT UNSIGNED NOT NULL,
  at_ms BIGINT NOT NULL,
  uuid BINARY(16) NOT NULL,
  ordinal INT UNSIGNED NULL,
  name_id INT UNSIGNED NOT NULL,
  email_id VARCHAR(200) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL,
  data MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL,
  created_ms BIGINT NOT NULL,
  PRIMARY KEY (project_id, at_ms, uuid),
  KEY name (project_id, name_id, at_ms),
  KEY contact (project_id, ordinal, at_ms)
) ENGINE=InnoDB;

-- kind: 1 dynamic, 2 static. filter: canonical tree in Plunk notation; source: the text as given, in
-- `dialect` (1 Plunk). Both NULL for static.
CREATE TABLE segment (
  project_id INT UNSIGNED NOT NULL,
  segment_id INT UNSIGNED NOT NULL,
  uuid BINARY(16) NOT NULL,
  name VARCHAR(200) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci NOT NULL,
  description VARCHAR(500) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci NULL,
  slug VARCHAR(420) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  kind TINYINT NOT NULL,
  dialect TINYINT NOT NULL DEFAULT 1,
  filter MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL,
  source MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL,
  track TINYINT NOT NULL DEFAULT 0,
  member_count BIGINT UNSIGNED NOT NULL DEFAULT 0,
  counted_ms BIGINT NOT NULL DEFAULT 0,
  version INT UNSIGNED NOT NULL DEFAULT 1,
  created_ms BIGINT NOT NULL,
  updated_ms BIGINT NOT NULL,
  PRIMARY KEY (project_id, segment_id),
  UNIQUE KEY uuid (project_id, uuid)
) ENGINE=InnoDB;

-- Who names a segment: source_kind 1 a segment's filter, 2 a campaign.
CREATE TABLE segment_ref (
  project_id INT UNSIGNED NOT NULL,
  target_id INT UNSIGNED NOT NULL,
  source_kind TINYINT NOT NULL,
  source_id INT UNSIGNED NOT NULL,
  PRIMARY KEY (project_id, target_id, source_kind, source_id),
  KEY source (project_id, source_kind, source_id)
) ENGINE=InnoDB;

-- Segments whose filter has a leaf on event.segment.<slug>.entry or .exit. By slug, not by id: which
-- segments that means changes with every rename.
CREATE TABLE segment_event_ref (
  project_id INT UNSIGNED NOT NULL,
  source_id INT UNSIGNED NOT NULL,
  slug VARBINARY(512) NOT NULL,
  PRIMARY KEY (project_id, source_id, slug)
) ENGINE=InnoDB;

-- Sets whose members are being deleted in batches; nothing names them any more.
CREATE TABLE dropped_set (
  project_id INT UNSIGNED NOT NULL,
  set_id BIGINT UNSIGNED NOT NULL,
  PRIMARY KEY (project_id, set_id)
) ENGINE=InnoDB;

-- set_id: see app/column/key.h.
CREATE TABLE member (
  project_id INT UNSIGNED NOT NULL,
  set_id BIGINT UNSIGNED NOT NULL,
  ordinal INT UNSIGNED NOT NULL,
  entered_ms BIGINT NOT NULL,
  PRIMARY KEY (project_id, set_id, ordinal),
  KEY contact (project_id, ordinal, set_id)
) ENGINE=InnoDB;

-- part: one row group of columns, or one column of the contact part (app/column/key.h). run: 0 base
-- is in base_chunk; here 1 the large run, 2 the small and newest.
CREATE TABLE base_chunk (
  project_id INT UNSIGNED NOT NULL,
  column_key BIGINT UNSIGNED NOT NULL,
  chunk INT UNSIGNED NOT NULL,
  version BIGINT UNSIGNED NOT NULL,
  hash BINARY(16) NOT NULL,
  bytes LONGBLOB NOT NULL,
  PRIMARY KEY (project_id, column_key, chunk)
) ENGINE=InnoDB;

CREATE TABLE delta_chunk (
  project_id INT UNSIGNED NOT NULL,
  column_key BIGINT UNSIGNED NOT NULL,
  chunk INT UNSIGNED NOT NULL,
  run TINYINT NOT NULL,
  version BIGINT UNSIGNED NOT NULL,
  hash BINARY(16) NOT NULL,
  bytes LONGBLOB NOT NULL,
  changed_ms BIGINT NOT NULL,
  PRIMARY KEY (project_id, column_key, chunk, run)
) ENGINE=InnoDB;

-- status: HTTP status of the first use, NULL while it runs.
CREATE TABLE idempotency (
  project_id INT UNSIGNED NOT NULL,
  idempotency_key VARCHAR(255) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  request VARCHAR(100) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  status SMALLINT NULL,
  write_id BIGINT NOT NULL,
  created_ms BIGINT NOT NULL,
  PRIMARY KEY (project_id, idempotency_key),
  KEY age (project_id, created_ms)
) ENGINE=InnoDB;

-- Numbers that count from 1 per project and kind (1 segment, 2 campaign, 3 field, 4 event name).
CREATE TABLE counter (
  project_id INT UNSIGNED NOT NULL,
  kind TINYINT NOT NULL,
  last_value INT UNSIGNED NOT NULL,
  PRIMARY KEY (project_id, kind)
) ENGINE=InnoDB;

-- status: 1 DRAFT 2 SCHEDULED 3 SENDING 4 SENT 5 CANCELLED. type: 1 TRANSACTIONAL 2 MARKETING
-- 3 HEADLESS. audience_type: 1 ALL 2 SEGMENT 3 FILTERED.
CREATE TABLE campaign (
  project_id INT UNSIGNED NOT NULL,
  campaign_id INT UNSIGNED NOT NULL,
  uuid BINARY(16) NOT NULL,
  name VARCHAR(500) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci NOT NULL,
  description TEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci NULL,
  subject VARCHAR(1000) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci NOT NULL,
  body MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  sender VARCHAR(320) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  sender_name VARCHAR(200) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci NULL,
  reply_to VARCHAR(320) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL,
  type TINYINT NOT NULL,
  status TINYINT NOT NULL,
  audience_type TINYINT NOT NULL,
  audience_filter MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL,
  segment_id INT UNSIGNED NULL,
  created_ms BIGINT NOT NULL,
  updated_ms BIGINT NOT NULL,
  PRIMARY KEY (project_id, campaign_id),
  UNIQUE KEY uuid (project_id, uuid)
) ENGINE=InnoDB;
