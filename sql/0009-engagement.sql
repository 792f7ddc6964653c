-- What became of messages, as their sender tells (http-api §4.5), and the way in for Amazon SES.

-- type: 1 sent 2 delivered 3 opened 4 clicked 5 bounced 6 complained 7 unsubscribed. event_uuid,
-- event_ms: the occurrence (a row of `event`) that this is; NULL: it counts for none. sequence_id:
-- the sequence that the message is of, when there is such a one. data: what was told besides.
CREATE TABLE email_event (
  project_id INT UNSIGNED NOT NULL,
  number INT UNSIGNED NOT NULL,
  email_id VARBINARY(800) NOT NULL,
  type TINYINT NOT NULL,
  at_ms BIGINT NOT NULL,
  ordinal INT UNSIGNED NOT NULL,
  sequence_id INT UNSIGNED NULL,
  event_uuid BINARY(16) NULL,
  event_ms BIGINT NULL,
  data MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL,
  write_id BIGINT NOT NULL,
  created_ms BIGINT NOT NULL,
  PRIMARY KEY (project_id, number),
  UNIQUE KEY said (project_id, email_id, type, at_ms),
  KEY newest (project_id, at_ms),
  KEY type (project_id, type, at_ms),
  KEY contact (project_id, ordinal, sequence_id)
) ENGINE=InnoDB;

-- A token that an SNS topic posts to. old_token_sha256 holds too until old_until_ms. topic_arn: of
-- the first message; is_verified: one of that topic had a good signature,
-- under the certificate (PEM) of certificate_url.
CREATE TABLE sns_hook (
  project_id INT UNSIGNED NOT NULL,
  hook_id BINARY(16) NOT NULL,
  token_sha256 BINARY(32) NOT NULL,
  old_token_sha256 BINARY(32) NULL,
  old_until_ms BIGINT NULL,
  topic_arn VARCHAR(300) CHARACTER SET ascii COLLATE ascii_bin NULL,
  is_verified TINYINT NOT NULL DEFAULT 0,
  certificate_url VARCHAR(2048) CHARACTER SET ascii COLLATE ascii_bin NULL,
  certificate MEDIUMBLOB NULL,
  confirmed_ms BIGINT NULL,
  problem VARCHAR(500) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL,
  problem_ms BIGINT NULL,
  write_id BIGINT NOT NULL,
  created_ms BIGINT NOT NULL,
  PRIMARY KEY (project_id, hook_id)
) ENGINE=InnoDB;

-- A forged message may have the id of a real one: both are kept until it is known which is which.
-- state: 1 waiting 2 applied 3 refused. body: as it came; NULL once it is not waiting any more. due_ms:
-- when it is looked at next; of one that is not waiting: when its row goes.
CREATE TABLE sns_message (
  project_id INT UNSIGNED NOT NULL,
  hook_id BINARY(16) NOT NULL,
  message_id VARCHAR(100) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  body_sha256 BINARY(32) NOT NULL,
  state TINYINT NOT NULL,
  body MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL,
  tries INT UNSIGNED NOT NULL,
  due_ms BIGINT NOT NULL,
  write_id BIGINT NOT NULL,
  received_ms BIGINT NOT NULL,
  PRIMARY KEY (project_id, hook_id, message_id, body_sha256),
  KEY due (state, due_ms),
  KEY waiting (project_id, state)
) ENGINE=InnoDB;
