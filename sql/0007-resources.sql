-- Tags, lists and sequences, and what a campaign of PushMail says more than one of Plunk. Members of
-- all of them are rows of `member` under their set's key (app/column/key.h).

-- Names are trimmed, and compared byte for byte.
CREATE TABLE tag (
  project_id INT UNSIGNED NOT NULL,
  tag_id INT UNSIGNED NOT NULL,
  uuid BINARY(16) NOT NULL,
  name VARCHAR(200) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  created_ms BIGINT NOT NULL,
  PRIMARY KEY (project_id, tag_id),
  UNIQUE KEY uuid (project_id, uuid),
  UNIQUE KEY name (project_id, name)
) ENGINE=InnoDB;

CREATE TABLE contact_list (
  project_id INT UNSIGNED NOT NULL,
  list_id INT UNSIGNED NOT NULL,
  uuid BINARY(16) NOT NULL,
  name VARCHAR(200) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci NOT NULL,
  description VARCHAR(500) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci NULL,
  created_ms BIGINT NOT NULL,
  updated_ms BIGINT NOT NULL,
  PRIMARY KEY (project_id, list_id),
  UNIQUE KEY uuid (project_id, uuid)
) ENGINE=InnoDB;

-- trigger_kind: 1 manual 2 list_add 3 tag_add 4 segment_enter. trigger_id: the list's, tag's or
-- segment's number; NULL for manual ones and once it was deleted, which disables the sequence.
-- steps: JSON as given.
CREATE TABLE sequence (
  project_id INT UNSIGNED NOT NULL,
  sequence_id INT UNSIGNED NOT NULL,
  uuid BINARY(16) NOT NULL,
  name VARCHAR(200) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci NOT NULL,
  trigger_kind TINYINT NOT NULL,
  trigger_id INT UNSIGNED NULL,
  steps MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL,
  enabled TINYINT NOT NULL,
  created_ms BIGINT NOT NULL,
  updated_ms BIGINT NOT NULL,
  PRIMARY KEY (project_id, sequence_id),
  UNIQUE KEY uuid (project_id, uuid),
  KEY origin (project_id, trigger_kind, trigger_id)
) ENGINE=InnoDB;

-- template_id, sending_config_id: numbers of things that are not kept here. list_id, tag_id: the
-- audience is a FILTERED one, whose filter says the same.
ALTER TABLE campaign
  ADD COLUMN template_id BIGINT NULL,
  ADD COLUMN sending_config_id BIGINT NULL,
  ADD COLUMN list_id INT UNSIGNED NULL,
  ADD COLUMN tag_id INT UNSIGNED NULL,
  ADD COLUMN scheduled_ms BIGINT NULL;
