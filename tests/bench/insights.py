"""What a segment says of itself: why somebody is in it, what an edit would do, overlaps, an audience's arithmetic, its
history. The bars of the issue that brought them."""
import json

from database import bind
from population import DAY_MS, all_of, contact_id, leaf, text, triggered
from wire import build

EXPLAINED, WARM = 300, 30
HISTORY_DAYS, HOUR_MS = 90, 3_600_000
RULES = 100

# IS TRUE: some contacts have no such keys.
PRO = f"(({text('plan')} = 'pro' AND CAST({text('age')} AS DOUBLE) > 40 AND status = 1) IS TRUE)"
TEAM = f"(({text('plan')} IN ('pro', 'team') AND CAST({text('age')} AS DOUBLE) > 30 AND status = 1) IS TRUE)"
ACTIVE = triggered("login", f":now - {30 * DAY_MS}")
GERMAN = f"(({text('country')} = 'DE') IS TRUE)"

FILTERS = {
    "pro": all_of(leaf("data.plan", "equals", "pro"), leaf("data.age", "greaterThan", 40),
                  leaf("subscribed", "equals", True)),
    "active": all_of(leaf("event.login", "triggeredWithin", 30, "days")),
    "german": all_of(leaf("data.country", "equals", "DE"))}
EDITED = all_of(leaf("data.plan", "in", ["pro", "team"]), leaf("data.age", "greaterThan", 30),
                leaf("subscribed", "equals", True))
# Each hour has another count: nothing is left out as unchanged.
HISTORY = """
DELETE FROM segment_history WHERE project_id = 1 AND segment_id = :segment;
INSERT INTO segment_history (project_id, segment_id, at_ms, hours, count, counted_ms, tracked, entries, exits)
SELECT 1, :segment, at_ms, 1, 100000 + MOD(seq * 7919, 5000), at_ms + 1, 1, MOD(seq, 90), MOD(seq, 70)
FROM (SELECT seq, :now - MOD(:now, 3600000) - seq * 3600000 AS at_ms FROM seq_0_to_{}) AS hours
"""


def make(bench):
    """{name: id} of the three segments, and of one that names them."""
    made = {name: bench.ask("POST", "/segments", {"name": "Insight " + name, "condition": condition})[1]["id"]
            for name, condition in FILTERS.items()}
    made["all"] = bench.ask("POST", "/segments", {"name": "Insight all", "condition": all_of(
        leaf("segment." + made["pro"], "memberOfSegment"), leaf("segment." + made["german"], "notMemberOfSegment"),
        leaf("event.purchase", "triggeredOlderThan", 20, "days"), leaf("createdAt", "olderThan", 30, "days"),
        leaf("data.signupAt", "anniversaryWithinNext", 30))})[1]["id"]
    return made


def explain(bench, segment):
    """Another contact each time: none is warmer than the next."""
    seconds, wrong = [], 0
    for number in range(WARM + EXPLAINED):
        person = contact_id(bench.random.randrange(bench.contacts))
        took, answer = bench.connection.ask(build("GET", f"/segments/{segment}/contacts/{person}/explain", bench.key))
        seconds.append(took)
        wrong += json.loads(answer)["member"] != json.loads(answer)["tree"]["result"]
    bench.table.add_ms("explain, of any contact (two segments inside, three windows)", seconds[WARM:], 5)
    if wrong:
        bench.table.add("explain: WRONG", f"{wrong} times", good=False)


def now_ms(bench):
    return int(bench.database.value("SELECT FLOOR(UNIX_TIMESTAMP(UTC_TIMESTAMP(3)) * 1000)"))


def timed(bench, what, bar_ms, path, body, sql, read):
    """`sql` finds numbers in one row; `read` takes the same out of the answer."""
    seconds, rows = bench.sql_median(bind(sql, now=now_ms(bench)))
    _, answer = bench.ask("POST", path, body)
    if read(answer) != [int(cell) for row in rows for cell in row]:
        bench.table.add(f"{what}: WRONG, SQL finds {rows}", json.dumps(read(answer)), good=False)
    bench.table.add_ms(what, bench.repeat("POST", path, body), bar_ms, seconds)


def diff(bench, segment):
    both = (f"SELECT SUM(NOT ({PRO}) AND {TEAM}), SUM({PRO} AND NOT ({TEAM})), SUM({PRO} AND {TEAM}) "
            "FROM contact WHERE project_id = 1")
    timed(bench, "diff of two filters of three leaves, with ten contacts of each side", 10, f"/segments/{segment}/diff",
          {"condition": EDITED}, both, lambda a: [a["entering"], a["leaving"], a["staying"]])


