#!/usr/bin/python3
"""kill -9 of worker, API processes and database while contacts move in and out of tracked segments
and two webhooks are told; some contacts are erased on the way, and files of events are imported.

    killtrack.py [--seconds 45] [--seed N] [--stack DIR]

At the end, after everything has been worked off: each feed is gapless and each contact alternates in
it; the stored membership is a fresh evaluation; for each webhook the deliveries are one to one with
the changes that it wants, and each was received, under one webhook-id, rightly signed; each imported file is there
whole, no row of it twice; and no address of an erased contact stands in any table.
"""
import argparse
import collections
import http.client
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
import traceback
import zlib

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "e2e"))

from lib.client import Client, query  # noqa: E402
from lib.crash import on_sound_database  # noqa: E402
from lib.draw import iso  # noqa: E402
from lib.feed import Feed  # noqa: E402
from lib.receiver import Receiver, close, reset, status  # noqa: E402
from lib.rows import read  # noqa: E402
from lib.stack import children_of  # noqa: E402

WRITERS = 3
CONTACTS = 25           # of each writer, at a time
LOST = object()         # the answer did not come, or says that nobody knows
DRAIN_SECONDS = 60
MINUTE = {"value": 0.04, "unit": "minutes"}  # edges are passed all the time


def leaf(field, operator, **more):
    return {"field": field, "operator": operator, **more}


def every(*filters):
    return {"logic": "AND", "groups": [{"filters": list(filters)}]}


class Echo(Receiver):
    """Says back what it was told, and whom it knows under that id, so that the stored replies hold
    addresses; the first sending of some messages fails in one way or another."""

    def __init__(self):
        super().__init__()
        self.seen, self.known = set(), {}

    def take(self, link, message):
        first = (message.path, message.id) not in self.seen
        self.seen.add((message.path, message.id))
        contact = json.loads(message.body)["data"]["contact"]
        if contact.get("email"):
            self.known[contact["id"]] = contact["email"]
        reply = self.known.get(contact["id"], "").encode() + b" " + message.body[:900]
        behaviour = status(200, reply)
        if first and zlib.crc32(message.id.encode()) % 10 == 0:
            behaviour = random.choice([status(500, reply), reset, close])
        self.behave(message.path, behaviour)
        super().take(link, message)


class Writer:
    """Moves contacts of its own. An address that was erased is never used again."""

    def __init__(self, kill, number):
        self.kill, self.number = kill, number
        self.chance = random.Random(f"{kill.seed} {number}")
        self.client, self.made = None, 0
        self.living = [self.address() for _ in range(CONTACTS)]
        self.erased, self.unsure = [], set()  # unsure: a lost write may have come after all

    def address(self):
        self.made += 1
        return f"w{self.number}.n{self.made}.{self.kill.seed}@erase.example"

    def request(self, method, path, body=None, headers=None):
        """The reply, or LOST."""
        if self.client is None:
            self.client = Client(self.kill.stack.url, self.kill.project.secret, timeout=30)
        try:
            reply = self.client.request(method, path, body, headers)
        except (OSError, http.client.HTTPException):
            self.client = None
            return LOST
        if reply.status >= 500 and reply.status not in (502, 503, 504):
            self.kill.wrong.append(f"{method} {path}: {reply!r}")
        return LOST if reply.status >= 500 else reply

    def write(self, path, body, emails):
        if self.request("POST", path, body) is LOST:
            self.unsure.update(emails)

    def step(self):
        what = self.chance.random()
        email = self.chance.choice(self.living)
        if what < 0.45:
            self.write("/contacts", {"email": email, "data": {
                "side": self.chance.choice(["in", "out"]), "echo": "me: " + email}}, [email])
        elif what < 0.75:
            emails = [self.chance.choice(self.living) for _ in range(self.chance.choice([1, 1, 6]))]
            self.write("/v1/track/batch", {"events": [
                {"email": email, "event": "visit",
                 "data": {"me": {"value": email, "persistent": False}}} for email in emails]}, emails)
        elif what < 0.85:
            self.request("POST", f"/segments/{self.chance.choice(self.kill.segments)}/compute")
        elif what < 0.9:
            self.erase(email)
        else:
            time.sleep(0.1)

    def erase(self, email):
        """For good: asks until somebody says that it is gone."""
        self.living[self.living.index(email)] = self.address()
        self.erased.append(email)
        for _ in range(200):
            found = self.request("POST", "/contacts/lookup", {"emails": [email]})
            if found is not LOST and found.json()["found"]:
                gone = self.request("DELETE", "/contacts/" + found.json()["found"][0]["id"])
                if gone is not LOST and gone.status in (204, 404):
                    return
            elif found is not LOST:
                return
            time.sleep(0.05)
        self.kill.wrong.append(f"{email} could not be erased")


