-- TIMESTAMP in a comment is none.
CREATE TABLE account (
  account_id INT UNSIGNED NOT NULL AUTO_INCREMENT,
  PRIMARY KEY (account_id)
) ENGINE=InnoDB;
CREATE TABLE good (
  project_id INT UNSIGNED NOT NULL,
  name VARCHAR(200) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  PRIMARY KEY (project_id, name)
) ENGINE=InnoDB;
