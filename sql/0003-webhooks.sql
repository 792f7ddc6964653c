-- Webhooks and their messages. What is hot stands apart: delivery_due has one row for each message
-- that still has to go out, and no index but its key, in the order in which it is claimed.

-- Grows with every change of a webhook; a process that knows the webhooks of a version asks no more.
ALTER TABLE project ADD webhook_version INT UNSIGNED NOT NULL DEFAULT 0;

-- events: a JSON list of patterns. secret, old_secret: see app/base/seal.h; the old one signs until
-- old_until_ms. deleted_ms: nothing shows it any more, and its rows go in batches.
CREATE TABLE webhook (
  project_id INT UNSIGNED NOT NULL,
  webhook_id INT UNSIGNED NOT NULL,
  uuid BINARY(16) NOT NULL,
  url VARCHAR(2048) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  description VARCHAR(500) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci NULL,
  events MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  enabled TINYINT NOT NULL,
  disabled_reason VARCHAR(200) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci NULL,
  disabled_ms BIGINT NULL,
  secret VARBINARY(100) NOT NULL,
  secret_key_id BINARY(8) NOT NULL,
  old_secret VARBINARY(100) NULL,
  old_secret_key_id BINARY(8) NULL,
  old_until_ms BIGINT NULL,
  last_success_ms BIGINT NULL,
  failing_since_ms BIGINT NULL,
  failures INT UNSIGNED NOT NULL DEFAULT 0,
  slow_until_ms BIGINT NOT NULL DEFAULT 0,
  created_ms BIGINT NOT NULL,
  updated_ms BIGINT NOT NULL,
  deleted_ms BIGINT NULL,
  PRIMARY KEY (project_id, webhook_id),
  UNIQUE KEY uuid (project_id, uuid),
  KEY deleted (deleted_ms)
) ENGINE=InnoDB;

-- One message to one webhook. delivery_id is in order of time. state: 1 pending 2 failed 3 delivered
-- 4 dead. due_ms: where its row of delivery_due stands while nobody has claimed it; NULL: it has none.
-- ordinal: the contact that the body tells of; NULL: none, or erased. erased: the body was blanked, and
-- replies of the receiver are not kept.
CREATE TABLE delivery (
  project_id INT UNSIGNED NOT NULL,
  delivery_id BINARY(16) NOT NULL,
  webhook_id INT UNSIGNED NOT NULL,
  event_id BINARY(16) NOT NULL,
  type VARCHAR(512) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  state TINYINT NOT NULL,
  attempts INT UNSIGNED NOT NULL DEFAULT 0,
  due_ms BIGINT NULL,
  ordinal INT UNSIGNED NULL,
  erased TINYINT NOT NULL DEFAULT 0,
  segment_id INT UNSIGNED NOT NULL,
  sequence BIGINT UNSIGNED NOT NULL,
  body MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  created_ms BIGINT NOT NULL,
  updated_ms BIGINT NOT NULL,
  PRIMARY KEY (project_id, delivery_id),
  UNIQUE KEY event (project_id, webhook_id, event_id),
  KEY listing (project_id, webhook_id, state, delivery_id),
  KEY replay (project_id, webhook_id, segment_id, sequence),
  KEY contact (project_id, ordinal)
) ENGINE=InnoDB;

-- A claim moves due_ms to the end of its lease and sets lease_token (0: not claimed). attempts: of the
-- whole life; step: since the schedule began. Both count when a message is claimed.
CREATE TABLE delivery_due (
  project_id INT UNSIGNED NOT NULL,
  webhook_id INT UNSIGNED NOT NULL,
  due_ms BIGINT NOT NULL,
  delivery_id BINARY(16) NOT NULL,
  lease_token BIGINT NOT NULL DEFAULT 0,
  attempts INT UNSIGNED NOT NULL,
  step INT UNSIGNED NOT NULL DEFAULT 0,
  PRIMARY KEY (project_id, webhook_id, due_ms, delivery_id)
) ENGINE=InnoDB;

-- status: HTTP, NULL: no answer came. reply: its first KiB.
CREATE TABLE delivery_attempt (
  project_id INT UNSIGNED NOT NULL,
  delivery_id BINARY(16) NOT NULL,
  attempt_no INT UNSIGNED NOT NULL,
  started_ms BIGINT NOT NULL,
  duration_ms INT UNSIGNED NOT NULL,
  status SMALLINT UNSIGNED NULL,
  error VARCHAR(200) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci NULL,
  reply VARBINARY(1024) NULL,
  PRIMARY KEY (project_id, delivery_id, attempt_no)
) ENGINE=InnoDB;
