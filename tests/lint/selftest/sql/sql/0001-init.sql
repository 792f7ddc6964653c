CREATE TABLE project (project_id INT NOT NULL, PRIMARY KEY (project_id)) ENGINE=InnoDB;
CREATE TABLE contact (project_id INT NOT NULL, n INT NOT NULL, PRIMARY KEY (project_id, n)) ENGINE=InnoDB;
