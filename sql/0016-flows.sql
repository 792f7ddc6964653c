-- Workflows, and the executions of workflows and sequences.

-- Grows with every change of what flows start with and wait for; a process that knows a version asks
-- no more. 0: there never was a flow.
ALTER TABLE project ADD flows_version INT UNSIGNED NOT NULL DEFAULT 0;
UPDATE project SET flows_version = 1
  WHERE EXISTS (SELECT 1 FROM sequence WHERE sequence.project_id = project.project_id);

-- Grows with every edit: see flow_version.
ALTER TABLE sequence ADD version INT UNSIGNED NOT NULL DEFAULT 1;

-- trigger_kind: 1 manual 2 event 3 schedule. event, event_name_id: of an event one. definition: JSON of
-- app/flow/definition.h. version: grows with every edit. due_ms: next run of an enabled schedule, else
-- NULL.
CREATE TABLE workflow (
  project_id INT UNSIGNED NOT NULL,
  workflow_id INT UNSIGNED NOT NULL,
  uuid BINARY(16) NOT NULL,
  name VARCHAR(200) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci NOT NULL,
  description TEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci NULL,
  trigger_kind TINYINT NOT NULL,
  event VARCHAR(512) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL,
  event_name_id INT UNSIGNED NULL,
  cron VARCHAR(200) CHARACTER SET ascii COLLATE ascii_bin NULL,
  allow_reentry TINYINT NOT NULL,
  enabled TINYINT NOT NULL,
  definition MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  version INT UNSIGNED NOT NULL,
  due_ms BIGINT NULL,
  write_id BIGINT NOT NULL,
  created_ms BIGINT NOT NULL,
  updated_ms BIGINT NOT NULL,
  PRIMARY KEY (project_id, workflow_id),
  UNIQUE KEY uuid (project_id, uuid),
  KEY due (due_ms)
) ENGINE=InnoDB;

-- The events that a workflow names, its trigger's too.
CREATE TABLE workflow_event (
  project_id INT UNSIGNED NOT NULL,
  workflow_id INT UNSIGNED NOT NULL,
  name_id INT UNSIGNED NOT NULL,
  PRIMARY KEY (project_id, workflow_id, name_id),
  KEY name (project_id, name_id)
) ENGINE=InnoDB;

-- What a flow was when executions of it began. owner_kind: 1 workflow 2 sequence.
CREATE TABLE flow_version (
  project_id INT UNSIGNED NOT NULL,
  owner_kind TINYINT NOT NULL,
  owner_id INT UNSIGNED NOT NULL,
  version INT UNSIGNED NOT NULL,
  definition MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  PRIMARY KEY (project_id, owner_kind, owner_id, version)
) ENGINE=InnoDB;

-- The events that steps of such a version wait for.
CREATE TABLE flow_wait (
  project_id INT UNSIGNED NOT NULL,
  owner_kind TINYINT NOT NULL,
  owner_id INT UNSIGNED NOT NULL,
  version INT UNSIGNED NOT NULL,
  name_id INT UNSIGNED NOT NULL,
  PRIMARY KEY (project_id, owner_kind, owner_id, version, name_id)
) ENGINE=InnoDB;

-- What happened and some flow wants to know. flow_event_id: in order of time. kind: 1 occurrence
-- (number: of its name) 2 entered a set (number: app/column/key.h). event: the occurrence's id.
CREATE TABLE flow_event (
  project_id INT UNSIGNED NOT NULL,
  flow_event_id BINARY(16) NOT NULL,
  kind TINYINT NOT NULL,
  number BIGINT UNSIGNED NOT NULL,
  ordinal INT UNSIGNED NOT NULL,
  event BINARY(16) NOT NULL,
  at_ms BIGINT NOT NULL,
  data MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL,
  created_ms BIGINT NOT NULL,
  PRIMARY KEY (project_id, flow_event_id),
  KEY contact (project_id, ordinal)
) ENGINE=InnoDB;

