"""Who load.sql makes: addresses and ids by number, and the questions that are asked about them."""
import hashlib
import uuid
import zlib
from collections import namedtuple

CHUNK_ROWS = 65_536  # contacts that share a chunk
EVENT_NAMES = ("purchase login signed_up viewed invited exported upgraded cancelled shared "
               "commented").split()
ROLLUP_SHARE = 0.3  # of the contacts that have a given event
NAMES = "anna bob carol dave erin frank grace heidi".split()
DOMAINS = "gmail.com example.com yahoo.com outlook.com proton.me corp.example".split()


def email(number):
    domain = DOMAINS[zlib.crc32(str(number).encode()) % 6]
    return f"{NAMES[number * 7 % 8]}{number}@{domain}"


def contact_id(number):
    return str(uuid.UUID(hashlib.md5(f"c{number}".encode()).hexdigest()))


# what: for the table; bar_ms: of the median, None where none was set; sql: beside it, where :now is
# the instant in ms.
Question = namedtuple("Question", "what bar_ms condition sql")


def leaf(field, operator, value=None, unit=None):
    made = {"field": field, "operator": operator}
    if value is not None:
        made["value"] = value
    if unit:
        made["unit"] = unit
    return made


def all_of(*filters):
    return {"logic": "AND", "groups": [{"filters": list(filters)}]}


def text(key):
    return f"JSON_VALUE(data, '$.{key}')"


def triggered(name, since):
    """SQL: the contact has the event, and last after `since`."""
    return ("EXISTS (SELECT 1 FROM contact_event e JOIN event_name n USING (project_id, name_id) "
            f"WHERE n.name = '{name}' AND e.project_id = 1 AND e.ordinal = contact.ordinal "
            f"AND e.last_ms >= {since})")


COUNT = "SELECT COUNT(*) FROM contact WHERE project_id = 1 AND "
DAY_MS = 86_400_000

THREE_LEAVES = Question(
    "count, three leaves ANDed", 5,
    all_of(leaf("data.plan", "equals", "pro"), leaf("data.age", "greaterThan", 40),
           leaf("subscribed", "equals", True)),
    COUNT + f"{text('plan')} = 'pro' AND CAST({text('age')} AS DOUBLE) > 40 AND status = 1")

QUESTIONS = [
    Question(
        "count, two event windows ORed, ANDed with two fields", None,
        {"logic": "AND", "groups": [{
            "filters": [leaf("data.country", "equals", "DE"), leaf("data.vip", "equals", False)],
            "conditions": {"logic": "OR", "groups": [
                {"filters": [leaf("event.purchase", "triggeredWithin", 30, "days")]},
                {"filters": [leaf("event.login", "triggeredWithin", 7, "days")]}]}}]},
        COUNT + f"{text('country')} = 'DE' AND JSON_EXTRACT(data, '$.vip') = 'false' AND "
        f"({triggered('purchase', f':now - {30 * DAY_MS}')} OR "
        f"{triggered('login', f':now - {7 * DAY_MS}')})"),
    Question("count, `email contains`", 20, all_of(leaf("email", "contains", "gmail")),
             COUNT + "email LIKE '%gmail%'"),
    Question(
        "count, negations of two fields and an event", None,
        all_of(leaf("data.plan", "notEquals", "free"), leaf("event.purchase", "notTriggered"),
               leaf("data.country", "notIn", ["US", "GB"])),
        COUNT + f"{text('plan')} <> 'free' AND NOT {triggered('purchase', 0)} "
        f"AND {text('country')} NOT IN ('US', 'GB')"),
]

# Everybody, so that the last page is as deep as pages get.
EVERYBODY = all_of(leaf("data.plan", "exists"))
EVERYBODY_PAGE = ("SELECT ordinal, HEX(uuid), email, status, data, created_ms, updated_ms FROM contact "
                  f"WHERE project_id = 1 AND {text('plan')} IS NOT NULL "
                  "ORDER BY ordinal DESC LIMIT 100 OFFSET :offset")
# entered_ms first, then the newest contact.
STATIC_PAGE = ("SELECT c.ordinal, HEX(c.uuid), c.email, c.status, c.data, c.created_ms, c.updated_ms "
               "FROM member m JOIN contact c USING (project_id, ordinal) WHERE m.project_id = 1 "
               "AND m.set_id = :set ORDER BY m.entered_ms DESC, m.ordinal DESC LIMIT 100 OFFSET :offset")
