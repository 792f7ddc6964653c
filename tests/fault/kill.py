#!/usr/bin/python3
"""kill -9 at random moments under load: what was acknowledged is there, nothing happened twice.

    kill.py [--rounds 12] [--seed N] [--victim api|bulk|mariadbd|worker] [--stack DIR]

Each round kills an API process, the database, or a worker in the middle of fold, merge or reindex,
starts it again, and then looks: every acknowledged write is in the rows; a write whose answer was
lost is there whole or not at all; an Idempotency-Key had one effect; the rollups say what the log
says; the columns are what the rows give (`muster verify`, and whole answers against the naive
evaluator).
"""
import argparse
import http.client
import os
import random
import signal
import subprocess
import sys
import threading
import time
import traceback

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "e2e"))

from lib.ask import differs  # noqa: E402
from lib.client import Client  # noqa: E402
from lib.crash import on_sound_database  # noqa: E402
from lib.draw import Draw, iso  # noqa: E402
from lib.gate import Gate  # noqa: E402
from lib.rows import read  # noqa: E402

WRITERS = 4
CONTACTS = 15          # of each writer
VICTIMS = ["api", "api", "mariadbd", "mariadbd", "worker", "worker", "bulk"]
LOST = object()        # the answer did not come, or says that nobody knows


class Writer:
    """Writes to contacts of its own and keeps a log of what was acknowledged.

    state: address -> the values of data.v that it may have now; None stands for "not there".
    events: (address, name) -> [acknowledged, possible]; keys: Idempotency-Key -> (address, name).
    """

    def __init__(self, kill, number, seed):
        self.kill, self.number, self.chance = kill, number, random.Random(seed)
        self.client = None
        self.state = {self.address(i): {None} for i in range(CONTACTS)}
        self.members = {self.address(i): {False} for i in range(CONTACTS)}
        self.events, self.keys = {}, {}
        self.value = 0

    def address(self, i):
        return f"w{self.number}-{i}@example.com"

    def request(self, method, path, body, headers=None):
        """The reply, or LOST."""
        if self.client is None:
            self.client = Client(self.kill.stack.url, self.kill.project.secret, timeout=30)
        try:
            reply = self.client.request(method, path, body, headers)
        except (OSError, http.client.HTTPException):
            self.client = None
            return LOST
        if reply.status in (502, 503, 504):
            return LOST
        if reply.status >= 500:
            self.kill.wrong.append(f"{method} {path}: {reply!r}")
            return LOST
        return reply

    def step(self):
        self.chance.choice([self.put, self.put, self.track, self.track, self.track_once,
                            self.track_once, self.delete, self.member])()

    def put(self):
        email = self.pick()
        self.value += 1
        reply = self.request("POST", "/contacts", {"email": email, "data": {"v": self.value}})
        if reply is LOST:
            self.state[email].add(self.value)
            return
        created = reply.status == 201
        if created and None not in self.state[email]:
            self.kill.wrong.append(f"{email} had been acknowledged and was created anew")
        if created:
            self.forget(email)
        self.state[email] = {self.value}

    def pick(self):
        return self.address(self.chance.randrange(CONTACTS))

    def forget(self, email):
        """The contact was not there: nothing of it is."""
        self.members[email] = {False}
        for key in [k for k in self.events if k[0] == email]:
            del self.events[key]
        self.keys = {k: v for k, v in self.keys.items() if v[0] != email}

    def track(self):
        """One transaction for the whole batch."""
        count, names = self.chance.choice([1, 1, 7]), ["visit", "purchase"]
        events = [(self.pick(), self.chance.choice(names)) for _ in range(count)]
        reply = self.request("POST", "/v1/track/batch", {"events": [
            {"email": email, "event": name} for email, name in events]})
        self.tracked(events, reply is not LOST)

    def tracked(self, events, certain):
        for email, name in events:
            known = self.events.setdefault((email, name), [0, 0])
            known[1] += 1
            if certain:
                known[0] += 1
            if None in self.state[email]:  # the track may have made the contact, with no data
                self.state[email] = (self.state[email] - {None}) | {"none"} | (
                    set() if certain else {None})

    def track_once(self):
        """Asks with one key until somebody knows."""
        email = self.pick()
        self.value += 1
        key = f"k-{self.number}-{self.value}"
        body = {"email": email, "event": "once", "data": {"key": {"value": key,
                                                                 "persistent": False}}}
        for _ in range(400):
            reply = self.request("POST", "/v1/track", body, {"Idempotency-Key": key})
            if reply is LOST:
                time.sleep(0.05)
                continue
            if reply.status == 409 and reply.json()["error"]["details"]["originalStatusCode"] \
                    is None:
                time.sleep(0.05)
                continue
            if reply.status not in (200, 409):
                self.kill.wrong.append(f"track with a key: {reply!r}")
            self.tracked([(email, "once")], True)
            self.keys[key] = (email, "once")
            return
        self.kill.wrong.append(f"{key}: no answer in 400 attempts")

    def delete(self):
        email = self.pick()
        reply = self.request("POST", "/contacts/lookup", {"emails": [email]})
        if reply is LOST:
            return
        found = reply.json()["found"]
        if not found:
            if None not in self.state[email]:
                self.kill.wrong.append(f"{email} was acknowledged and is not found")
            return
        reply = self.request("DELETE", "/contacts/" + found[0]["id"], None)
        if reply is LOST:
            self.state[email].add(None)
            self.members[email].add(False)
            for key, known in self.events.items():
                if key[0] == email:
                    known[0] = 0
            # What had one effect may have none now.
            self.keys = {k: v for k, v in self.keys.items() if v[0] != email}
            return
        self.state[email] = {None}
        self.forget(email)

    def member(self):
        email = self.pick()
        add = self.chance.random() < 0.6
        reply = self.request("POST" if add else "DELETE",
                             f"/segments/{self.kill.static}/members", {"emails": [email]})
        if reply is LOST:
            self.members[email].add(add)
        elif not add:
            self.members[email] = {False}
        elif reply.json()["added"]:
            self.members[email] = {True}

    def check(self, stored):
        """Lines where the rows are not what was acknowledged."""
        wrong = []
        for email, possible in self.state.items():
            contact = stored.get(email)
            value = contact and (contact["data"] or {}).get("v", "none")
            if value not in possible:
                wrong.append(f"{email}: v is {value}, may be {possible}")
            elif contact is None:
                self.forget(email)
            self.state[email] = {value}
            inside = bool(contact) and self.kill.static in contact["sets"]
            if inside not in self.members[email]:
                wrong.append(f"{email}: member {inside}, may be {self.members[email]}")
            self.members[email] = {inside}
        for (email, name), (least, most) in self.events.items():
            times = len(stored[email]["events"].get(name, [])) if email in stored else 0
            if not least <= times <= most:
                wrong.append(f"{email} {name}: {times} events, not {least} to {most}")
            self.events[email, name] = [times, times]
        return wrong


