"""Writes that no route of this issue can make, done as rows, each with its dirty mark.

Instants of long ago, sequences that somebody completed and the like are written so. Only for a stack at
rest: nothing else writes.
"""
PART_CONTACT = 1 << 56          # app/column/key.h
PART_EVENT = 2 << 56
PART_SET = 3 << 56
SET = {"tag": 2 << 40, "list": 3 << 40, "campaign": 4 << 40, "sequence": 5 << 40}
STATUS_NUMBER = {"subscribed": 1, "unsubscribed": 2, "bounced": 3, "complained": 4}
EVENT_NAMES = 4                 # counter.kind of sql/0001-init.sql


class Lab:
    def __init__(self, stack, project_id):
        self.stack, self.project = stack, project_id
        self.statements = []

    def run(self):
        if self.statements:
            self.stack.sql("START TRANSACTION;\n" + ";\n".join(self.statements) + ";\nCOMMIT;\n")
        self.statements = []

    def mark(self, part, ordinal):
        self.statements.append(
            "INSERT INTO dirty (project_id, part, ordinal, seq) VALUES "
            f"({self.project}, {part}, {ordinal}, FLOOR(RAND() * 9e18)) "
            "ON DUPLICATE KEY UPDATE seq = VALUES(seq)")

    def contact(self, ordinal, status=None, created=None, updated=None, subscribed="keep"):
        changes = []
        if status:
            changes.append(f"status = {STATUS_NUMBER[status]}")
        if created is not None:
            changes.append(f"created_ms = {created}")
        if updated is not None:
            changes.append(f"updated_ms = {updated}")
        if subscribed != "keep":
            changes.append(f"subscribed_ms = {'NULL' if subscribed is None else subscribed}")
        self.statements.append(f"UPDATE contact SET {', '.join(changes)} "
                               f"WHERE project_id = {self.project} AND ordinal = {ordinal}")
        self.mark(PART_CONTACT, ordinal)

    def activity(self, ordinal, activity, at):
        name_id = self.name_id("email." + activity)
        self.statements += [
            "INSERT INTO event (project_id, at_ms, uuid, ordinal, name_id, created_ms) VALUES "
            f"({self.project}, {at}, RANDOM_BYTES(16), {ordinal}, {name_id}, {at})",
            "INSERT INTO contact_event (project_id, name_id, ordinal, count, first_ms, last_ms) "
            f"VALUES ({self.project}, {name_id}, {ordinal}, 1, {at}, {at}) "
            f"ON DUPLICATE KEY UPDATE count = count + 1, first_ms = LEAST(first_ms, {at}), "
            f"last_ms = GREATEST(last_ms, {at})"]
        self.mark(PART_EVENT + name_id, ordinal)

    def member(self, ordinal, what, inside=True):
        """what: "campaign.2" as in the naive evaluator's contacts."""
        word, _, number = what.partition(".")
        set_id = SET[word] + int(number)
        where = f"({self.project}, {set_id}, {ordinal}"
        self.statements.append(
            f"INSERT IGNORE INTO member (project_id, set_id, ordinal, entered_ms) VALUES {where}, 1)"
            if inside else "DELETE FROM member WHERE (project_id, set_id, ordinal) = " + where + ")")
        self.mark(PART_SET + set_id, ordinal)

    def name_id(self, name):
        rows = self.stack.sql("SELECT name_id FROM event_name WHERE project_id = "
                              f"{self.project} AND name = '{name}'")
        if rows:
            return int(rows[0][0])
        self.stack.sql(
            "START TRANSACTION; INSERT INTO counter (project_id, kind, last_value) VALUES "
            f"({self.project}, {EVENT_NAMES}, 1) "
            "ON DUPLICATE KEY UPDATE last_value = last_value + 1; "
            "INSERT INTO event_name (project_id, name_id, name, first_seen_ms) "
            f"SELECT project_id, last_value, '{name}', 0 FROM counter "
            f"WHERE project_id = {self.project} AND kind = {EVENT_NAMES}; COMMIT;")
        return self.name_id(name)

    def gap(self, ordinals):
        """The next block of ordinals starts that much later."""
        self.stack.sql(f"UPDATE ordinal_block SET next_ordinal = next_ordinal + {ordinals} "
                       f"WHERE project_id = {self.project}")
