-- @CONTACTS@ contacts of project 1 with eight data fields, and event rollups of ten names that 30 % of
-- the contacts have each, made by MariaDB's sequence engine. Everything is a hash of the contact's
-- number, so that bench knows each contact's address and id (population.py says the same).
SET @now = FLOOR(UNIX_TIMESTAMP(UTC_TIMESTAMP()) * 1000);
SET @day = 86400000;

INSERT INTO field (project_id, field_id, path, first_seen_ms)
VALUES (1, 1, 'plan', 0), (1, 2, 'country', 0), (1, 3, 'age', 0), (1, 4, 'spend', 0), (1, 5, 'vip', 0),
       (1, 6, 'firstName', 0), (1, 7, 'signupAt', 0), (1, 8, 'score', 0);
INSERT INTO event_name (project_id, name_id, name, first_seen_ms)
SELECT 1, seq, ELT(seq, 'purchase', 'login', 'signed_up', 'viewed', 'invited', 'exported', 'upgraded',
                   'cancelled', 'shared', 'commented'), 0 FROM seq_1_to_10;
INSERT INTO counter (project_id, kind, last_value) VALUES (1, 3, 8), (1, 4, 10);

INSERT INTO contact (project_id, ordinal, uuid, email, status, data, write_id, created_ms, updated_ms, subscribed_ms)
SELECT 1, seq, UNHEX(MD5(CONCAT('c', seq))),
       CONCAT(ELT(1 + MOD(seq * 7, 8), 'anna', 'bob', 'carol', 'dave', 'erin', 'frank', 'grace', 'heidi'), seq, '@',
              ELT(1 + MOD(CRC32(seq), 6), 'gmail.com', 'example.com', 'yahoo.com', 'outlook.com', 'proton.me', 'corp.example')),
       IF(MOD(CRC32(CONCAT('s', seq)), 10) < 8, 1, 2),
       CONCAT('{"plan":"', ELT(1 + MOD(CRC32(CONCAT('p', seq)), 4), 'free', 'pro', 'team', 'enterprise'),
              '","country":"', ELT(1 + MOD(CRC32(CONCAT('k', seq)), 20), 'US', 'GB', 'DE', 'FR', 'ES', 'IT', 'NL', 'SE',
                                   'NO', 'DK', 'FI', 'PL', 'CZ', 'AT', 'CH', 'BE', 'PT', 'IE', 'JP', 'BR'),
              '","age":', 18 + MOD(CRC32(CONCAT('a', seq)), 60),
              ',"spend":', MOD(CRC32(CONCAT('m', seq)), 100000) / 100,
              ',"vip":', IF(MOD(CRC32(CONCAT('v', seq)), 50) = 0, 'true', 'false'),
              ',"firstName":"', ELT(1 + MOD(seq * 7, 8), 'Anna', 'Bob', 'Carol', 'Dave', 'Erin', 'Frank', 'Grace', 'Heidi'),
              MOD(seq, 5000),
              '","signupAt":"', DATE_FORMAT('2024-01-01' + INTERVAL MOD(CRC32(CONCAT('d', seq)), 1000) DAY, '%Y-%m-%d'),
              '","score":', MOD(CRC32(CONCAT('q', seq)), 1000), '}'),
       1, @now - (@CONTACTS@ - seq) * 60000, @now - (@CONTACTS@ - seq) * 60000, @now - (@CONTACTS@ - seq) * 60000
FROM seq_0_to_@LAST@;

-- The last occurrence within 300 days, the first up to 60 days before it.
INSERT INTO contact_event (project_id, name_id, ordinal, count, first_ms, last_ms)
SELECT 1, name_id, ordinal, 1 + MOD(hash, 9), last_ms - MOD(hash, 60) * @day, last_ms
FROM (SELECT n.seq AS name_id, s.seq AS ordinal, CRC32(CONCAT(n.seq, 'e', s.seq)) AS hash,
             @now - MOD(CRC32(CONCAT(n.seq, 'l', s.seq)), 25920000) * 1000 AS last_ms
      FROM seq_1_to_10 n JOIN seq_0_to_@LAST@ s
      WHERE MOD(CRC32(CONCAT(n.seq, 'h', s.seq)), 10) < 3) AS rollup;

UPDATE ordinal_block SET next_ordinal = @CONTACTS@ WHERE project_id = 1;