class Importer(Writer):
    """Sends files of events, one after the other."""

    def __init__(self, kill, number):
        super().__init__(kill, number)
        self.sent = {}  # number of a file -> its job's id, or LOST: it may be there or not
        self.rows = {}  # and how many there are in it

    def step(self):
        number, now = len(self.sent) + 1, iso(int(time.time() * 1000))
        self.rows[number] = self.chance.choice([300, 1000, 7000])
        rows = [f"{self.chance.choice(self.living)},visit,{now},{number}"
                for _ in range(self.rows[number])]
        reply = self.request("POST", "/events/import",
                             "\n".join(["email,event,timestamp,file", *rows]).encode(),
                             {"Content-Type": "text/csv"})
        if reply is LOST:
            self.sent[number] = LOST
        elif reply.status == 202:
            self.sent[number] = reply.json()["jobId"]
        elif reply.status not in (409, 429):  # two are open
            self.kill.wrong.append(f"import: {reply!r}")
        time.sleep(0.3)

    def check(self):
        rows = self.kill.stack.sql(
            "SELECT JSON_VALUE(data, '$.file'), COUNT(*) FROM event WHERE project_id = "
            f"{self.kill.project.number} AND data LIKE '%\"file\"%' GROUP BY 1")
        stored = {int(number): int(count) for number, count in rows}
        for number, job in self.sent.items():
            count, size = stored.pop(number, 0), self.rows[number]
            if count != size and (job is not LOST or count):
                self.kill.wrong.append(f"import {number}: {count} of {size} rows")
            if job is not LOST:
                told = self.kill.client.want(200, "GET", f"/events/import/{job}")
                if (told["state"], told["created"]) != ("completed", size):
                    self.kill.wrong.append(f"import {number}: {told}")
        if stored:
            self.kill.wrong.append(f"imported out of nowhere: {stored}")

    def erase_some(self):
        """Now that no file waits that would bring them back."""
        for email in self.living[:5]:
            self.erase(email)


