-- What a site says of itself, keys with a number, and imports with one (http-api §2).

-- deleted_ms: the site is gone for everybody; its rows go batch by batch, and this one stays, so that
-- its site_index is never given again. purged_ms: nothing else is left.
ALTER TABLE project
  ADD COLUMN domain VARCHAR(253) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci NULL,
  ADD COLUMN auto_bcc VARCHAR(254) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci NULL,
  ADD COLUMN send_frequency_cap_days INT UNSIGNED NULL,
  ADD COLUMN company_name VARCHAR(200) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci NULL,
  ADD COLUMN physical_address VARCHAR(500) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci NULL,
  ADD COLUMN updated_ms BIGINT NULL,
  ADD COLUMN deleted_ms BIGINT NULL,
  ADD COLUMN purged_ms BIGINT NULL;

-- number: what PushMail calls its id.
ALTER TABLE api_key
  ADD COLUMN number INT UNSIGNED NOT NULL AUTO_INCREMENT,
  ADD UNIQUE KEY number (number);

-- job_number: what PushMail calls its id; counts from 1 in the project, 0 for those before.
-- tag_id, list_id: what the contacts of the file are put in.
ALTER TABLE import_job
  ADD COLUMN job_number INT UNSIGNED NOT NULL DEFAULT 0,
  ADD COLUMN tag_id INT UNSIGNED NULL,
  ADD COLUMN list_id INT UNSIGNED NULL,
  ADD KEY job_number (project_id, job_number);
