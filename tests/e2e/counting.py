#!/usr/bin/python3
"""Questions about occurrences one by one: before a column is there, while it is built beside writers, and after,
through folds, merges, rebuilds, imports, deletions: always the naive evaluator's answer.

    counting.py [--seconds 12] [--seed N] [--stack DIR] [CASE ...]
"""
import argparse
import json
import os
import random
import re
import subprocess
import sys
import threading
import time

from lib.ask import preview
from lib.client import Unexpected
from lib.draw import iso
from lib.rows import read
from lib.stack import stack
from lib.world import empty_cache

HOUR = 3_600_000
PEOPLE, PAGES = 300, ["home", "Home", "about", 5, "5", 7.5, True, ["a", "b"], {"x": 1}, "2026-10-01"]
NAMES = ["visit", "buy"]


def expect(truth, what):
    if not truth:
        raise AssertionError(what)


def leaf(event, operator, value=None, **more):
    return {"field": "event." + event, "operator": operator, **({} if value is None else {"value": value}), **more}


def has(prop, operator, value=None):
    return {"property": prop, "operator": operator, **({} if value is None else {"value": value})}


def hours(n):
    return {"value": n, "unit": "hours"}


QUESTIONS = [
    leaf("visit", "countAtLeast", 3, window=hours(100)), leaf("visit", "countEquals", 0, window=hours(50)),
    leaf("buy", "countAtMost", 2, window=hours(500)), leaf("visit", "countAtLeast", 5),
    leaf("visit", "firstTriggeredWithin", 300, unit="hours"),
    leaf("visit", "triggered", where=[has("page", "equals", "home")]),
    leaf("visit", "triggeredWithin", 80, unit="hours", where=[has("page", "contains", "HOM")]),
    leaf("visit", "notTriggeredWithin", 200, unit="hours", where=[has("page", "in", ["about", 5])]),
    leaf("buy", "countAtLeast", 2, where=[has("price", "greaterThan", 50)], window=hours(400)),
    leaf("buy", "countAtLeast", 1, where=[has("price", "between", [10, 20]), has("page", "notEquals", "home")]),
    leaf("buy", "firstTriggeredOlderThan", 200, unit="hours", where=[has("page", "exists")]),
    leaf("buy", "triggeredOlderThan", 100, unit="hours", where=[has("price", "lessThan", 30)]),
    leaf("visit", "countEquals", 1, where=[has("page", "contains", "a")]),
    leaf("visit", "triggered", where=[has("page", "greaterThan", "2026-09-30")]),
    leaf("visit", "notTriggered", where=[has("deep.down", "equals", 3)])]