class Kill:
    def __init__(self, running, seed, victims):
        self.stack, self.seed, self.wrong, self.checks = running, seed, [], 0
        self.victims = victims
        self.chance = random.Random(seed)
        self.project = running.project("kill")
        self.static = self.project.client().want(
            201, "POST", "/segments", {"name": "static", "type": "STATIC"})["id"]
        self.gate = Gate()
        self.writers = [Writer(self, i, seed + i) for i in range(WRITERS)]
        self.written = 0

    def loop(self, writer):
        while self.gate.enter():
            try:
                writer.step()
                self.written += 1
            except Exception:  # told at the end
                self.wrong.append(traceback.format_exc())
            finally:
                self.gate.leave()

    def round(self, number):
        victim = self.chance.choice(self.victims)
        time.sleep(self.chance.random() * 0.6)
        if victim == "worker":
            what = self.kill_worker()
        else:
            what = victim if victim == "mariadbd" else self.chance.choice(
                [n for n in self.stack.names() if n.startswith(victim)])
            name = what
            if self.chance.random() < 0.5:  # with upkeep under way as well
                what += " during " + self.kill_worker(lambda: self.stack.kill(name))
            else:
                self.stack.kill(name)
            self.stack.restart(name)
        self.stack.wait_healthy()
        time.sleep(self.chance.random() * 0.3)
        self.gate.close()
        try:
            self.check(f"round {number}, {what}")
        finally:
            self.gate.reopen()

    def kill_worker(self, kill=None):
        """A job of the worker; it, or something else, is killed at a random moment."""
        job = self.chance.choice([["muster-worker", "fold", "--now"],
                                  ["muster-worker", "merge", "--now"],
                                  ["muster", "reindex", str(self.project.number)]])
        process = subprocess.Popen(
            [os.path.join(self.stack.env["MUSTER_BIN"], job[0]), *job[1:]],
            env={**os.environ, **self.stack.env},
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(self.chance.random() * 0.06)
        if kill:
            kill()
        elif process.poll() is None:
            process.send_signal(signal.SIGKILL)
        process.wait(60)
        return " ".join(job[:2]) + (" (had ended)" if process.returncode == 0 else "")

    def check(self, when):
        number = self.project.number
        world = read(self.stack, number)
        wrong = list(world.broken_rollups)
        stored = {c["email"]: c for c in world.contacts}
        for writer in self.writers:
            wrong += writer.check(stored)
        keys = [key for writer in self.writers for key in writer.keys]
        times = self.effects()
        wrong += [f"{key}: {times.get(key, 0)} effects" for key in keys if times.get(key, 0) != 1]
        wrong += [f"{key}: {n} effects" for key, n in times.items() if n > 1]
        draw, client = Draw(self.chance, int(time.time() * 1000)), self.project.client()
        at = int(time.time() * 1000) + 3_600_000
        emails = [c["email"] for c in world.contacts] or ["a@example.com"]
        for _ in range(12):
            found = differs(client, world, self.tree(draw, emails), at)
            wrong += [found] if found else []
        try:
            self.stack.program("muster", "verify", str(number))
        except RuntimeError as failure:
            wrong.append(str(failure))
        self.checks += 1
        self.wrong += [f"{when}: {line}" for line in wrong]
        if wrong:
            print(f"{when}: {len(wrong)} wrong", flush=True)

    def tree(self, draw, emails):
        tree = draw.tree(emails, [self.static])
        leaf = {"field": "data.v", "operator": "greaterThan", "value": draw.random.randint(0, 300)}
        visited = {"field": "event." + draw.pick(["visit", "once", "purchase"]),
                   "operator": "triggeredWithin", **draw.window()}
        return {"logic": draw.pick(["AND", "OR"]), "groups": [
            {"filters": [leaf]}, {"filters": [visited]}, {"conditions": tree}]}

    def effects(self):
        """Idempotency-Key -> events that it made."""
        rows = self.stack.sql(
            "SELECT JSON_UNQUOTE(JSON_EXTRACT(data, '$.key')), COUNT(*) FROM event "
            f"WHERE project_id = {self.project.number} AND data LIKE '%\"k-%' GROUP BY 1")
        return {key: int(count) for key, count in rows}

    def run(self, rounds):
        threads = [threading.Thread(target=self.loop, args=(w,), daemon=True)
                   for w in self.writers]
        for thread in threads:
            thread.start()
        try:
            for number in range(rounds):
                self.round(number)
                if len(self.wrong) > 50:
                    break
        finally:
            self.gate.end()
            for thread in threads:
                thread.join(60)
        self.check("at the end")


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--rounds", type=int, default=12)
    arguments.add_argument("--seed", type=int, default=None)
    arguments.add_argument("--victim", action="append", choices=sorted(set(VICTIMS)))
    arguments.add_argument("--stack", help="directory of a running stack with --worker manual")
    given = arguments.parse_args()
    seed = given.seed if given.seed is not None else random.SystemRandom().randrange(10**9)
    print(f"seed {seed}", flush=True)

    def attempt(running):
        kill = Kill(running, seed, given.victim or VICTIMS)
        try:
            kill.run(given.rounds)
        except Exception:  # what was found before is told too
            kill.wrong.append(traceback.format_exc())
        if kill.wrong:
            print(running.log_tail(15)[-4000:])
        return kill

    kill = on_sound_database(given.stack, attempt)
    for line in kill.wrong[:20]:
        print(line[:2000])
    print(f"{kill.written} writes, {kill.checks} checks, last at {iso(int(time.time() * 1000))}")
    print(f"{kill.checks - bool(kill.wrong)} passed, {len(kill.wrong)} failed")
    return 1 if kill.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
