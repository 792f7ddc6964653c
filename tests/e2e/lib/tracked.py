"""A project whose segments are tracked while random writes move its contacts, judged by the naive
evaluator: see tracking.py."""
import contextlib
import json
import os
import random
import signal
import subprocess
import threading
import time

from .client import Unexpected
from .draw import Draw, iso
from .feed import Feed
from .naive import DAY
from .world import Playground

TRACKED = 8
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


class Tracking:
    """A playground whose last segments are tracked. Each may name only those before it."""

    def __init__(self, running, seed):
        self.stack, self.random = running, random.Random(seed)
        self.draw = Draw(self.random, now_ms() + 1000)
        self.draw.windows = [(1.5, "minutes"), (2, "days"), self.draw.windows[0]]  # so that many meet
        self.playground = Playground(running, self.draw, now_ms())
        self.playground.populate(self.random.choice([20, 60, 95, 160]))
        self.client = self.playground.secret
        self.tracked, self.feeds, self.off, self.names = [], {}, set(), 0
        self.draw.more_leaves = [self.entry_leaf, self.entry_leaf, self.window_leaf,
                                 self.window_leaf]
        self.before = list(self.playground.segments)  # what a new tree may name
        self.slugs = []                               # of those among them that are tracked
        self.all_slugs = {}
        self.judged = {}   # segment -> how many of its changes
        self.settled = {}  # segment -> when it was complete, with nothing written after that
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
                                                 "triggeredOlderThan", "firstTriggeredWithin"]),
                     **self.draw.window()},
            lambda: {"field": "event." + self.draw.pick(["purchase", "signed up", "refund"]),
                     "operator": self.draw.pick(["countAtLeast", "countAtMost", "countEquals"]),
                     "value": self.draw.pick([0, 1, 2]), "window": self.draw.window(),
                     **({"where": [self.draw.where()]} if self.draw.chance(0.3) else {})},
            lambda: {"field": self.draw.pick(["data.day", "createdAt", "updatedAt"]),
                     "operator": self.draw.pick(["within", "olderThan", "withinNext",
                                                 "moreThanAhead"]), **self.draw.window()}])()

    def tree(self):
        tree = self.draw.tree(list(self.playground.model.contacts) or ["a@b.c"], self.before)
        if self.draw.chance(0.5):
            tree = {"logic": self.draw.pick(["AND", "OR"]), "groups": [
                {"filters": [self.window_leaf()], "not": self.draw.boolean()},
                {"conditions": tree}]}
        return tree

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
            before = self.judged.get(segment, 0)
            limit = self.draw.pick([1, 3, 50, 1000, 1000]) if len(feed.changes) < 30 else 1000
            new = feed.read(self.client, limit)
            if segment in self.off and new:
                wrong.append(f"{segment} is not tracked and told {new}")
            wrong += feed.wrong
            wrong += self.not_by_clock(world, segment, feed.changes[before:])
            self.judged[segment] = len(feed.changes)
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
            self.settled.setdefault(segment, world.states[segment]["computed"])
        for segment in self.random.sample(complete, min(len(complete), 2)):
            wrong += self.check_live(world, segment)
        return wrong

    def not_by_clock(self, world, segment, changes):
        """Changes that say that something else than the clock moved somebody, where it was alone."""
        if segment not in self.settled or self.names_entries(segment):
            return []
        touched = {c["id"] for c in world.contacts if c["updatedAt"] >= self.settled[segment]}
        return [f"{segment}: by the clock alone, since {iso(self.settled[segment])}: {change}"
                for change in changes
                if change["cause"] != {"kind": "clock"} and change["contactId"] not in touched]

    def names_entries(self, segment):
        """Does its filter look at entries and exits, itself or through a segment that it names?"""
        text = json.dumps(self.playground.segments[segment]["condition"])
        return "event.segment." in text or any(
            f'"segment.{other}"' in text and self.playground.segments[other]["condition"]
            and self.names_entries(other) for other in self.playground.segments)

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

    def disturb(self, writes=(0, 0, 1, 4, 12), filters=0.3):
        """Writes, and now and then another filter. Edges of windows come in the next seconds."""
        count, filters = self.random.choice(writes), self.draw.chance(filters)
        self.playground.now = now_ms()
        for _ in range(count):
            self.draw.at = now_ms() + self.random.choice([300, 1000, 2000, 4000])
            self.playground.write()
        if filters:
            self.change_one()
        if count or filters:
            self.settled = {}

    def round(self):
        """Lines that say what was wrong, and what was done."""
        self.disturb()
        if self.draw.chance(0.5):
            self.playground.upkeep()
        if self.settled or self.draw.chance(0.2):  # the clock has its turn
            time.sleep(0.3 + self.random.random())
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
