#!/usr/bin/python3
"""How segments grew: counts, entries and exits by the hour, kept by runs and the worker, thinned with age, and told
by GET /segments/:id/history. An hour passes by moving what is stored an hour back.

    history.py [--seed N] [--stack DIR] [CASE ...]
"""
import argparse
import datetime
import json
import random
import sys
import threading
import time

from lib.client import Unexpected
from lib.stack import stack

HOUR, DAY = 3_600_000, 86_400_000
ONES = {"logic": "AND", "groups": [{"filters": [{"field": "data.n", "operator": "equals", "value": 1}]}]}
MANY = {"logic": "AND", "groups": [{"filters": [{"field": "data.n", "operator": "greaterThan", "value": 0}]}]}


def expect(truth, what):
    if not truth:
        raise AssertionError(what)


def same(got, wanted, what):
    expect(got == wanted, f"{what}: got {json.dumps(got)}, wanted {json.dumps(wanted)}")


def iso(ms):
    return datetime.datetime.fromtimestamp(ms / 1000, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.") + \
        f"{ms % 1000:03d}Z"


def ms_of(text):
    at = datetime.datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=datetime.timezone.utc)
    return round(at.timestamp() * 1000)


class Site:
    def __init__(self, running, name):
        self.stack, self.project = running, running.project(name)
        self.client = self.project.client()

    def now(self):
        return int(self.stack.sql("SELECT FLOOR(UNIX_TIMESTAMP(UTC_TIMESTAMP(3)) * 1000)")[0][0])

    def away_from_the_hour(self, seconds=8):
        """What follows happens within one hour of the clock."""
        left = HOUR - self.now() % HOUR
        if left < seconds * 1000:
            time.sleep(left / 1000 + 0.1)

    def segment(self, **body):
        return self.client.want(201, "POST", "/segments", {"name": "A", **body})["id"]

    def contacts(self, values):
        """Sets data.n of p0, p1 …"""
        self.client.want(200, "POST", "/contacts/batch", {"contacts": [
            {"email": f"p{i}@example.com", "data": {"n": n}} for i, n in values.items()]})

    def work(self, *jobs):
        self.stack.program("muster-worker", *(jobs or ("all",)), "--now")

    def hours_pass(self, hours):
        self.stack.sql("UPDATE segment_history SET at_ms = at_ms - {0}, counted_ms = counted_ms - {0} "
                       "WHERE project_id = {1} ORDER BY at_ms".format(hours * HOUR, self.project.number))

    def rows(self, segment):
        """(hours before this one, hours, count, tracked, entries, exits), oldest first."""
        hour = self.now() // HOUR * HOUR
        return [((hour - int(at)) / HOUR, int(hours), int(count), int(tracked),
                 entries and int(entries), exits and int(exits)) for at, hours, count, tracked, entries, exits in
                self.stack.sql("SELECT h.at_ms, h.hours, h.count, h.tracked, h.entries, h.exits FROM segment_history h"
                               " JOIN segment g USING (project_id, segment_id) WHERE project_id = "
                               f"{self.project.number} AND HEX(g.uuid) = '{segment.replace('-', '').upper()}' "
                               "ORDER BY h.at_ms")]

    def history(self, segment, **asked):
        query = "&".join(f"{name}={value}" for name, value in asked.items())
        return self.client.want(200, "GET", f"/segments/{segment}/history?{query}")

    def hourly(self, segment, hours):
        """(count, entered, left) of the last so many hours, this one last."""
        now = self.now()
        told = self.history(segment, interval="hour", **{"from": iso(now - hours * HOUR)})
        for i, point in enumerate(told["points"]):
            same(ms_of(point["at"]), now // HOUR * HOUR - (len(told["points"]) - 1 - i) * HOUR, f"at of point {i}")
        return [(p["count"], p["entered"], p["left"]) for p in told["points"]]


def tracked(running, seed):
    """Hours of random changes: counts, entries and exits as the feed tells them, by hour and by day."""
    site, chance = Site(running, "history tracked"), random.Random(seed)
    site.away_from_the_hour(15)
    segment = site.segment(condition=ONES, trackMembership=True)
    state, wanted, last = {}, [], 0
    same(site.hourly(segment, 3), [(0, 0, 0)], "before anything happened")
    for _ in range(7):
        before = {i for i, n in state.items() if n == 1}
        change = {i: chance.choice([0, 1, 1, 2]) for i in range(12) if chance.random() < 0.5}
        entered = left = 0
        if change and chance.random() < 0.8:
            site.contacts(change)
            state.update(change)
            site.work("compute")
            changes = site.client.want(200, "GET", f"/segments/{segment}/changes?after={last}&limit=1000")["data"]
            last += len(changes)
            entered, left = (sum(c["type"] == kind for c in changes) for kind in ("entry", "exit"))
        inside = {i for i, n in state.items() if n == 1}
        same((entered - left), len(inside) - len(before), "the feed")
        wanted.append((len(inside), entered, left))
        same(site.hourly(segment, 10), wanted, f"after {len(wanted)} hours")
        site.hours_pass(1)
    told = site.history(segment, interval="hour", **{"from": iso(site.now() - 5 * HOUR)})
    same(told["growth"]["change"], wanted[-1][0] - wanted[1][0], "growth of the last five hours")
    same(told["growth"]["to"]["count"], wanted[-1][0], "count at the end")
    days = site.history(segment)["points"]
    same((sum(d["entered"] for d in days), sum(d["left"] for d in days), days[-1]["count"]),
         (sum(w[1] for w in wanted), sum(w[2] for w in wanted), wanted[-1][0]), "by the day")
    expect(all(d["at"].endswith("T00:00:00.000Z") for d in days), f"starts of days: {days}")
    return f"{len(wanted)} hours, {last} changes"


def switched(running, _seed):
    """Tracking that is switched on and off: null where nobody tracked."""
    site = Site(running, "history switched")
    site.away_from_the_hour(15)
    site.contacts({i: 1 for i in range(5)})
    segment = site.segment(condition=ONES)
    same(site.hourly(segment, 5), [(5, None, None)], "not tracked")
    site.hours_pass(2)
    same(site.hourly(segment, 5), [(5, None, None)] * 3, "it goes on")
    site.client.want(200, "PATCH", f"/segments/{segment}", {"trackMembership": True})
    site.work("compute")
    same(site.hourly(segment, 5), [(5, None, None)] * 2 + [(5, 5, 0)], "switched on")
    site.hours_pass(2)
    same(site.hourly(segment, 5)[-2:], [(5, 0, 0)] * 2, "nobody moved")
    site.client.want(200, "PATCH", f"/segments/{segment}", {"trackMembership": False})
    site.hours_pass(1)
    site.contacts({1: 0})
    site.stack.sql(f"UPDATE segment SET counted_ms = 1 WHERE project_id = {site.project.number}")
    site.work("compute")
    same(site.hourly(segment, 3)[-2:], [(5, 0, 0), (4, None, None)], "switched off")
    site.client.want(200, "PATCH", f"/segments/{segment}", {"condition": MANY})
    site.contacts({7: 3})
    site.client.want(200, "POST", f"/segments/{segment}/refresh")
    same(site.hourly(segment, 0), [(5, None, None)], "another filter, and a refresh")
    rows = site.rows(segment)
    site.work()
    site.work()
    same(site.rows(segment), rows, "what stays as it is has no further row")
    return "on and off"


def static(running, _seed):
    """Static segments are counted by the worker, when their members changed."""
    site = Site(running, "history static")
    site.away_from_the_hour(15)
    site.contacts({i: 1 for i in range(4)})
    segment = site.segment(type="STATIC", trackMembership=True)
    emails = [f"p{i}@example.com" for i in range(4)]
    same(site.hourly(segment, 2), [(0, None, None)], "a new one")
    site.hours_pass(1)
    site.client.want(200, "POST", f"/segments/{segment}/members", {"emails": emails})
    site.work("history")
    same(site.hourly(segment, 2), [(0, None, None), (4, None, None)], "members came")
    counted = f"SELECT counted_ms FROM segment WHERE project_id = {site.project.number}"
    site.work()
    site.work()
    before = site.stack.sql(counted)
    site.work()
    same(site.stack.sql(counted), before, "who has not changed is not counted again")
    site.hours_pass(1)
    site.client.want(200, "DELETE", f"/segments/{segment}/members", {"emails": emails[:1]})
    site.work("history")
    site.hours_pass(1)
    contact = site.client.want(200, "GET", "/contacts?search=p1@example.com")["data"][0]["id"]
    site.client.want(204, "DELETE", f"/contacts/{contact}")
    site.work("history")
    same(site.hourly(segment, 4), [(0, None, None), (4, None, None), (3, None, None), (2, None, None)],
         "one removed, one deleted")
    same(site.client.want(200, "GET", f"/segments/{segment}")["memberCount"], 2, "memberCount")
    return "members, removed, deleted"


def thinned(running, seed):
    """Hours of ninety days ago become days: sums, last counts, and what was tracked; days of five years go."""
    site, chance = Site(running, "history thinned"), random.Random(seed)
    site.away_from_the_hour(20)
    segment = site.segment(condition=ONES, trackMembership=True)
    now, start = site.now(), site.now() // DAY * DAY - 140 * DAY
    rows, count = {}, 10
    for hour in range(start, now - DAY, HOUR):
        if chance.random() < 0.4:
            entries, exits = chance.randrange(5), chance.randrange(3)
            count += entries - exits
            rows[hour] = (count, entries, exits)
    old = [now // DAY * DAY - (5 * 366 + d) * DAY for d in (900, 500, 3)]
    values = [f"({{0}}, {at}, 24, 10, {at}, 1, 1, 1)" for at in old] + [
        f"({{0}}, {at}, 1, {c}, {at + 5}, 1, {e}, {x})" for at, (c, e, x) in rows.items()]
    key = site.stack.sql(f"SELECT project_id, segment_id FROM segment WHERE project_id = {site.project.number}")[0]
    site.stack.sql("INSERT INTO segment_history (project_id, segment_id, at_ms, hours, count, counted_ms, tracked, "
                   "entries, exits) VALUES " + ",".join(v.format(", ".join(key)) for v in values))
    asked = {"from": iso(start)}
    before = site.history(segment, **asked)
    recent = site.hourly(segment, 85 * 24)
    both = [threading.Thread(target=site.work, args=("history",)) for _ in range(2)]
    for worker in both:
        worker.start()
    for worker in both:
        worker.join()
    same(site.history(segment, **asked), before, "by the day, before and after")
    same(site.hourly(segment, 85 * 24), recent, "by the hour, not thinned yet")
    stored = site.rows(segment)
    cut = site.now() // HOUR * HOUR - site.now() // DAY * DAY + 90 * DAY
    expect(all(hours == 24 for before, hours, *_ in stored if before * HOUR > cut), "old hours are days")
    expect(all(hours == 1 for before, hours, *_ in stored if before * HOUR <= cut), "younger ones are not")
    same(len([r for r in stored if r[0] * HOUR > 200 * DAY]), 1, "of what is too old the last row stays")
    days = [p for p in site.history(segment, interval="hour", **{
        "from": iso(start + 5 * DAY + 7 * HOUR), "to": iso(start + 12 * DAY + 3 * HOUR)})["points"]]
    same(days, before["points"][5:13], "thinned hours are told by the day")
    site.work("history")
    same(site.rows(segment), stored, "and once is enough")
    site.client.want(204, "DELETE", f"/segments/{segment}")
    same(site.stack.sql("SELECT COUNT(*) FROM segment_history WHERE project_id = "
                        f"{site.project.number}"), [["0"]], "gone with the segment")
    return f"{len(rows)} hours"


def together(running, seed):
    """Runs, refreshes, edits and writes at the same moment: what is told and the history are one."""
    site = Site(running, "history together")
    site.away_from_the_hour(12)
    segments = [site.segment(condition=ONES, trackMembership=True) for _ in range(2)]
    until, wrong, asked = time.monotonic() + 3, [], []

    def hammer(number):
        client, chance = site.project.client(), random.Random(f"{seed} {number}")
        while time.monotonic() < until:
            segment = chance.choice(segments)
            reply = client.request(*chance.choice([
                ("POST", f"/segments/{segment}/compute"), ("POST", f"/segments/{segment}/refresh"),
                ("PATCH", f"/segments/{segment}", {"condition": chance.choice([ONES, MANY])}),
                ("PATCH", f"/segments/{segment}", {"trackMembership": chance.random() < 0.7}),
                ("GET", f"/segments/{segment}/history"),
                ("POST", "/contacts/batch", {"contacts": [
                    {"email": f"p{chance.randrange(60)}@example.com", "data": {"n": chance.randrange(3)}}
                    for _ in range(5)]})]))
            asked.append(reply.status)
            if reply.status not in (200, 400):  # compute of a segment that is not tracked
                wrong.append(repr(reply)[:300])

    threads = [threading.Thread(target=hammer, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    while time.monotonic() < until:
        site.work("compute")
    for thread in threads:
        thread.join()
    expect(not wrong, wrong[:3])
    for segment in segments:
        site.client.want(200, "PATCH", f"/segments/{segment}", {"trackMembership": True})
        site.client.want(200, "POST", f"/segments/{segment}/compute")
        changes, after = [], 0
        while page := site.client.want(200, "GET", f"/segments/{segment}/changes?after={after}&limit=1000")["data"]:
            changes, after = changes + page, page[-1]["sequence"]
        entered, left = (sum(c["type"] == kind for c in changes) for kind in ("entry", "exit"))
        same(site.hourly(segment, 1)[-1], (entered - left, entered, left), "the hour")
        same(site.client.want(200, "GET", f"/segments/{segment}")["memberCount"], entered - left, "memberCount")
    return f"{len(asked)} requests"


def quick(running, seed):
    """Ninety days by the hour, all of them with a row."""
    site, chance = Site(running, "history quick"), random.Random(seed)
    segment = site.segment(condition=ONES, trackMembership=True)
    hour = site.now() // HOUR * HOUR
    key = site.stack.sql(f"SELECT project_id, segment_id FROM segment WHERE project_id = {site.project.number}")[0]
    site.stack.sql("INSERT INTO segment_history (project_id, segment_id, at_ms, hours, count, counted_ms, tracked, "
                   "entries, exits) VALUES " + ",".join(
                       f"({', '.join(key)}, {at}, 1, {chance.randrange(10**6)}, {at}, 1, 5, 3)"
                       for at in range(hour - 90 * DAY, hour, HOUR)))
    took = []
    for interval in ("hour", "day") * 10:
        began = time.perf_counter()
        told = site.history(segment, interval=interval, **{"from": iso(hour - 90 * DAY)})
        took.append(time.perf_counter() - began)
        expect(len(told["points"]) in (90 * 24 + 1, 91), len(told["points"]))
    return f"hours {min(took[::2]) * 1000:.1f} ms, days {min(took[1::2]) * 1000:.1f} ms"


CASES = [tracked, switched, static, thinned, together, quick]


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--stack", help="directory of a running stack with --worker manual")
    arguments.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    arguments.add_argument("cases", nargs="*", metavar="CASE")
    given = arguments.parse_args()
    print(f"seed {given.seed}")
    chosen = [c for c in CASES if not given.cases or c.__name__ in given.cases]
    failed = 0
    with stack(given.stack) as running:
        for case in chosen:
            try:
                print(f"ok {case.__name__}: {case(running, given.seed)}", flush=True)
            except (AssertionError, Unexpected, OSError, RuntimeError, KeyError, IndexError) as failure:
                failed += 1
                print(f"FAIL {case.__name__}: {failure!r}"[:4000], flush=True)
    print(f"{len(chosen) - failed} passed, {failed} failed")
    return 1 if failed or not chosen else 0


if __name__ == "__main__":
    sys.exit(main())