class KillTrack:
    def __init__(self, running, receiver, seed):
        self.stack, self.receiver, self.seed = running, receiver, seed
        self.chance, self.wrong = random.Random(seed), []
        self.project = running.project("killtrack")
        self.client = self.project.client(timeout=120)
        self.kills = collections.Counter()
        self.workers, self.ending = [], threading.Event()
        self.segments, self.conditions, self.slugs = [], {}, {}
        visit = leaf("event.visit", "triggeredWithin", **MINUTE)
        inside = self.segment("Inside", every(leaf("data.side", "equals", value="in")))
        here = self.segment("Here", every(visit))
        self.segment("Both", every(leaf("segment." + inside, "memberOfSegment"),
                                   leaf("segment." + here, "notMemberOfSegment")))
        self.segment("Entered", every(leaf("event.segment.inside.entry", "triggered"),
                                      leaf("event.segment.here.exit", "notTriggeredWithin",
                                           **MINUTE)))
        self.hooks = {"/all": self.hook("/all", ["segment.*"]),
                      "/some": self.hook("/some", ["segment.*.entry", "contact.*"])}
        self.importer = Importer(self, WRITERS)
        self.writers = [*(Writer(self, i) for i in range(WRITERS)), self.importer]
        self.steps = self.told = 0

    def segment(self, name, condition):
        made = self.client.want(201, "POST", "/segments", {
            "name": name, "condition": condition, "trackMembership": True})
        self.segments.append(made["id"])
        self.conditions[made["id"]] = condition
        self.slugs[made["id"]] = made["slug"]
        return made["id"]

    def hook(self, path, events):
        made = self.client.want(201, "POST", "/webhooks",
                                {"url": self.receiver.url(path), "events": events})
        self.receiver.secrets[path] = [made["secret"]]
        return made["id"]

    # --- what happens ---

    def write(self, writer):
        while not self.ending.is_set():
            try:
                writer.step()
                self.steps += 1
            except Exception:  # told at the end
                self.wrong.append(traceback.format_exc())

    def environment(self):
        return {**os.environ, **self.stack.env, "MUSTER_WEBHOOK_ALLOW": "http://127.0.0.0/8",
                "MUSTER_LEASE_SECONDS": "5"}

    def start_worker(self):
        log = os.path.join(self.stack.directory, "log", "killtrack-worker.log")
        with open(log, "ab") as file:
            self.workers.append(subprocess.Popen(
                [os.path.join(self.stack.env["MUSTER_BIN"], "muster-worker"), "all", "--loop",
                 "1"], env=self.environment(), stdout=file, stderr=file))

    def kill_something(self):
        victim = self.chance.choice(["api", "bulk", "worker", "worker", "job", "job", "job",
                                     "mariadbd"])
        self.kills[victim] += 1
        if victim == "worker":
            worker = self.workers.pop(self.chance.randrange(len(self.workers)))
            worker.kill()
            worker.wait()
            self.start_worker()
        elif victim == "job":  # a child: the class is started again by its parent
            children = [pid for w in self.workers for pid in children_of(w.pid)]
            if children:
                signal_softly(self.chance.choice(children))
        else:
            name = self.chance.choice([n for n in self.stack.names() if n.startswith(victim)])
            self.stack.kill(name)
            time.sleep(self.chance.random() * 0.3)
            self.stack.restart(name)

    def run(self, seconds):
        threads = [threading.Thread(target=self.write, args=(w,), daemon=True)
                   for w in self.writers]
        for _ in range(2):
            self.start_worker()
        try:
            for thread in threads:
                thread.start()
            deadline = time.monotonic() + seconds
            while time.monotonic() < deadline and len(self.wrong) < 20:
                time.sleep(0.1 + self.chance.random() * 0.9)
                self.kill_something()
            self.stack.wait_healthy()
            self.ending.set()
            for thread in threads:
                thread.join(60)
        finally:
            self.ending.set()
            for worker in self.workers:
                worker.terminate()
            for worker in self.workers:
                worker.wait(60)
        self.finish()

    # --- afterwards ---

    def work(self):
        done = subprocess.run([os.path.join(self.stack.env["MUSTER_BIN"], "muster-worker"), "all",
                               "--now"], env=self.environment(), capture_output=True, text=True,
                              timeout=120)
        if done.returncode != 0:
            raise RuntimeError(f"the worker ended with {done.returncode}\n{done.stderr[-3000:]}")

    def deliveries(self, hook):
        """All of a webhook's deliveries, by the API."""
        told, cursor = [], None
        while True:
            answer = self.client.want(200, "GET", query(f"/webhooks/{hook}/deliveries", limit=100,
                                                        cursor=cursor))
            told += answer["data"]
            cursor = answer.get("cursor")
            if cursor is None:
                return told

    def finish(self):
        """Works everything off: leases of the killed run out, what failed is sent again."""
        deadline = time.monotonic() + DRAIN_SECONDS
        self.client = self.project.client(timeout=120)  # the old connection has been idle for long
        time.sleep(2.5)  # the last window
        mine = f"project_id = {self.project.number}"
        # Uploads whose process was killed wait until nobody can be at them any more.
        self.stack.sql(f"UPDATE import_job SET lease_until_ms = 1 WHERE {mine} AND state = 1")
        while open_jobs := self.stack.sql("SELECT state, row_count, tries FROM import_job "
                                          f"WHERE {mine} AND finished_ms IS NULL"):
            self.work()
            if time.monotonic() > deadline:
                raise AssertionError(f"imports that do not end: {open_jobs}")
            time.sleep(0.5)
        self.importer.check()
        self.importer.erase_some()
        # The first round tells of exits from Here; a window later these let contacts enter Entered.
        for _ in range(2):
            self.drain(deadline)
            time.sleep(2.5)
        self.drain(deadline)

    def drain(self, deadline):
        """Works until every delivery is done."""
        while True:
            self.work()
            left = [(hook, d) for hook in self.hooks.values() for d in self.deliveries(hook)
                    if d["state"] != "delivered"]
            if not left:
                return
            if time.monotonic() > deadline:
                self.wrong.append(f"{len(left)} deliveries are not done: {left[:2]}")
                return
            for hook, delivery in left:
                if delivery["state"] in ("failed", "dead"):
                    self.client.request("POST", f"/webhooks/{hook}/deliveries/{delivery['id']}/retry")
            time.sleep(0.5)

    def check(self):
        world = read(self.stack, self.project.number)
        self.wrong += world.broken_rollups
        feeds = {segment: Feed(segment) for segment in self.segments}
        for segment, feed in feeds.items():
            feed.read(self.client)
            self.wrong += feed.wrong
            world.segments = {i: {"type": "DYNAMIC", "condition": c}
                              for i, c in self.conditions.items()}
            fresh = world.members(self.conditions[segment], world.now)
            if fresh != feed.members:
                self.wrong.append(f"{self.slugs[segment]}: missing {sorted(fresh - feed.members)[:3]},"
                                  f" extra {sorted(feed.members - fresh)[:3]}")
            page = self.client.want(200, "GET", f"/segments/{segment}/contacts?pageSize=1")
            if page["total"] != len(feed.members):
                self.wrong.append(f"{self.slugs[segment]}: {page['total']} live")
        self.check_history()
        told = 0
        for path, hook in self.hooks.items():
            told += self.check_hook(path, hook, feeds)
        self.check_contact_events(world)
        self.check_erased(world)
        return told

    def check_history(self):
        """The hours of a segment add up to what its runs told, and so does the last count."""
        for row in self.stack.sql(
                "SELECT s.segment_id, s.entries, s.exits, SUM(h.entries), SUM(h.exits), "
                "SUBSTRING_INDEX(GROUP_CONCAT(h.count ORDER BY h.at_ms DESC), ',', 1) FROM segment_state s "
                "JOIN segment_history h USING (project_id, segment_id) "
                f"WHERE project_id = {self.project.number} GROUP BY s.segment_id, s.entries, s.exits"):
            segment, entries, exits, entered, left, count = (int(cell or 0) for cell in row)
            if (entries, exits, entries - exits) != (entered, left, count):
                self.wrong.append(f"history of {segment}: {entered} entered, {left} left, now {count}; "
                                  f"told {entries} and {exits}")

    def check_hook(self, path, hook, feeds):
        """One to one: changes, deliveries, what was received."""
        wanted = {(segment, c["sequence"]): (c["type"], c["contactId"]) for segment, feed in
                  feeds.items() for c in feed.changes if path == "/all" or c["type"] == "entry"}
        received, bodies = collections.defaultdict(set), {}
        for message in self.receiver.at(path):
            body = json.loads(message.body)
            bodies.setdefault(message.id, body)
            if same_event(bodies[message.id]) != same_event(body):
                self.wrong.append(f"{path}: {message.id} has two bodies: {bodies[message.id]} {body}")
            if not body["type"].startswith("segment."):
                continue
            data = body["data"]
            key = (data["segment"]["id"], data["sequence"])
            received[key].add(message.id)
            kind = body["type"].rpartition(".")[2]
            if wanted.get(key) != (kind, data["contact"]["id"]):
                self.wrong.append(f"{path}: told {body}, the feed says {wanted.get(key)}")
        for key, ids in received.items():
            if len(ids) != 1:
                self.wrong.append(f"{path}: {key} has {len(ids)} webhook-ids")
        if set(received) != set(wanted):
            self.wrong.append(f"{path}: never received {sorted(set(wanted) - set(received))[:5]}, "
                              f"out of nowhere {sorted(set(received) - set(wanted))[:5]}")
        stored = [d for d in self.deliveries(hook) if d["type"].startswith("segment.")]
        if len(stored) != len(wanted):
            self.wrong.append(f"{path}: {len(stored)} deliveries of {len(wanted)} changes")
        return len(wanted)

    def check_contact_events(self, world):
        """Everybody was created once, whoever is gone was deleted once, and never after that."""
        happened = collections.defaultdict(lambda: collections.defaultdict(set))
        for message in self.receiver.at("/some"):
            body = json.loads(message.body)
            if body["type"].startswith("contact."):
                happened[body["data"]["contact"]["id"]][body["type"][8:]].add(message.id)
        living = {c["id"] for c in world.contacts}
        for contact in living | set(happened):
            made, gone = (len(happened[contact][kind]) for kind in ("created", "deleted"))
            if (made, gone) != (1, contact not in living):
                self.wrong.append(f"{contact}: created {made} times and deleted {gone} times by its "
                                  f"messages; {'there' if contact in living else 'not there'}")

    def check_erased(self, world):
        """Every table as text, searched for every address that is gone."""
        dump = subprocess.run(
            ["mariadb-dump", "--no-defaults", "--skip-extended-insert", "--compact",
             "--single-transaction", "--socket", self.stack.env["MUSTER_DB_SOCKET"], "--user",
             self.stack.env["MUSTER_DB_USER"], self.stack.env["MUSTER_DB_NAME"]],
            capture_output=True, timeout=300)
        if dump.returncode != 0 or b"INSERT INTO `transition`" not in dump.stdout:
            raise RuntimeError(f"mariadb-dump: {dump.stderr[-500:]}")
        there = {c["email"] for c in world.contacts}
        gone = {email.encode() for writer in self.writers for email in writer.erased
                if email not in there & writer.unsure}
        mark = f"{self.seed}@erase.example".encode()
        found = collections.Counter()
        for line in dump.stdout.split(b"\n"):
            if mark not in line:
                continue
            for email in gone:
                if email in line:
                    table = line.split(b"`")[1].decode()
                    found[table] += 1
                    if found[table] <= 2:
                        self.wrong.append(f"{email.decode()} was erased and stands in {table}")
        if len(gone) < 5 or mark not in dump.stdout:
            self.wrong.append(f"only {len(gone)} were erased: nothing was tried")


