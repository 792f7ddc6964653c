-- What the dashboard needs of imports.

-- mapping: what the client says its columns are, {header: target or null}; NULL: nothing was said.
-- found: the columns and their types, a JSON list; only of a dry run of CSV that is complete.
ALTER TABLE import_job
  ADD COLUMN mapping MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL,
  ADD COLUMN found MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL;
