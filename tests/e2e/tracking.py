#!/usr/bin/python3
"""Tracked segments: what they have told, folded, is who is in; at every instant, by whatever route.

    tracking.py [--rounds 40] [--seed N] [--stack DIR]

Random tracked segments, also of segments and of each other's entries, over contacts that random
writes move, while filters change, names change, tracking goes off and on, segments are deleted, and
time passes windows' edges. Runs are a worker's, two workers' at once, the API's, or all of these.
After each the fold of every feed is the naive evaluator's answer at the very instant of the run, and
stays so until the instant that the server has noted for its next look. Then single stories: first
runs by many at once, the clock alone under a worker that loops, nothing at all to do, deleted segments.
"""
import argparse
import contextlib
import random
import sys
import threading
import time
import traceback

from lib.ask import listed
from lib.draw import iso
from lib.feed import Feed
from lib.naive import DAY, parse_date
from lib.rows import read
from lib.stack import stack
from lib.tracked import Tracking, finish, now_ms, worker

ROUNDS_PER_WORLD = 10


# ---- random worlds ----------------------------------------------------------------------------------


def random_worlds(running, seed, rounds):
    """(rounds done, lines)."""
    done, world = 0, None
    while done < rounds:
        if done % ROUNDS_PER_WORLD == 0:
            world = Tracking(running, seed + done)
        wrong, route = world.round()
        done += 1
        if wrong:
            again = f"tracking.py --seed {seed + (done - 1) // ROUNDS_PER_WORLD * ROUNDS_PER_WORLD}"
            return done, [f"round {done} ({again}), by {route}, upkeep "
                          f"{world.playground.history[-5:]}:", *wrong]
    return done, []


def looping_world(running, seed):
    """A worker that loops remembers what was not due; it must see all the same what is due now."""
    world, rounds = Tracking(running, seed), 4
    loop = worker(running, "compute", "--loop", "1")
    try:
        for number in range(rounds):
            wrong = world.patient_round(loop, number)
            assert not wrong, "\n".join([f"round {number}:", *wrong[:8]])[:6000]
    finally:
        loop.terminate()
        finish([loop])
    return f"{rounds} rounds"


# ---- single stories ---------------------------------------------------------------------------------


def leaf(field, operator, value=None, unit=None):
    made = {"field": field, "operator": operator}
    if value is not None:
        made["value"] = value
    if unit:
        made["unit"] = unit
    return made


def every(*filters, **more):
    return {"logic": "AND", "groups": [{"filters": list(filters), **more}]}


class Story:
    """A new project with its client."""

    def __init__(self, running, name):
        self.stack, self.project = running, running.project(name)
        self.client = self.project.client()
        self.feeds = {}

    def contacts(self, numbers, **data):
        numbers = list(numbers)
        for start in range(0, len(numbers), 1000):
            answer = self.client.want(200, "POST", "/contacts/batch", {"contacts": [
                {"email": f"c{i}@example.com", "data": {"n": i, **data}}
                for i in numbers[start:start + 1000]]})
            assert not answer["errors"], answer

    def segment(self, name, condition, tracked=True):
        made = self.client.want(201, "POST", "/segments", {
            "name": name, "condition": condition, "trackMembership": tracked})["id"]
        self.feeds[made] = Feed(made)
        return made

    def told(self, segment):
        """The new changes of a segment; everything about its feed must be right."""
        new = self.feeds[segment].read(self.client)
        assert not self.feeds[segment].wrong, self.feeds[segment].wrong[:5]
        return new

    def work(self, *jobs):
        return self.stack.program("muster-worker", *(jobs or ("compute",)), "--now")

    def state(self, segment):
        return read(self.stack, self.project.number).states[segment]

    def count(self, table):
        return int(self.stack.sql(f"SELECT COUNT(*) FROM {table} WHERE project_id = "
                                  f"{self.project.number}")[0][0])


