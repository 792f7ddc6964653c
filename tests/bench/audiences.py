"""Sets, counted occurrences and streams: the three bars of the issue that brought them."""
import http.client
import time

from database import bind
from lib.memory import Memory
from population import DAY_MS, Question, all_of, leaf
from wire import build

LIST_SHARE, TAG_SHARE = 4, 3  # one of so many contacts is in it
EVENTS_EACH = 3               # of a contact, on average
DAYS = 120                    # that they are spread over
STREAM_ROWS, STREAM_MB = 100_000, 32
SET_TAG, SET_LIST = 2 << 40, 3 << 40  # app/column/key.h
EVENT_NAMES = 4                       # counter.kind of sql/0001-init.sql

SETS = f"""
INSERT IGNORE INTO member (project_id, set_id, ordinal, entered_ms)
SELECT 1, {SET_LIST + 1}, ordinal, created_ms FROM contact WHERE project_id = 1 AND ordinal % {LIST_SHARE} = 0
UNION ALL
SELECT 1, {SET_TAG + 1}, ordinal, created_ms FROM contact
WHERE project_id = 1 AND CRC32(CONCAT('tag', ordinal)) % {TAG_SHARE} = 0
"""
# In order of time, as they would have come. Everybody's occurrences are of times that hash to him.
EVENTS = f"""
INSERT INTO event (project_id, at_ms, uuid, ordinal, name_id, created_ms)
SELECT 1, at_ms, UNHEX(MD5(CONCAT('v', copy, 'e', ordinal))), ordinal, :name, at_ms FROM (
  SELECT ordinal, seq AS copy,
         FLOOR(:now - CRC32(CONCAT(seq, 'w', ordinal)) / 4294967296 * {DAYS * DAY_MS}) AS at_ms
  FROM contact JOIN seq_1_to_{EVENTS_EACH * 2} WHERE project_id = 1
  AND CRC32(CONCAT(seq, 'y', ordinal)) % 2 = 0) AS made ORDER BY at_ms;
INSERT INTO contact_event (project_id, name_id, ordinal, count, first_ms, last_ms)
SELECT 1, :name, ordinal, COUNT(*), MIN(at_ms), MAX(at_ms) FROM event
WHERE project_id = 1 AND name_id = :name GROUP BY ordinal
"""
MEMBERS = ("SELECT COUNT(*) FROM member l JOIN member t USING (project_id, ordinal) JOIN contact c "
           f"USING (project_id, ordinal) WHERE l.project_id = 1 AND l.set_id = {SET_LIST + 1} "
           f"AND t.set_id = {SET_TAG + 1}")
OFTEN = ("SELECT COUNT(*) FROM (SELECT ordinal FROM event WHERE project_id = 1 AND name_id = {name} "
         "AND at_ms BETWEEN :now - " + str(30 * DAY_MS) + " AND :now GROUP BY ordinal HAVING COUNT(*) >= 3) AS o")


def load(bench):
    """A tag, a list, and an event that happened three million times; returns the event's name_id."""
    for path, name in (("/api/v1/tags", "bench"), ("/api/v1/lists", "bench")):
        bench.ask("POST", path, {"siteId": 1, "name": name})
    bench.database.run(SETS)
    now = int(bench.database.value("SELECT FLOOR(UNIX_TIMESTAMP(UTC_TIMESTAMP(3)) * 1000)"))
    name_id = int(bench.database.value(
        "SELECT last_value FROM counter WHERE project_id = 1 AND kind = " + str(EVENT_NAMES))) + 1
    bench.database.run(
        "INSERT INTO event_name (project_id, name_id, name, first_seen_ms) VALUES "
        f"(1, {name_id}, 'counted', 0); UPDATE counter SET last_value = {name_id} "
        f"WHERE project_id = 1 AND kind = {EVENT_NAMES}")
    seconds, _ = bench.database.run(bind(EVENTS, now=now, name=name_id))
    bench.stack.program("muster", "reindex", "1", timeout=600)
    events = int(bench.database.value(f"SELECT COUNT(*) FROM event WHERE project_id = 1 AND name_id = {name_id}"))
    bench.table.add("occurrences of one event, loaded by SQL", f"{events:,} in {seconds:.0f} s")
    return name_id


def first_question(bench, condition):
    """Before its column is there: from rows, or a 503 that says so."""
    request = build("POST", "/segments/preview", bench.key, {"condition": condition, "limit": 1})
    seconds, answer = bench.connection.ask(request, (200, 503))
    told = "503, being built" if b"error" in answer else "from rows"
    bench.table.add("the first count of occurrences in a window, before there is a column",
                    f"{seconds:.2f} s, {told}", "≤ 3 s", seconds <= 3)
    started = time.perf_counter()
    bench.stack.program("muster-worker", "all", "--now", timeout=600)
    bench.table.add("building its column (process start included)", f"{time.perf_counter() - started:.1f} s")


def take(bench, path):
    """(seconds, bytes, rows) of a CSV file, which is not kept."""
    client = http.client.HTTPConnection("127.0.0.1", bench.port, timeout=120)
    started, size, lines = time.perf_counter(), 0, 0
    client.request("GET", path, headers={"Authorization": "Bearer " + bench.key})
    answer = client.getresponse()
    while piece := answer.read(1 << 20):
        size += len(piece)
        lines += piece.count(b"\n")
    client.close()
    return time.perf_counter() - started, size, lines - 1


def stream(bench):
    """Everybody on the list as CSV."""
    _, made = bench.ask("POST", "/segments", {"name": "On the list", "condition": all_of(leaf("list.1", "has"))})
    path = f"/segments/{made['id']}/contacts?format=csv"
    take(bench, path)  # as it is once its process has been at it before
    with Memory(bench.stack) as memory:
        seconds, size, rows = take(bench, path)
    rate = rows / seconds
    bench.table.add(f"{rows:,} members streamed as CSV ({size / 1e6:.0f} MB)",
                    f"{rate:,.0f} rows/s, {memory.most:.0f} MB more memory",
                    f"≥ {STREAM_ROWS:,} rows/s, ≤ {STREAM_MB} MB more",
                    rows == made["memberCount"] and rate >= STREAM_ROWS and memory.most <= STREAM_MB)


def measure(bench):
    name_id = load(bench)
    bench.count(Question("count, on a list and with a tag", 5,
                         all_of(leaf("list.1", "has"), leaf("tag.1", "has")), MEMBERS))
    often = {"field": "event.counted", "operator": "countAtLeast", "value": 3,
             "window": {"value": 30, "unit": "days"}}
    first_question(bench, all_of(often))
    bench.count(Question("count, an event at least three times within 30 days", 25, all_of(often),
                         OFTEN.format(name=name_id)))
    stream(bench)