def overlap(bench, made):
    # The login of somebody may leave its window between the two: those within a second of the bound are few.
    three = [made["pro"], made["active"], made["german"]]
    sides = ("SELECT SUM(a AND NOT b AND NOT c), SUM(b AND NOT a AND NOT c), SUM(c AND NOT a AND NOT b), "
             "SUM(a AND b AND NOT c), SUM(a AND c AND NOT b), SUM(b AND c AND NOT a), SUM(a AND b AND c) FROM ("
             f"SELECT {PRO} AS a, {ACTIVE} AS b, {GERMAN} AS c FROM contact WHERE project_id = 1) AS sides")
    seconds, rows = bench.sql_median(bind(sides, now=now_ms(bench)))
    body = {"segmentIds": three}
    _, answer = bench.ask("POST", "/segments/overlap", body)
    told, wanted = [r["count"] for r in answer["regions"]], [int(cell) for cell in rows[0]]
    if any(abs(a - b) > 5 for a, b in zip(told, wanted)) or answer["total"] != sum(told):
        bench.table.add(f"overlap: WRONG, SQL finds {wanted}", json.dumps(told), good=False)
    bench.table.add_ms("overlap of three segments, all seven regions", bench.repeat("POST", "/segments/overlap", body),
                       10, seconds)


def audience(bench, made):
    _, kept = bench.ask("POST", "/suppressions", {"name": "bench", "kind": "DOMAIN", "pattern": "corp.example"})
    body = {"audienceType": "SEGMENT", "segmentId": made["active"],
            "excludeSegmentIds": [made["pro"], made["german"]]}
    held, outside = "email LIKE '%@corp.example'", f"({PRO} OR {GERMAN})"
    arithmetic = (f"SELECT COUNT(*), SUM(status <> 1), SUM(status = 1 AND {held}), SUM(status = 1 AND NOT {held} AND "
                  f"{outside}), SUM(status = 1 AND NOT {held} AND NOT {outside}) FROM contact WHERE project_id = 1 "
                  f"AND {ACTIVE}")
    seconds, rows = bench.sql_median(bind(arithmetic, now=now_ms(bench)))
    _, answer = bench.ask("POST", "/audience/preview", body)
    told = [answer[k] for k in ("matched", "unsubscribed", "suppressed", "excluded", "willReceive")]
    if any(abs(a - int(b)) > 5 for a, b in zip(told, rows[0])):
        bench.table.add(f"audience: WRONG, SQL finds {rows[0]}", json.dumps(told), good=False)
    bench.table.add_ms("audience preview, two exclusions and a suppressed domain",
                       bench.repeat("POST", "/audience/preview", body), 15, seconds)
    patterns = [("ADDRESS", "anna{}@gmail.com"), ("DOMAIN", "d{}.example"), ("PREFIX", "noreply{}"),
                ("SUFFIX", "{}@test.example"), ("WILDCARD", "*+spam{}@*")] * (RULES // 5)
    rules = [kept] + [bench.ask("POST", "/suppressions", {"name": "bench", "kind": kind, "pattern": text.format(n)})[1]
                      for n, (kind, text) in enumerate(patterns[1:])]
    bench.table.add_ms(f"the same with {len(rules)} suppression rules", bench.repeat("POST", "/audience/preview", body))
    for rule in rules:
        bench.connection.ask(build("DELETE", "/suppressions/" + rule["id"], bench.key), (204,))


def history(bench, segment):
    number = bench.database.value(f"SELECT segment_id FROM segment WHERE project_id = 1 AND HEX(uuid) = "
                                  f"'{segment.replace('-', '')}'")
    hours = HISTORY_DAYS * 24
    bench.database.run(bind(HISTORY.format(hours - 1), segment=number, now=now_ms(bench)))
    begin = bench.database.value(
        f"SELECT DATE_FORMAT(UTC_TIMESTAMP() - INTERVAL {hours - 1} HOUR, '%Y-%m-%dT%H:00:00Z')")
    for interval, points in (("day", HISTORY_DAYS), ("hour", hours)):
        path = f"/segments/{segment}/history?interval={interval}&from={begin}"
        _, answer = bench.ask("GET", path)
        right = points <= len(answer["points"]) <= points + 1  # the first day may have begun before
        if not right:
            bench.table.add(f"history by the {interval}: WRONG", f"{len(answer['points'])} points", good=False)
        bench.table.add_ms(f"history of {HISTORY_DAYS} days by the {interval}, {hours:,} hours stored",
                           bench.repeat("GET", path), 5)


def measure(bench):
    made = make(bench)
    explain(bench, made["all"])
    diff(bench, made["pro"])
    overlap(bench, made)
    audience(bench, made)
    history(bench, made["pro"])