def many_at_once(running):
    """First runs of several thousand, by five at once: each is told once. And again when half leave."""
    story, size = Story(running, "many at once"), 4200
    story.contacts(range(size), plan="pro")
    segments = [story.segment(f"all {i}", every(leaf("data.plan", "equals", "pro")))
                for i in range(2)]

    def race():
        workers = [worker(running, "compute", "--now") for _ in range(3)]
        answers = []

        def ask(segment):
            client = story.project.client()
            answers.append(client.request("POST", f"/segments/{segment}/compute"))
        threads = [threading.Thread(target=ask, args=(s,)) for s in segments]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        finish(workers)
        assert [a.status for a in answers] == [200, 200], answers
        return [a.json()["total"] for a in answers]
    assert race() == [size, size]
    story.contacts(range(0, size, 2), plan="free")
    assert race() == [size // 2, size // 2]
    for segment in segments:
        new = story.told(segment)
        assert len(new) == size + size // 2, len(new)
        assert len(story.feeds[segment].members) == size // 2
        assert {c["cause"]["kind"] for c in new[:size]} == {"first"}
        assert {c["cause"]["kind"] for c in new[size:]} == {"data"}
    return f"{2 * (size + size // 2)} changes"


def filter_changes_in_mid_run(running):
    """A run that finds another filter ends; the next one says the rest, because of the filter."""
    story, size = Story(running, "filter in mid-run"), 6000
    story.contacts(range(size))
    segment = story.segment("low", every(leaf("data.n", "lessThan", size)))
    workers = [worker(running, "compute", "--now") for _ in range(2)]
    halves = []
    for bound in (4000, 5000, 1500):
        time.sleep(0.05)
        story.client.want(200, "PATCH", "/segments/" + segment,
                          {"condition": every(leaf("data.n", "lessThan", bound))})
        halves.append(len(story.told(segment)))
    finish(workers)
    story.work()
    story.told(segment)
    assert len(story.feeds[segment].members) == 1500, len(story.feeds[segment].members)
    kinds = {c["cause"]["kind"] for c in story.feeds[segment].changes}
    assert kinds <= {"first", "filter"}, kinds
    return f"{len(story.feeds[segment].changes)} changes, told on the way: {halves}"


def nested(running):
    """A segment is due by what those change that it names: data, filters, members, entries."""
    story = Story(running, "nested")
    story.contacts(range(10))
    static = story.client.want(201, "POST", "/segments", {"name": "by hand", "type": "STATIC"})["id"]
    inner = story.segment("inner", every(leaf("data.n", "lessThan", 3)), tracked=False)
    middle = story.segment("middle", every(leaf("segment." + inner, "memberOfSegment")))
    outer = story.segment("outer", every(leaf("segment." + middle, "memberOfSegment"),
                                         leaf("segment." + static, "notMemberOfSegment")))
    entered = story.segment("entered", every(leaf("event.segment.outer.entry", "triggered"),
                                             leaf("event.segment.outer.exit", "notTriggered")))
    second = story.segment("second", every(leaf("event.segment.entered.entry", "triggered")))
    everything = (middle, outer, entered, second)
    sizes = []

    def step(*wanted):
        story.work()
        for segment in everything:
            story.told(segment)
        sizes.append(wanted)
        have = tuple(len(story.feeds[s].members) for s in everything)
        assert have == wanted, (len(sizes), have, wanted)
    step(3, 3, 3, 3)
    story.client.want(200, "POST", "/contacts", {"email": "c7@example.com", "data": {"n": 0}})
    step(4, 4, 4, 4)
    story.client.want(200, "PATCH", "/segments/" + inner,
                      {"condition": every(leaf("data.n", "lessThan", 2))})
    step(3, 3, 3, 4)
    assert [c["cause"]["kind"] for c in story.feeds[outer].changes[-1:]] == ["filter"]
    story.client.want(200, "POST", f"/segments/{static}/members", {"emails": ["c0@example.com"]})
    step(3, 2, 2, 4)
    assert story.feeds[outer].changes[-1]["cause"]["kind"] == "data"
    story.client.want(200, "DELETE", f"/segments/{static}/members", {"emails": ["c0@example.com"]})
    step(3, 3, 2, 4)
    # Its entries go with a segment, and those leave who were in because of them.
    story.client.want(204, "DELETE", "/segments/" + outer)
    everything = (middle, entered, second)
    running.program("muster-worker", "all", "--now")
    step(3, 0, 4)
    assert story.count("dropped_segment") == 0
    return f"{len(sizes)} steps"


def clock_alone(running):
    """Nothing is written: a worker that loops says by itself who leaves and who enters, in time."""
    story, span = Story(running, "clock alone"), 4.0
    minutes = span / 60
    static = story.client.want(201, "POST", "/segments", {"name": "none", "type": "STATIC"})["id"]
    soon = now_ms() + int(span * 1000)
    stored = story.client.want(201, "POST", "/contacts", {
        "email": "a@example.com", "data": {"last": iso(soon - 60_000), "next": iso(soon + 60_000),
                                           "day": iso(soon)}})
    born = parse_date(stored["createdAt"])
    happened = parse_date(story.client.want(200, "POST", "/v1/track", {
        "email": "a@example.com", "event": "visit", "data": {
            "page": {"value": "home", "persistent": False}}})["data"]["timestamp"])
    window = {"value": minutes, "unit": "minutes"}
    minute = {"value": 1, "unit": "minutes"}
    inner = story.segment("inner", every({"field": "event.visit", "operator": "triggeredWithin",
                                          **window}), tracked=False)
    # name, condition, from when on it is the other way, in at first
    plan = [
        ("within", every({"field": "event.visit", "operator": "triggeredWithin", **window}),
         happened + span * 1000, True),
        ("not within", every({"field": "event.visit", "operator": "notTriggeredWithin", **window}),
         happened + span * 1000, False),
        ("older", every({"field": "event.visit", "operator": "triggeredOlderThan", **window}),
         happened + span * 1000, False),
        ("first", every({"field": "event.visit", "operator": "firstTriggeredWithin", **window}),
         happened + span * 1000, True),
        ("count", every({"field": "event.visit", "operator": "countAtLeast", "value": 1,
                         "window": window}), happened + span * 1000, True),
        ("count none", every({"field": "event.visit", "operator": "countEquals", "value": 0,
                              "window": window}), happened + span * 1000, False),
        ("where", every({"field": "event.visit", "operator": "triggeredWithin", **window, "where": [
            {"property": "page", "operator": "equals", "value": "home"}]}), happened + span * 1000, True),
        ("count where", every({"field": "event.visit", "operator": "countAtMost", "value": 0,
                               "window": window, "where": [
                                   {"property": "page", "operator": "exists"}]}),
         happened + span * 1000, False),
        ("data within", every({"field": "data.last", "operator": "within", **minute}), soon, True),
        ("data older", every({"field": "data.last", "operator": "olderThan", **minute}), soon,
         False),
        ("data next", every({"field": "data.next", "operator": "withinNext", **minute}), soon,
         False),
        ("data ahead", every({"field": "data.next", "operator": "moreThanAhead", **minute}), soon,
         True),
        ("data now", every({"field": "data.day", "operator": "withinNext", **minute}), soon, True),
        ("born", every({"field": "createdAt", "operator": "within", **window}), born + span * 1000,
         True),
        ("nested", every(leaf("segment." + inner, "memberOfSegment"),
                         leaf("segment." + static, "notMemberOfSegment")), happened + span * 1000,
         True),
        ("not", every({"field": "data.last", "operator": "within", **minute}, **{"not": True}),
         soon, False)]
    segments = {name: story.segment(name, tree) for name, tree, _, _ in plan}
    story.work()
    assert now_ms() < soon - 1000, "this machine is too slow for the test"
    for name, _, _, inside in plan:
        new = story.told(segments[name])
        assert len(new) == inside, (name, new)
    loop = worker(running, "compute", "--loop", "1")
    worst = 0
    try:
        for name, _, at, inside in plan:
            while not (new := story.told(segments[name])):
                assert now_ms() < at + 15_000, f"{name}: no change 15 s after its instant"
                time.sleep(0.1)
            late = parse_date(new[0]["at"]) - at
            assert new[0]["type"] == ("exit" if inside else "entry"), (name, new)
            assert new[0]["cause"] == {"kind": "clock"}, (name, new)
            assert -1 <= late, (name, late, "is before its time")
            worst = max(worst, late)
    finally:
        loop.terminate()
        finish([loop])
    assert worst < 5000, f"{worst} ms late"
    return f"{len(plan)} windows, at most {worst:.0f} ms late"


def quiet_projects_wake(running):
    """A worker that loops leaves a project alone in which nothing happens, until something does."""
    story = Story(running, "quiet projects wake")
    story.contacts(range(10))
    static = story.client.want(201, "POST", "/segments", {"name": "by hand", "type": "STATIC"})["id"]
    segment = story.segment("low", every(leaf("data.n", "lessThan", 4),
                                         leaf("segment." + static, "notMemberOfSegment")))
    path = "/segments/" + segment

    def patch(**body):
        story.client.want(200, "PATCH", path, body)
    steps = [
        ("a condition", lambda: patch(condition=every(
            leaf("data.n", "lessThan", 6), leaf("event.hide", "notTriggered"),
            leaf("segment." + static, "notMemberOfSegment"))), 6),
        ("a contact", lambda: story.contacts([7], n=0), 7),  # its n is 0 now
        ("an event", lambda: story.client.want(200, "POST", "/v1/track", {
            "email": "c1@example.com", "event": "hide"}), 6),
        ("a member", lambda: story.client.want(200, "POST", f"/segments/{static}/members",
                                               {"emails": ["c2@example.com"]}), 5),
        ("a condition again", lambda: patch(condition=every(leaf("data.n", "greaterThan", 6))), 2)]
    loop, waits = worker(running, "compute", "--loop", "1"), []
    try:
        for name, change, wanted in [("the first run", lambda: None, 4), *steps]:
            change()
            started = time.monotonic()
            while story.told(segment) is None or len(story.feeds[segment].members) != wanted:
                assert time.monotonic() - started < 10, (
                    f"{name}: {len(story.feeds[segment].members)} members, not {wanted}, after 10 s")
                time.sleep(0.1)
            waits.append(time.monotonic() - started)
            time.sleep(1.7)  # until nothing is due, and that has been seen
    finally:
        loop.terminate()
        finish([loop])
    return f"{len(waits)} steps, at most {max(waits):.1f} s"


def clock_set_back(running):
    """No run is earlier than the one before: what was once too old does not come back."""
    story = Story(running, "clock set back")
    story.client.want(200, "POST", "/v1/track", {"email": "a@example.com", "event": "visit"})
    segment = story.segment("here", every(leaf("event.visit", "triggeredWithin", 1, "minutes")))
    story.work()
    # As if the last run had been two minutes ahead of the clock that is now right.
    running.sql("UPDATE segment_state SET computed_ms = computed_ms + 120000, due = 1 "
                f"WHERE project_id = {story.project.number}")
    ahead = story.state(segment)["computed"]
    for jobs in ("compute", "all"):
        story.work(jobs)
    told = story.client.want(200, "POST", f"/segments/{segment}/compute")
    assert told == {"added": 0, "removed": 0, "total": 0}, told
    new = story.told(segment)
    assert [c["type"] for c in new] == ["entry", "exit"], new
    assert parse_date(new[1]["at"]) >= ahead, (new, ahead)
    return "2 changes"


def nothing_to_do(running):
    """What is not due is not looked at: no row of a run is written, and no column is read."""
    story = Story(running, "nothing to do")
    story.contacts(range(2000), at=iso(now_ms() - 5 * DAY))
    segments = [story.segment(f"s{i}", every(leaf("data.n", "lessThan", 100 * i),
                                             leaf("data.at", "within", 30, "days")))
                for i in range(1, 11)]
    story.segment("counted", every(leaf("data.n", "lessThan", 5)), tracked=False)
    story.work("all")
    story.work("all")
    before = read(running, story.project.number).states
    for jobs in ("compute", "all", "compute"):
        log = story.work(jobs)
        after = read(running, story.project.number).states
        assert after == before, [(before[s], after[s]) for s in before if after[s] != before[s]][:3]
        assert not any(f"project={story.project.number} " in line for line in log.splitlines()
                       if "compute" in line), log
    # An event that no filter names is nobody's business either.
    story.client.want(200, "POST", "/v1/track", {"email": "c1@example.com", "event": "other"})
    story.work()
    assert read(running, story.project.number).states == before
    # One contact that changes: every segment that looks at contacts is looked at, once.
    story.client.want(200, "POST", "/contacts", {"email": "c1@example.com", "data": {"n": 5000}})
    story.work()
    after = read(running, story.project.number).states
    assert all(after[s]["computed"] > before[s]["computed"] for s in segments)
    assert [len(story.told(s)) for s in segments] == [101] + [100 * i + 1 for i in range(2, 11)]
    story.work()
    assert read(running, story.project.number).states == after
    return f"{len(segments)} segments"


def counts_are_refreshed(running):
    """The stored count of a segment that is not tracked follows, without entries and exits."""
    story = Story(running, "counts")
    story.contacts(range(50))
    segment = story.segment("low", every(leaf("data.n", "lessThan", 10)), tracked=False)
    story.contacts(range(5), n=900)
    stored = [s["memberCount"] for s in story.client.want(200, "GET", "/segments")]
    assert stored == [10], stored
    story.work()
    stored = [s["memberCount"] for s in story.client.want(200, "GET", "/segments")]
    assert stored == [5] and not story.told(segment), stored
    return "1 segment"


def deleted_in_mid_run(running):
    """A deleted segment ends its run; nothing of it stays."""
    story = Story(running, "deleted in mid-run")
    story.contacts(range(6000))
    for pause in (0.02, 0.1, 0.2):
        segment = story.segment("all", every(leaf("data.n", "exists")))
        workers = [worker(running, "compute", "--now") for _ in range(2)]
        time.sleep(pause)
        story.client.want(204, "DELETE", "/segments/" + segment)
        finish(workers)
    story.work("all")
    left = {table: story.count(table) for table in
            ("transition", "membership", "segment_state", "dropped_segment")}
    assert not any(left.values()), left
    entered = leaf("event.segment.all.entry", "triggered")
    total, _ = listed(story.client, every(entered), now_ms() + 60_000)
    assert total == 0, total
    assert not read(running, story.project.number).broken_rollups
    return "3 segments"


def erased_in_mid_run(running):
    """Contacts that go while runs are on: none has entered twice, and all who entered have left."""
    story, size = Story(running, "erased in mid-run"), 3000
    story.contacts(range(size))
    segments = [story.segment(f"all {i}", every(leaf("data.n", "exists"))) for i in range(6)]
    ids = [c["id"] for c in read(running, story.project.number).contacts]
    chosen = random.sample(ids, 450)

    def erase(contacts):
        client = story.project.client()
        for contact in contacts:
            client.want(204, "DELETE", "/contacts/" + contact)
    threads = [threading.Thread(target=erase, args=(chosen[i::3],)) for i in range(3)]
    workers = [worker(running, "compute", "--now") for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    finish(workers)
    story.work()
    gone = []
    for segment in segments:
        story.told(segment)
        feed = story.feeds[segment]
        assert feed.members == set(ids) - set(chosen)
        gone += [c for c in feed.changes if c["type"] == "exit"]
    assert all(c["cause"] == {"kind": "deleted"} and c["contactId"] in chosen for c in gone)
    assert not read(running, story.project.number).broken_rollups
    return f"{len(chosen)} erased, {len(gone)} exits of theirs from {len(segments)} segments"


STORIES = [many_at_once, filter_changes_in_mid_run, nested, clock_alone, clock_set_back,
           quiet_projects_wake, nothing_to_do, counts_are_refreshed, deleted_in_mid_run, erased_in_mid_run]


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--rounds", type=int, default=40)
    arguments.add_argument("--seed", type=int, default=None)
    arguments.add_argument("--stack", help="directory of a running stack with --worker manual")
    arguments.add_argument("stories", nargs="*", metavar="STORY")
    given = arguments.parse_args()
    seed = given.seed if given.seed is not None else random.SystemRandom().randrange(10**9)
    print(f"seed {seed}", flush=True)
    done = failed = 0
    with stack(given.stack) as running:
        if not given.stories:
            with told("random segments") as outcome:
                done, wrong = random_worlds(running, seed, given.rounds)
                assert not wrong, "\n".join(wrong[:8])[:6000]
                outcome.append(f"{done} rounds")
            failed += not outcome
            done += 1
            with told("a worker that loops") as outcome:
                outcome.append(looping_world(running, seed))
            failed += not outcome
        for story in STORIES:
            if given.stories and story.__name__ not in given.stories:
                continue
            done += 1
            with told(story.__name__) as outcome:
                outcome.append(story(running))
            failed += not outcome
    print(f"{done - failed} passed, {failed} failed")
    return 1 if failed else 0


@contextlib.contextmanager
def told(name):
    """Prints how it went; what it yields stays empty when it went wrong."""
    outcome, started = [], time.monotonic()
    try:
        yield outcome
        print(f"ok   {name}: {outcome[0]}, {time.monotonic() - started:.1f} s", flush=True)
    except Exception:  # one of them must not end the others
        outcome.clear()
        print(f"FAIL {name}\n{traceback.format_exc()}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
