-- Columns of occurrences (design, "Columns"), which are made only where a filter looks at them.

-- state: 1 wanted by a filter 2 being made from the log 3 made 4 given up: its chunks would be too
-- large to store. path: a property of the event's data; property_id 0 with an empty path: the times.
-- chunks: how many are made.
CREATE TABLE occurrence_column (
  project_id INT UNSIGNED NOT NULL,
  name_id INT UNSIGNED NOT NULL,
  property_id INT UNSIGNED NOT NULL,
  path VARBINARY(600) NOT NULL,
  state TINYINT NOT NULL,
  chunks INT UNSIGNED NOT NULL DEFAULT 0,
  PRIMARY KEY (project_id, name_id, property_id),
  UNIQUE KEY path (project_id, name_id, path)
) ENGINE=InnoDB;

-- The log of a contact in the order in which it is listed, and who, when and what without its rows.
ALTER TABLE event DROP KEY contact, ADD KEY contact (project_id, ordinal, at_ms, uuid, name_id);
ALTER TABLE transition DROP KEY contact,
  ADD KEY contact (project_id, ordinal, at_ms, uuid, name_id);