class Site:
    def __init__(self, running, name, seed):
        self.stack, self.project = running, running.project(name)
        self.client, self.random = self.project.client(), random.Random(seed)

    def event(self, chance=None):
        chance = chance or self.random
        data = {"page": chance.choice(PAGES), "price": chance.randrange(100), "deep": {"down": chance.randrange(9)}}
        return {"email": f"p{chance.randrange(PEOPLE)}@example.com", "event": chance.choice(NAMES),
                "timestamp": iso(int(time.time() * 1000) - chance.randrange(60_000, 1000 * HOUR)),
                "data": {k: {"value": v, "persistent": False} for k, v in data.items() if chance.random() < 0.8}}

    def track(self, count):
        for _ in range(count // 100):
            self.client.want(200, "POST", "/v1/track/batch", {"events": [self.event() for _ in range(100)]})

    def upkeep(self, *jobs):
        for job in jobs:
            if job == "reindex":
                self.stack.program("muster", "reindex", str(self.project.number))
            elif job == "cache":
                empty_cache(self.stack)
            else:
                self.stack.program("muster-worker", job, "--now")

    def right(self, when, at=None):
        """Every question has the naive evaluator's answer."""
        world = read(self.stack, self.project.number)
        expect(not world.broken_rollups, world.broken_rollups[:3])
        at = at or (int(time.time() * 1000) // 60_000 + 60) * 60_000
        for question in QUESTIONS:
            for group in ({}, {"not": True}):
                condition = {"logic": "AND", "groups": [{"filters": [question], **group}]}
                wanted = world.members(condition, at)
                count, ids = preview(self.client, condition, at)
                expect(count == len(wanted) and set(ids) <= wanted,
                       f"{when}: {json.dumps(question)} {group}: told {count}, wanted {len(wanted)}; "
                       f"wrongly {sorted(set(ids) - wanted)[:2]}")

    def verify(self):
        self.stack.program("muster", "verify", str(self.project.number))


def served(running, request_id, lines):
    """How the pools logged a request: (pool, status). A line comes after its answer, so it is waited for."""
    for _ in range(200):
        found = []
        for name in sorted(os.listdir(os.path.join(running.directory, "log"))):
            if name.startswith(("api-", "bulk-")):
                with open(os.path.join(running.directory, "log", name), encoding="utf-8") as log:
                    found += [(name.split("-")[0], int(re.search(r"status=(\d+)", line)[1]))
                              for line in log if f" id={request_id} " in line]
        if len(found) >= lines:
            break
        time.sleep(0.02)
    return found


def many_in_the_log(running, seed, _seconds):
    """So many occurrences that the log is read in the bulk pool: same answer, counted once, nothing of it seen."""
    site = Site(running, "handed over", seed)
    at = iso(int(time.time() * 1000) - 60_000)
    for _ in range(8):
        site.client.want(200, "POST", "/v1/track/batch", {"events": [
            {"email": f"p{n % 400}@example.com", "event": "many", "timestamp": at,
             "data": {"page": {"value": "a" if n % 400 < 150 else "b", "persistent": False}}} for n in range(1000)]})
    wanted = {"condition": {"logic": "AND", "groups": [{"filters": [
        leaf("many", "triggered", where=[has("page", "equals", "a")])]}]}}
    answer = site.client.request("POST", "/segments/preview", wanted, {"X-Request-ID": f"log-{seed}"})
    expect(answer.status == 200 and answer.json()["count"] == 150, answer)
    expect(answer.headers["X-Request-ID"] == f"log-{seed}" and not answer.headers["X-Accel-Redirect"], answer.headers)
    seen = served(running, f"log-{seed}", 2)
    expect(seen == [("api", 202), ("bulk", 200)], seen)
    segment = site.client.want(201, "POST", "/segments", {"name": "many", **wanted})
    expect(segment["memberCount"] == 150, segment)
    while time.time() % 60 > 55:
        time.sleep(0.5)  # PushMail's limits are counted by the minute
    tags = site.client.request("GET", "/api/v1/tags")
    answer = site.client.request("GET", "/api/v1/segments/1", headers={"X-Request-ID": f"pm-{seed}"})
    expect(answer.json()["data"]["contactCount"] == 150 and len(served(running, f"pm-{seed}", 2)) == 2, answer)
    expect(int(tags.headers["X-RateLimit-Remaining"]) - int(answer.headers["X-RateLimit-Remaining"]) == 1,
           "what is handed over counts once")
    site.upkeep("all")
    answer = site.client.request("POST", "/segments/preview", wanted, {"X-Request-ID": f"column-{seed}"})
    expect(answer.status == 200 and answer.json()["count"] == 150, answer)
    seen = served(running, f"column-{seed}", 1)
    expect(seen == [("api", 200)], seen)


def at_rest(running, seed, _seconds):
    site = Site(running, "counting", seed)
    site.track(2000)
    site.right("from rows")
    site.upkeep("all")
    site.right("built")
    site.verify()
    for jobs in (["fold"], ["merge"], ["cache"], ["fold", "merge"], ["reindex"], ["all"]):
        site.track(200)
        site.right(f"before {jobs}")
        site.upkeep(*jobs)
        site.right(f"after {jobs}")
        site.verify()


def deletions(running, seed, _seconds):
    """Contacts and event names that go, and names that come again."""
    site = Site(running, "counting gone", seed)
    site.track(1000)
    site.right("from rows")
    site.upkeep("all")
    ids = [c["id"] for c in site.client.want(200, "GET", "/contacts?limit=100")["data"]]
    for gone in ids[:40]:
        site.client.want(204, "DELETE", "/contacts/" + gone)
    site.right("contacts gone")
    site.upkeep("all")
    site.right("contacts gone and folded")
    site.client.want(200, "DELETE", "/events/visit")
    site.right("a name gone")
    site.track(500)
    site.right("the name again")
    site.upkeep("all")
    site.right("the name again, built")
    site.verify()


def imports(running, seed, _seconds):
    """A history that comes late."""
    site = Site(running, "counting imports", seed)
    site.track(500)
    site.right("from rows")
    site.upkeep("all")
    lines = [site.event() for _ in range(3000)]
    body = "\n".join(json.dumps({**e, "data": {k: v["value"] for k, v in e["data"].items()}}) for e in lines)
    reply = site.client.request("POST", "/events/import", body.encode(), {"Content-Type": "application/x-ndjson"})
    expect(reply.status == 202, reply)
    site.upkeep("import")
    site.right("imported")
    site.upkeep("all")
    site.right("imported and folded")
    site.verify()


def beside_writers(running, seed, seconds):
    """Columns are asked for, built and folded while four write; at the end all is right."""
    site = Site(running, "counting live", seed)
    site.track(3000)
    over, wrong, asked = threading.Event(), [], [0]

    def write(number):
        client, chance = site.project.client(), random.Random(seed + number)
        while not over.is_set():
            try:
                client.want(200, "POST", "/v1/track/batch", {
                    "events": [site.event(chance) for _ in range(chance.choice([1, 5, 40]))]})
            except (Unexpected, OSError) as failure:
                wrong.append(str(failure)[:500])

    def ask(number):
        client, chance = site.project.client(), random.Random(seed - number)
        while not over.is_set():
            question = chance.choice(QUESTIONS)
            try:
                yes, no = (client.want(200, "POST", "/segments/preview", {
                    "condition": {"logic": "OR", "groups": [{"filters": [question]}, {
                        "filters": [question], "not": True}]}, "limit": 1})["count"],
                    client.want(200, "POST", "/segments/preview", {
                        "condition": {"logic": "AND", "groups": [{"filters": [question]}, {
                            "filters": [question], "not": True}]}, "limit": 1})["count"])
                if no or yes > PEOPLE or yes < PEOPLE * 0.9:
                    wrong.append(f"{json.dumps(question)}: {yes} are in or out, {no} both")
                asked[0] += 1
            except (Unexpected, OSError) as failure:
                wrong.append(str(failure)[:500])
    threads = [threading.Thread(target=write, args=(n,)) for n in range(4)] + [
        threading.Thread(target=ask, args=(n,)) for n in range(2)]
    for thread in threads:
        thread.start()
    chance, until = random.Random(seed), time.monotonic() + seconds
    while time.monotonic() < until and not wrong:
        try:
            site.upkeep(chance.choice(["all", "fold", "fold", "merge", "cache"]))
        except (RuntimeError, subprocess.SubprocessError) as failure:
            wrong.append(str(failure)[:800])
    over.set()
    for thread in threads:
        thread.join()
    expect(not wrong, wrong[:3])
    site.right("afterwards")
    site.upkeep("all")
    site.right("afterwards, folded")
    site.verify()
    print(f"    {asked[0]} questions meanwhile")


CASES = [many_in_the_log, at_rest, deletions, imports, beside_writers]


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--stack", help="directory of a running stack with --worker manual")
    arguments.add_argument("--seconds", type=int, default=12)
    arguments.add_argument("--seed", type=int, default=None)
    arguments.add_argument("cases", nargs="*")
    given = arguments.parse_args()
    seed = given.seed if given.seed is not None else random.SystemRandom().randrange(10**9)
    print(f"seed {seed}", flush=True)
    passed = failed = 0
    with stack(given.stack) as running:
        for case in CASES:
            if given.cases and case.__name__ not in given.cases:
                continue
            try:
                case(running, seed, given.seconds)
                passed += 1
                print("ok  ", case.__name__, flush=True)
            except (AssertionError, Unexpected, RuntimeError) as failure:
                failed += 1
                print("FAIL", case.__name__, str(failure)[:2000], flush=True)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
