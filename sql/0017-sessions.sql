-- Sessions, what keys may do, and who did what.

-- kind 4: a session, which ends at expires_ms. parent_key_id: the key that it was made with, and with
-- which it ends; NULL: a sign-in link.
ALTER TABLE api_key
  ADD COLUMN expires_ms BIGINT NULL,
  ADD COLUMN parent_key_id VARCHAR(24) CHARACTER SET ascii COLLATE ascii_bin NULL,
  ADD KEY project (project_id, created_ms),
  ADD KEY expires (expires_ms);

-- scopes: words of app/store/keyscope.h. A public key may track, and nothing else.
UPDATE api_key SET scopes = 'write' WHERE kind = 2;

-- Sign-in links that were not used. token_sha256: of the random part. scopes: of the session that it
-- is good for.
CREATE TABLE login_token (
  project_id INT UNSIGNED NOT NULL,
  token_sha256 BINARY(32) NOT NULL,
  name VARCHAR(200) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci NOT NULL,
  scopes VARCHAR(100) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  expires_ms BIGINT NOT NULL,
  PRIMARY KEY (project_id, token_sha256),
  KEY expires (expires_ms)
) ENGINE=InnoDB;

-- Who did what; no personal data. audit_id: in order of time. key_id NULL: somebody on the server.
-- object_id: as the API shows it. summary: JSON.
CREATE TABLE audit (
  project_id INT UNSIGNED NOT NULL,
  audit_id BINARY(16) NOT NULL,
  at_ms BIGINT NOT NULL,
  key_id VARCHAR(24) CHARACTER SET ascii COLLATE ascii_bin NULL,
  actor VARCHAR(200) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci NOT NULL,
  action VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  object_type VARCHAR(20) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  object_id VARCHAR(600) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  summary VARCHAR(2048) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  PRIMARY KEY (project_id, audit_id)
) ENGINE=InnoDB;
