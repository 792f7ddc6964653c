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
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
import traceback

from lib.ask import listed
from lib.client import Unexpected
from lib.draw import Draw, iso
from lib.feed import Feed
from lib.naive import DAY, parse_date
from lib.rows import read
from lib.stack import stack
from lib.world import Playground

TRACKED = 8
ROUNDS_PER_WORLD = 10
PATIENCE_SECONDS = 2.5  # for a worker that loops every second


def now_ms():
    return int(time.time() * 1000)


def worker(running, *jobs):
    """A worker under way."""
    return subprocess.Popen([os.path.join(running.env["MUSTER_BIN"], "muster-worker"), *jobs],
                            env={**os.environ, **running.env}, stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT, text=True, errors="replace")


def finish(workers):
    """Waits for all of them, who must have done well; returns what they logged."""
    logs = [process.communicate(timeout=120)[0] for process in workers]
    for process, log in zip(workers, logs):
        if process.returncode != 0:
            raise RuntimeError(f"{' '.join(process.args[1:])}: exit {process.returncode}\n{log}")
    return logs


# ---- random worlds ----------------------------------------------------------------------------------


class Tracking:
    """A playground whose last segments are tracked. Each may name only those before it."""

    def __init__(self, running, seed):
        self.stack, self.random = running, random.Random(seed)
        self.draw = Draw(self.random, now_ms() + 1000)
        self.playground = Playground(running, self.draw, now_ms())
        self.playground.populate(self.random.choice([20, 60, 95, 160]))
        self.client = self.playground.secret
        self.tracked, self.feeds, self.off, self.names = [], {}, set(), 0
        self.draw.more_leaves = [self.entry_leaf, self.entry_leaf, self.window_leaf,
                                 self.window_leaf]
        self.before = list(self.playground.segments)  # what a new tree may name
        self.slugs = []                               # of those among them that are tracked
        self.all_slugs = {}
        for _ in range(TRACKED):
            self.add()

    def entry_leaf(self):
        slug = self.draw.pick(self.slugs or ["nobody"])
        return {"field": f"event.segment.{slug}.{self.draw.pick(['entry', 'exit'])}",
                **self.draw.occurrence()}

    def window_leaf(self):
        """Edges of these are passed in these seconds."""
        return self.draw.pick([
            lambda: {"field": "event." + self.draw.pick(["purchase", "signed up", "refund"]),
                     "operator": self.draw.pick(["triggeredWithin", "notTriggeredWithin",
                                                 "triggeredOlderThan"]), **self.draw.window()},
            lambda: {"field": self.draw.pick(["data.day", "createdAt", "updatedAt"]),
                     "operator": self.draw.pick(["within", "olderThan", "withinNext",
                                                 "moreThanAhead"]), **self.draw.window()}])()

    def tree(self):
        return self.draw.tree(list(self.playground.model.contacts) or ["a@b.c"], self.before)

    def name(self):
        self.names += 1
        return f"Seg {self.names}"

    def add(self):
        name, condition = self.name(), self.tree()
        made = self.client.want(201, "POST", "/segments", {
            "name": name, "condition": condition, "trackMembership": True})
        self.playground.segments[made["id"]] = {"type": "DYNAMIC", "condition": condition}
        self.tracked.append(made["id"])
        self.feeds[made["id"]] = Feed(made["id"])
        self.before.append(made["id"])
        self.slugs.append(made["slug"])
        self.all_slugs[made["id"]] = {made["slug"]}

    # --- what happens to them ---

    def change_one(self):
        """One of them gets another filter, another name, or no tracking for a while."""
        segment = self.draw.pick(self.tracked)
        place = self.tracked.index(segment)
        kind = self.random.random()
        if kind < 0.4:
            before, slugs = self.before, self.slugs
            later = set().union(*(self.all_slugs[i] for i in self.tracked[place:]))
            self.before = [i for i in before if i not in self.tracked[place:]]
            self.slugs = [s for s in slugs if s not in later]
            condition = self.tree()
            self.before, self.slugs = before, slugs
            self.client.want(200, "PATCH", "/segments/" + segment, {"condition": condition})
            self.playground.segments[segment]["condition"] = condition
        elif kind < 0.6:
            slug = self.client.want(200, "PATCH", "/segments/" + segment,
                                    {"name": self.name()})["slug"]
            self.slugs.append(slug)
            self.all_slugs[segment].add(slug)
        elif segment in self.off:
            self.client.want(200, "PATCH", "/segments/" + segment, {"trackMembership": True})
            self.off.discard(segment)
        elif kind < 0.75:
            self.client.want(200, "PATCH", "/segments/" + segment, {"trackMembership": False})
            self.off.add(segment)
        elif kind < 0.85:
            self.delete(segment)

    def delete(self, segment):
        reply = self.client.request("DELETE", "/segments/" + segment)
        assert reply.status in (204, 409), reply  # 409: another names it
        if reply.status == 204:
            self.tracked.remove(segment)
            self.before.remove(segment)
            self.off.discard(segment)
            del self.playground.segments[segment], self.feeds[segment]
            self.add()

    # --- runs ---

    def run(self):
        """A run by some route; returns the segments that must be complete now."""
        on = [s for s in self.tracked if s not in self.off]
        route = self.random.random()
        if route < 0.15:
            self.stack.program("muster-worker", "compute", "--now")
            return on, "a worker"
        if route < 0.3:  # what is not worth a fold stays in the rows
            self.stack.program("muster-worker", "compute")
            return on, "a timer"
        if route < 0.5:
            finish([worker(self.stack, "compute", "--now") for _ in range(2)])
            return on, "two workers"
        if route < 0.7:
            chosen = self.random.sample(on, min(len(on), 3))
            for segment in chosen:
                self.feeds[segment].read(self.client)  # upkeep runs them too
                told = self.client.want(200, "POST", f"/segments/{segment}/compute")
                new = self.feeds[segment].read(self.client, self.draw.pick([1, 7, 1000]))
                entries = sum(c["type"] == "entry" for c in new)
                wanted = {"added": entries, "removed": len(new) - entries,
                          "total": len(self.feeds[segment].members)}
                assert told == wanted, (told, wanted, new)
            # Only the last one: it may have moved those before it.
            return chosen[-1:], "the API"
        if route < 0.8:
            self.stack.program("muster-worker", "all", "--now")
            return on, "everything"
        self.at_once(on)
        self.stack.program("muster-worker", "compute", "--now")
        return on, "workers and the API at once"

    def at_once(self, on):
        workers = [worker(self.stack, "compute", "--now") for _ in range(2)]
        failures = []

        def ask(segments):
            client = self.playground.project.client()
            try:
                for segment in segments:
                    client.want(200, "POST", f"/segments/{segment}/compute")
            except (Unexpected, OSError) as failure:
                failures.append(failure)
        threads = [threading.Thread(target=ask, args=(self.random.sample(on, len(on)),))
                   for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        finish(workers)
        assert not failures, failures

    # --- judgement ---

    def check(self, complete, since):
        world, wrong = self.playground.world(), []
        for segment, feed in self.feeds.items():
            limit = self.draw.pick([1, 3, 50, 1000, 1000]) if len(feed.changes) < 30 else 1000
            new = feed.read(self.client, limit)
            if segment in self.off and new:
                wrong.append(f"{segment} is not tracked and told {new}")
            wrong += feed.wrong
        for segment in complete:
            state = world.states[segment]
            # Where nothing was to be done the answer of before still holds.
            instants = {max(state["computed"], since)}
            instants |= self.quiet_instants(world.now, state)
            for at in sorted(instants):
                wrong += self.compare(world, segment, at, state)
            if state["computed"] >= since and state["count"] != len(self.feeds[segment].members):
                wrong.append(f"{segment}: stored count {state['count']}, "
                             f"{len(self.feeds[segment].members)} members")
        for segment in self.random.sample(complete, min(len(complete), 2)):
            wrong += self.check_live(world, segment)
        return wrong

    def quiet_instants(self, now, state):
        """Instants before the next one at which the server thinks that somebody may move."""
        until = state["flip"] if state["flip"] is not None else now + 800 * DAY
        return {at for at in (now, now + self.random.randrange(10_000), until - 1,
                              now + int((until - now) * self.random.random()))
                if now <= at < until}

    def compare(self, world, segment, at, state):
        condition = self.playground.segments[segment]["condition"]
        wanted, stored = world.members(condition, at), self.feeds[segment].members
        if wanted == stored:
            return []
        odd = [c for c in world.contacts if c["id"] in wanted ^ stored][:2]
        shown = [json.dumps({k: sorted(v) if isinstance(v, set) else v for k, v in c.items()})
                 for c in odd]
        return [f"{segment} at {iso(at)} ({at}), run {state}: missing {sorted(wanted - stored)[:3]}, "
                f"extra {sorted(stored - wanted)[:3]}\n  {json.dumps(condition)}\n  "
                + "\n  ".join(shown)]

    def check_live(self, world, segment):
        """The list of the segment's contacts says the same as its feed, until the clock moves."""
        condition = self.playground.segments[segment]["condition"]
        live, page, before = set(), 1, now_ms()
        while True:
            answer = self.client.want(
                200, "GET", f"/segments/{segment}/contacts?page={page}&pageSize=100")
            live |= {c["id"] for c in answer["data"]}
            if page >= answer["totalPages"]:
                break
            page += 1
        after = now_ms() + 1
        sure = {c["id"] for c in world.contacts} - (
            world.members(condition, before) ^ world.members(condition, after))
        flip, members = world.states[segment]["flip"], self.feeds[segment].members
        if live & sure != world.members(condition, before) & sure or (
                (flip is None or flip > after) and live != members):
            return [f"{segment}: listed {sorted(live ^ members)[:5]} otherwise than told"]
        return []

    def disturb(self, writes=(0, 0, 1, 3, 8), filters=0.4):
        """Writes, and now and then another filter."""
        self.draw.at = now_ms() + self.random.choice([300, 1000, 4000])
        self.playground.now = now_ms()
        for _ in range(self.random.choice(writes)):
            self.playground.write()
        if self.draw.chance(filters):
            self.change_one()

    def round(self):
        """Lines that say what was wrong, and what was done."""
        self.disturb()
        if self.draw.chance(0.5):
            self.playground.upkeep()
        if self.draw.chance(0.3):
            time.sleep(self.random.random())
        since = now_ms()
        complete, route = self.run()
        return self.check(complete, since), route


    def patient_round(self, loop, number):
        """The same, by a worker that loops and is given time; every other time it is only a filter
        that changes."""
        self.disturb(*([(1, 3, 8), 0] if number % 2 else [(0,), 1]))
        since, on, wrong = now_ms(), [s for s in self.tracked if s not in self.off], []
        for _ in range(2):  # it may be caught at work by an instant that has just come
            time.sleep(PATIENCE_SECONDS)
            with halted(loop):
                wrong = self.check(on, since)
                states = self.playground.world().states
                wrong += [f"{s} is late: {states[s]}" for s in on if states[s]["flip"] is not None
                          and states[s]["flip"] < now_ms() - 1000 * PATIENCE_SECONDS]
            if not wrong:
                break
        return wrong


@contextlib.contextmanager
def halted(loop):
    """A worker with its children, held for a moment."""
    with open(f"/proc/{loop.pid}/task/{loop.pid}/children", encoding="ascii") as file:
        family = [loop.pid, *map(int, file.read().split())]
    for pid in family:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in family:
            os.kill(pid, signal.SIGCONT)


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
        "email": "a@example.com", "event": "visit"})["data"]["timestamp"])
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


STORIES = [many_at_once, filter_changes_in_mid_run, nested, clock_alone, quiet_projects_wake,
           nothing_to_do, counts_are_refreshed, deleted_in_mid_run, erased_in_mid_run]


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
