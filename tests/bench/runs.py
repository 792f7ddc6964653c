"""What tracking costs: runs of a segment with a quarter of all contacts (see tools/bench)."""
import contextlib
import json
import os
import statistics
import subprocess
import time

import population as people
from lib.receiver import Receiver

MEMBERS_SHARE = 4  # one contact in so many is in the segment
CHANGED = 10_000   # contacts that move in one run
NOTHING_RUNS = 20
ENTRIES = 60       # one after the other, for the time from an entry to its webhook
PAUSE_S = 0.37     # between them, so that they fall on every moment of the timers
LOOP_S = 1         # of the default timers

NOW_MS = "FLOOR(TIMESTAMPDIFF(MICROSECOND, '1970-01-01', UTC_TIMESTAMP(6)) / 1000)"


def make_segment(bench):
    """(id, members): tracked, and nobody's membership is stored yet."""
    bench.database.run(
        "UPDATE contact SET data = JSON_SET(data, '$.moves', IF(ordinal % 4 = 0, 'in', 'out'))"
        " WHERE project_id = 1")
    names = bench.database.run("SELECT MAX(field_id) FROM field WHERE project_id = 1")[1][0][0]
    bench.database.run(
        f"INSERT IGNORE INTO field (project_id, field_id, path, first_seen_ms)"
        f" VALUES (1, {int(names) + 1}, 'moves', 1)")
    bench.database.run(
        f"UPDATE counter SET last_value = {int(names) + 1} WHERE project_id = 1 AND kind = 3")
    bench.stack.program("muster", "reindex", "1", timeout=600)
    condition = people.all_of(people.leaf("data.moves", "equals", "in"))
    _, made = bench.ask("POST", "/segments", {"name": "Moves", "trackMembership": True,
                                              "condition": condition})
    return made["id"], made["memberCount"]


def compute(bench, segment):
    return bench.ask("POST", f"/segments/{segment}/compute")


def first_build(bench, segment, members):
    seconds, answer = compute(bench, segment)
    right = answer == {"added": members, "removed": 0, "total": members}
    bench.table.add(f"first run of a tracked segment of {members:,}", f"{seconds:.1f} s", "≤ 30 s",
                    right and seconds <= 30)


def idle(bench):
    """What one round of the worker takes when nothing is due, and whether it left it alone."""
    query = "SELECT computed_ms FROM segment_state WHERE project_id = 1 AND version > 0"
    before = bench.database.value(query)
    bench.stack.program("muster-worker", "compute", timeout=60)
    started = time.perf_counter()
    bench.stack.program("muster-worker", "compute", timeout=60)
    seconds = time.perf_counter() - started
    left_alone = bench.database.value(query) == before
    bench.table.add("a worker's round over it when nothing changed (process start included)",
                    f"{seconds * 1e3:.0f} ms, not computed" if left_alone else "COMPUTED",
                    "not computed", left_alone)


def nothing_changed(bench, segment):
    """Due, because a contact's row changed, but nobody moves."""
    seconds = []
    for number in range(NOTHING_RUNS):
        bench.ask("PATCH", "/contacts/" + people.contact_id(number),
                  {"data": {"touched": time.time()}})
        took, answer = compute(bench, segment)
        assert (answer["added"], answer["removed"]) == (0, 0), answer
        seconds.append(took)
    bench.table.add_ms("a run that is due, and nobody moved", seconds, 100)


def one_percent(bench, segment):
    """Half of the contacts enter, half leave; they are changed as writers do, with marks."""
    step = max(1, bench.contacts // (2 * CHANGED))
    which = f"ordinal % {2 * step} IN (0, 1) AND project_id = 1 ORDER BY ordinal LIMIT {CHANGED}"
    bench.database.run(
        "UPDATE contact SET data = JSON_SET(data, '$.moves', IF(JSON_VALUE(data, '$.moves') = 'in',"
        f" 'out', 'in')), updated_ms = {NOW_MS} WHERE {which}")
    bench.database.run(
        "REPLACE INTO dirty (project_id, part, ordinal, seq) SELECT 1, 1 << 56, ordinal,"
        f" FLOOR(1 + RAND() * 9e18) FROM contact WHERE {which}")
    seconds, answer = compute(bench, segment)
    moved = answer["added"] + answer["removed"]
    bench.table.add(f"a run with {moved:,} entries and exits", f"{seconds:.2f} s", "≤ 3 s",
                    moved == CHANGED and seconds <= 3)


@contextlib.contextmanager
def worker(bench):
    """The worker as its default timers run it."""
    program = os.path.join(bench.stack.env["MUSTER_BIN"], "muster-worker")
    running = subprocess.Popen([program, "all", "--loop", str(LOOP_S)],
                               env={**os.environ, **bench.stack.env}, stdin=subprocess.DEVNULL,
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield
    finally:
        running.terminate()
        running.wait(60)


def entry_to_webhook(bench, segment):
    """From the answer to the write that makes a contact enter to the webhook's arrival."""
    inside = {"moves": "in"}
    with Receiver() as receiver, worker(bench):
        _, hook = bench.ask("POST", "/webhooks", {"url": receiver.url("/entries"),
                                                  "events": ["segment.moves.entry"]})
        compute(bench, segment)
        told = {}
        for number in range(ENTRIES):
            email = f"entry{number}.{time.time_ns()}@bench.example"
            bench.ask("POST", "/contacts", {"email": email, "data": inside})
            told[email] = time.monotonic()
            time.sleep(PAUSE_S)
        messages = receiver.wait("/entries", ENTRIES, 30)
        waited = []
        for message in messages:
            email = json.loads(message.body)["data"]["contact"]["email"]
            if email in told:
                waited.append(message.at - told.pop(email))
        bench.ask("PATCH", "/webhooks/" + hook["id"], {"enabled": False})
    waited.sort()
    p95 = waited[int(len(waited) * 0.95)]
    bench.table.add(f"from an entry to its webhook, p95 of {len(waited)} (loop of {LOOP_S} s)",
                    f"{p95:.2f} s (median {statistics.median(waited):.2f} s)", "≤ 3 s",
                    not told and p95 <= 3)


def measure(bench):
    segment, members = make_segment(bench)
    first_build(bench, segment, members)
    idle(bench)
    nothing_changed(bench, segment)
    one_percent(bench, segment)
    median = statistics.median(compute(bench, segment)[0] for _ in range(NOTHING_RUNS))
    bench.table.add(f"the same with {CHANGED:,} dirty contacts, nobody moved", f"{median * 1e3:.0f} ms")
    entry_to_webhook(bench, segment)