-- A contact on its way through a flow. status: 1 RUNNING 2 WAITING 3 COMPLETED 4 EXITED 5 FAILED
-- 6 CANCELLED. step: id of the one at hand, NULL: it is over. steps_done: rows of execution_step.
-- context: JSON, NULL: {}. write_id: fresh random with every move.
CREATE TABLE execution (
  project_id INT UNSIGNED NOT NULL,
  execution_id INT UNSIGNED NOT NULL,
  uuid BINARY(16) NOT NULL,
  owner_kind TINYINT NOT NULL,
  owner_id INT UNSIGNED NOT NULL,
  version INT UNSIGNED NOT NULL,
  ordinal INT UNSIGNED NOT NULL,
  status TINYINT NOT NULL,
  step VARCHAR(36) CHARACTER SET ascii COLLATE ascii_bin NULL,
  steps_done INT UNSIGNED NOT NULL,
  context MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL,
  reason VARCHAR(500) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL,
  write_id BIGINT NOT NULL,
  started_ms BIGINT NOT NULL,
  finished_ms BIGINT NULL,
  PRIMARY KEY (project_id, execution_id),
  UNIQUE KEY uuid (project_id, uuid),
  KEY flow (project_id, owner_kind, owner_id, execution_id),
  KEY status (project_id, owner_kind, owner_id, status, execution_id),
  KEY contact (project_id, ordinal, owner_kind, owner_id)
) ENGINE=InnoDB;

-- Those that are not over. class: 1 the job flows 2 the job call. due_ms: when somebody looks at it; of
-- a claimed one the end of its lease. token: the lease's, 0: not claimed. attempts: claims of the step
-- at hand; told: of these, how many ended with word. wait_name_id: an event that it waits for; is_woken:
-- that came. since_ms: when it came to the step.
CREATE TABLE execution_due (
  project_id INT UNSIGNED NOT NULL,
  execution_id INT UNSIGNED NOT NULL,
  class TINYINT NOT NULL,
  due_ms BIGINT NOT NULL,
  token BIGINT NOT NULL,
  attempts INT UNSIGNED NOT NULL,
  told INT UNSIGNED NOT NULL,
  since_ms BIGINT NOT NULL,
  wait_name_id INT UNSIGNED NULL,
  is_woken TINYINT NOT NULL,
  ordinal INT UNSIGNED NOT NULL,
  owner_kind TINYINT NOT NULL,
  owner_id INT UNSIGNED NOT NULL,
  version INT UNSIGNED NOT NULL,
  PRIMARY KEY (project_id, execution_id),
  KEY due (project_id, class, due_ms),
  KEY contact (project_id, ordinal, wait_name_id),
  KEY flow (project_id, owner_kind, owner_id, version)
) ENGINE=InnoDB;

-- Steps done, from 0. type: number of enum definition_type.
CREATE TABLE execution_step (
  project_id INT UNSIGNED NOT NULL,
  ordinal INT UNSIGNED NOT NULL,
  execution_id INT UNSIGNED NOT NULL,
  number INT UNSIGNED NOT NULL,
  step VARCHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  type TINYINT NOT NULL,
  outcome VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NULL,
  problem VARCHAR(500) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL,
  at_ms BIGINT NOT NULL,
  PRIMARY KEY (project_id, ordinal, execution_id, number)
) ENGINE=InnoDB;

-- Deleted flows that still have rows of executions and versions.
CREATE TABLE dropped_flow (
  project_id INT UNSIGNED NOT NULL,
  owner_kind TINYINT NOT NULL,
  owner_id INT UNSIGNED NOT NULL,
  PRIMARY KEY (project_id, owner_kind, owner_id)
) ENGINE=InnoDB;

-- Who enters a workflow by its schedule and has not yet: contacts of one chunk of the run that was
-- due at run_ms, as rows_packed of bulk_part.
CREATE TABLE flow_run_part (
  project_id INT UNSIGNED NOT NULL,
  workflow_id INT UNSIGNED NOT NULL,
  run_ms BIGINT NOT NULL,
  chunk INT UNSIGNED NOT NULL,
  rows_packed BLOB NOT NULL,
  PRIMARY KEY (project_id, workflow_id, run_ms, chunk)
) ENGINE=InnoDB;
