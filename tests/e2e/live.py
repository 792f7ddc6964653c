#!/usr/bin/python3
"""Everything at once: writers on every kind of part, fold and merge in a loop, readers.

    live.py [--seconds 20] [--seed N] [--stack DIR]

While it runs: the contacts of an answer are rows of the snapshot that was evaluated, so each must
satisfy the filter by its own data; a filter and its Not share nobody and leave nobody out; a writer
sees its own write at once. Every two seconds the writers rest (upkeep does not) and whole answers
are compared with the naive evaluator over the rows. At the end base + delta + dirty must be what a
rebuild from the rows gives, bit for bit.
"""
import argparse
import json
import random
import sys
import threading
import time
import traceback

from lib.ask import differs
from lib.draw import Draw, iso
from lib.gate import Gate
from lib.naive import World, parse_date
from lib.rows import read
from lib.stack import stack
from lib.world import empty_cache

WRITERS = 4
READERS = 2
EVENTS = ["purchase", "visit", "signed up"]


class Live:
    def __init__(self, running, seed):
        self.stack, self.seed = running, seed
        self.project = running.project("live")
        self.gate = Gate()
        self.wrong = []
        self.done = {"writes": 0, "reads": 0, "upkeep": 0, "whole answers": 0}
        client = self.project.client()
        self.static = [client.want(201, "POST", "/segments", {"name": f"s{i}", "type": "STATIC"})
                       ["id"] for i in range(2)]
        client.want(200, "POST", "/contacts/batch", {"contacts": [
            {"email": address(w, i), "data": {"score": i, "owner": w}}
            for w in range(WRITERS) for i in range(60)]})

    def thread(self, body, *arguments):
        def run():
            try:
                body(*arguments)
            except Exception:  # told at the end, whichever thread it was
                self.wrong.append(traceback.format_exc())
        made = threading.Thread(target=run, daemon=True)
        made.start()
        return made

    # --- writers ---

    def writer(self, number):
        client, draw = self.project.client(), Draw(random.Random(self.seed + number),
                                                   int(time.time() * 1000))
        while self.gate.enter():
            try:
                self.write(client, draw, number)
                self.done["writes"] += 1
            finally:
                self.gate.leave()

    def write(self, client, draw, number):
        email = address(number, draw.random.randrange(80))
        kind = draw.random.random()
        if kind < 0.35:
            data = {"plan": draw.pick(["pro", "free", "Straße", None]), "score": draw.number(),
                    "flag": draw.boolean(), "day": draw.date(), "owner": number}
            body = {"email": email, "data": data}
            if draw.chance(0.3):
                body["subscribed"] = draw.boolean()
            stored = client.want((200, 201), "POST", "/contacts", body)
            if draw.chance(0.3):
                self.sees(client, email, stored)
        elif kind < 0.7:
            events = [{"email": address(number, draw.random.randrange(80)),
                       "event": draw.pick(EVENTS),
                       "timestamp": iso(draw.past(int(time.time() * 1000)))}
                      for _ in range(draw.pick([1, 1, 5, 20]))]
            client.want(200, "POST", "/v1/track/batch", {"events": events})
        elif kind < 0.85:
            emails = [address(number, draw.random.randrange(80)) for _ in range(3)]
            client.want(200, draw.pick(["POST", "DELETE"]),
                        f"/segments/{draw.pick(self.static)}/members", {"emails": emails})
        elif kind < 0.93:
            client.want(200, "POST", "/contacts/batch", {"contacts": [
                {"email": address(number, draw.random.randrange(80)),
                 "data": {"score": draw.number()}} for _ in range(15)]})
        else:
            found = client.want(200, "POST", "/contacts/lookup", {"emails": [email]})["found"]
            for contact in found:
                client.want(204, "DELETE", "/contacts/" + contact["id"])

    def sees(self, client, email, stored):
        """Nobody else writes this contact: the next question must know of it."""
        leaf = {"field": "email", "operator": "equals", "value": email}
        score = {"field": "data.score", "operator": "equals", "value": stored["data"]["score"]}
        answer = client.want(200, "POST", "/segments/preview", {
            "condition": {"logic": "AND", "groups": [{"filters": [leaf, score]}]}})
        if answer["count"] != 1:
            self.wrong.append(f"own write not seen: {stored} then {answer}")

    # --- readers ---

    def reader(self, number):
        client, draw = self.project.client(), Draw(random.Random(self.seed - number),
                                                   int(time.time() * 1000))
        draw.odd = 0
        while not self.gate.ended:
            tree = self.row_tree(draw)
            at = int(time.time() * 1000) + 3_600_000
            self.every_member_fits(client, tree, at)
            self.complement(client, draw, draw.tree([address(0, 1)], self.static), at)
            self.done["reads"] += 3

    @staticmethod
    def row_tree(draw):
        """A tree that one row of an answer can decide."""
        pool = [
            lambda: {"field": "data.plan", "operator": draw.pick(["equals", "notEquals"]),
                     "value": draw.pick(["pro", "free"])},
            lambda: {"field": "data.plan", "operator": "contains", "value": draw.pick(["R", "SS"])},
            lambda: {"field": "data.plan", "operator": draw.pick(["exists", "notExists"])},
            lambda: {"field": "data.score", "operator": draw.pick(["greaterThan", "lessThan"]),
                     "value": draw.number()},
            lambda: {"field": "data.flag", "operator": "equals", "value": draw.boolean()},
            lambda: {"field": "data.day", "operator": draw.pick(["within", "olderThan"]),
                     **draw.window()},
            lambda: {"field": "subscribed", "operator": "equals", "value": draw.boolean()},
            lambda: {"field": "email", "operator": "startsWith", "value": f"w{draw.pick([0, 1])}"}]
        groups = [{"filters": [draw.pick(pool)() for _ in range(draw.pick([1, 2]))]}
                  for _ in range(draw.pick([1, 2, 3]))]
        for group in groups:
            if draw.chance(0.3):
                group["not"] = True
        return {"logic": draw.pick(["AND", "OR"]), "groups": groups}

    def every_member_fits(self, client, tree, at):
        answer = client.want(200, "POST", "/segments/preview",
                             {"condition": tree, "limit": 100, "at": iso(at)})
        # No key of row_tree is mixed, so each row stands for itself.
        members = World([as_contact(row) for row in answer["sample"]]).members(tree, at)
        for row in answer["sample"]:
            if row["id"] not in members:
                self.wrong.append(f"{json.dumps(tree)} took in {json.dumps(row)}")
        if answer["count"] < len(answer["sample"]) or len(answer["sample"]) < min(
                100, answer["count"]):
            self.wrong.append(f"count {answer['count']}, sample {len(answer['sample'])}")

    def complement(self, client, draw, tree, at):
        both = [{"conditions": tree}, {"conditions": tree, "not": True}]
        for nobody in ({"logic": "AND", "groups": both},
                       {"logic": "AND", "groups": [
                           {"conditions": {"logic": "OR", "groups": both}, "not": True}]}):
            answer = client.want(200, "POST", "/segments/preview",
                                 {"condition": nobody, "at": iso(at)})
            if answer["count"] != 0:
                self.wrong.append(f"{json.dumps(nobody)} should take in nobody: {answer}")

    # --- upkeep ---

    def upkeep(self):
        chance = random.Random(self.seed)
        while not self.gate.ended:
            step = chance.choice(["fold", "fold", "fold", "merge", "cache", "rest",
                                  "verify"])
            if step == "cache":
                empty_cache(self.stack)
            elif step == "verify":  # one snapshot, whatever is being written
                self.stack.program("muster", "verify", str(self.project.number))
            elif step != "rest":
                self.stack.program("muster-worker", step, "--now")
            time.sleep(chance.random() * 0.1)
            self.done["upkeep"] += 1

    # --- all together ---

    def compare_all(self, draw, trees):
        self.gate.close()
        try:
            world, client = read(self.stack, self.project.number), self.project.client()
            self.wrong += world.broken_rollups
            at = int(time.time() * 1000) + 3_600_000
            emails = [c["email"] for c in world.contacts]
            for _ in range(trees):
                found = differs(client, world, draw.tree(emails, self.static), at)
                self.wrong += [found] if found else []
                self.done["whole answers"] += 1
        finally:
            self.gate.reopen()

    def run(self, seconds):
        threads = [self.thread(self.writer, i) for i in range(WRITERS)]
        threads += [self.thread(self.reader, 100 + i) for i in range(READERS)]
        threads.append(self.thread(self.upkeep))
        draw = Draw(random.Random(self.seed), int(time.time() * 1000))
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and not self.wrong:
            time.sleep(min(2, seconds / 4))
            self.compare_all(draw, 25)
        self.gate.end()
        for thread in threads:
            thread.join(60)
            if thread.is_alive():
                self.wrong.append("a thread hangs")
        number = str(self.project.number)
        for step in (["verify"], ["reindex"], ["verify"]):
            print(f"muster {step[0]}: {self.stack.program('muster', *step, number).strip()}")
        self.compare_all(draw, 50)


def address(writer, number):
    return f"w{writer}-{number}@example.com"


def as_contact(row):
    """A contact of the API as the naive evaluator takes it."""
    return {"id": row["id"], "email": row["email"],
            "status": "subscribed" if row["subscribed"] else "unsubscribed",
            "createdAt": parse_date(row["createdAt"]), "updatedAt": parse_date(row["updatedAt"]),
            "subscribedAt": None, "data": row["data"], "events": {}, "sets": set()}


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--seconds", type=float, default=20)
    arguments.add_argument("--seed", type=int, default=None)
    arguments.add_argument("--stack", help="directory of a running stack with --worker manual")
    given = arguments.parse_args()
    seed = given.seed if given.seed is not None else random.SystemRandom().randrange(10**9)
    print(f"seed {seed}", flush=True)
    with stack(given.stack) as running:
        live = Live(running, seed)
        live.run(given.seconds)
    for line in live.wrong[:20]:
        print(line[:3000])
    print(", ".join(f"{count} {name}" for name, count in live.done.items()))
    passed = sum(live.done.values()) - len(live.wrong)
    print(f"{passed} passed, {len(live.wrong)} failed")
    return 1 if live.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
