-- What goes out: one row per message, of whatever made it, and the templates that say what stands in
-- them. A sender outside claims messages and reports by email events.

-- template_id: the number of PushMail. type as of a campaign: 1 transactional 2 marketing 3 headless.
CREATE TABLE template (
  project_id INT UNSIGNED NOT NULL,
  template_id INT UNSIGNED NOT NULL,
  uuid BINARY(16) NOT NULL,
  name VARCHAR(200) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci NOT NULL,
  description TEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci NULL,
  subject VARCHAR(1000) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci NOT NULL,
  body MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  sender VARCHAR(320) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  sender_name VARCHAR(200) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci NULL,
  reply_to VARCHAR(320) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL,
  type TINYINT NOT NULL,
  write_id BIGINT NOT NULL,
  created_ms BIGINT NOT NULL,
  updated_ms BIGINT NOT NULL,
  PRIMARY KEY (project_id, template_id),
  UNIQUE KEY uuid (project_id, uuid)
) ENGINE=InnoDB;

-- source: 1 /v1/send 2 workflow 3 sequence 4 campaign, which is also the order in which a sender gets
-- them; source_id: its number (0 of 1). execution_id, step: what of it made the message (0 of a
-- campaign). uuid: the id that the sender gets and reports. state: 1 waiting 2 claimed 3 sent (a
-- report came) 4 dropped. reason: why it was dropped (store/message.h). due_ms: when it is handed out
-- at the earliest, of a claimed one when its lease ends; NULL: never (again). content: JSON of what
-- the template or the campaign does not say; NULL once it is not needed any more. reported: which
-- types of email_event came, one bit each (1 << type). created_ms: by the clock of what made it.
CREATE TABLE message (
  project_id INT UNSIGNED NOT NULL,
  source TINYINT NOT NULL,
  source_id INT UNSIGNED NOT NULL,
  execution_id BIGINT UNSIGNED NOT NULL,
  step INT UNSIGNED NOT NULL,
  ordinal INT UNSIGNED NOT NULL,
  uuid BINARY(16) NOT NULL,
  state TINYINT NOT NULL,
  reason TINYINT NULL,
  due_ms BIGINT NULL,
  lease_id BIGINT NOT NULL DEFAULT 0,
  claims INT UNSIGNED NOT NULL DEFAULT 0,
  template_id INT UNSIGNED NOT NULL,
  reported SMALLINT UNSIGNED NOT NULL DEFAULT 0,
  created_ms BIGINT NOT NULL,
  content MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL,
  PRIMARY KEY (project_id, source, source_id, execution_id, step, ordinal),
  UNIQUE KEY uuid (project_id, uuid),
  KEY due (project_id, source, due_ms),
  KEY contact (project_id, ordinal, source, created_ms)
) ENGINE=InnoDB;

-- How many messages of a campaign were told of, of each type once per message (store/messagereport.c).
ALTER TABLE campaign
  ADD COLUMN sent_count INT UNSIGNED NOT NULL DEFAULT 0,
  ADD COLUMN delivered_count INT UNSIGNED NOT NULL DEFAULT 0,
  ADD COLUMN opened_count INT UNSIGNED NOT NULL DEFAULT 0,
  ADD COLUMN clicked_count INT UNSIGNED NOT NULL DEFAULT 0,
  ADD COLUMN bounced_count INT UNSIGNED NOT NULL DEFAULT 0,
  ADD COLUMN complained_count INT UNSIGNED NOT NULL DEFAULT 0,
  ADD COLUMN unsubscribed_count INT UNSIGNED NOT NULL DEFAULT 0;

-- ---- campaigns: resolving and sending (helper CAMPAIGNS adds below) ------------------------------

-- excluded: the segments whose members get nothing, UUIDs with a comma behind each. resolved_ms: the
-- instant at which the recipients were found; segment_version: of their segment then. note: what
-- became of it that its status does not say. sent_ms: since when nothing of it is open. A template_id
-- was a number that nobody looked at; now it is the number of a template.
ALTER TABLE campaign
  ADD COLUMN excluded VARCHAR(370) CHARACTER SET ascii COLLATE ascii_bin NULL,
  ADD COLUMN total_recipients INT UNSIGNED NOT NULL DEFAULT 0,
  ADD COLUMN resolved_ms BIGINT NULL,
  ADD COLUMN segment_version INT UNSIGNED NULL,
  ADD COLUMN note VARCHAR(500) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL,
  ADD COLUMN sent_ms BIGINT NULL,
  ADD COLUMN write_id BIGINT NOT NULL DEFAULT 0;
UPDATE campaign SET template_id = NULL;

-- What the worker has to do for a campaign; the row goes when it is done. stage: 1 wait until it is
-- due 2 find the recipients 3 put their messages in, from next_ordinal on 4 wait until none is open
-- 5 it was cancelled: drop those that wait. due_ms: when it is looked at next. A holder writes only
-- while lease_id is his; step_id: of his last commit. tries: leases since then.
CREATE TABLE campaign_send (
  project_id INT UNSIGNED NOT NULL,
  campaign_id INT UNSIGNED NOT NULL,
  stage TINYINT NOT NULL,
  due_ms BIGINT NOT NULL,
  next_ordinal BIGINT UNSIGNED NOT NULL DEFAULT 0,
  lease_id BIGINT NOT NULL DEFAULT 0,
  lease_until_ms BIGINT NOT NULL DEFAULT 0,
  tries INT UNSIGNED NOT NULL DEFAULT 0,
  step_id BIGINT NOT NULL DEFAULT 0,
  PRIMARY KEY (project_id, campaign_id),
  KEY due (due_ms)
) ENGINE=InnoDB;

-- Who receives a campaign: contacts of one chunk, as rows_packed of bulk_part.
CREATE TABLE campaign_part (
  project_id INT UNSIGNED NOT NULL,
  campaign_id INT UNSIGNED NOT NULL,
  chunk INT UNSIGNED NOT NULL,
  rows_packed BLOB NOT NULL,
  PRIMARY KEY (project_id, campaign_id, chunk)
) ENGINE=InnoDB;