def same_event(body):
    """What a repeated sending may not change: the contact's own data go when it is erased."""
    data = {**body["data"], "contact": body["data"]["contact"]["id"]}
    data.pop("changed", None)
    return body["type"], body["timestamp"], data


def signal_softly(pid):
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--seconds", type=float, default=45)
    arguments.add_argument("--seed", type=int, default=None)
    arguments.add_argument("--stack", help="directory of a running stack with --worker manual")
    given = arguments.parse_args()
    seed = given.seed if given.seed is not None else random.SystemRandom().randrange(10**9)
    print(f"seed {seed}", flush=True)

    def attempt(running):
        with Echo() as receiver:
            kill = KillTrack(running, receiver, seed)
            try:
                kill.run(given.seconds)
                kill.told = kill.check()
            except Exception:  # what was found before is told too
                kill.wrong.append(traceback.format_exc())
            kill.wrong += [f"not rightly signed: {message}" for message in receiver.wrong[:5]]
        if kill.wrong:
            print(running.log_tail(10)[-4000:])
        return kill

    kill = on_sound_database(given.stack, attempt)
    for line in kill.wrong[:20]:
        print(line[:1500])
    sent = sum(len(kill.receiver.at(path)) for path in kill.hooks)
    print(f"{kill.steps} steps, kills {dict(kill.kills)}, {kill.told} changes told in {sent} sendings, "
          f"{sum(len(w.erased) for w in kill.writers)} erased, {len(kill.importer.sent)} imports")
    print(f"{kill.told - min(kill.told, len(kill.wrong))} passed, {len(kill.wrong)} failed")
    return 1 if kill.wrong or not kill.told else 0


if __name__ == "__main__":
    sys.exit(main())
