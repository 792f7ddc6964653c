#!/usr/bin/python3
"""kill -9 of the worker again and again while campaigns are resolved, workflows and sequences run, and senders claim,
report, and now and then forget.

    killflow.py [--seconds 15] [--seed N] [--stack DIR]

At the end, after everything has been worked off: each campaign has one message for each of its recipients, each
contact one execution of each flow with every step once, two mails and no third; no message was handed out twice in
a lease or after its campaign was cancelled; who was called twice has it in his log; columns are what rows say.
"""
import argparse
import collections
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
import traceback

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "e2e"))

from lib.flowsite import HOUR, FlowSite, every, in_seconds, leaf, on  # noqa: E402
from lib.receiver import Receiver  # noqa: E402
from lib.stack import stack  # noqa: E402

CONTACTS = 5000
BATCH = 150            # that are put into a flow at a time
LEASE = 2              # of senders
WORKERS = 2
LATER = 2 * HOUR       # the clock of the second half
DRAIN_SECONDS = 30
SOURCE = {"workflow": 2, "sequence": 3, "campaign": 4}
DROPPED = 4            # states of sql/0015-messages.sql
STEPS = ["first", "stage", "rest", "staged?", "call", "second", "out"]


class KillFlow:
    def __init__(self, running, receiver, seed):
        self.seed, self.chance, self.wrong, self.receiver = seed, random.Random(seed), [], receiver
        self.site = FlowSite(running, "killflow")
        self.site.contacts(CONTACTS)
        self.kills, self.ahead, self.ending = 0, 0, threading.Event()
        self.campaigns, self.cancelled, self.entered, self.listed = {}, {}, [], []
        self.lock, self.claims, self.campaign_of, self.reported = threading.Lock(), {}, {}, set()
        self.order = list(range(CONTACTS))
        self.chance.shuffle(self.order)
        self.numbers, self.twice, self.forgotten = {}, 0, 0
        self.make_flows()

    def make_flows(self):
        site = self.site
        template = site.template("Mail of {{n}}")
        self.workflow, self.ids = site.workflow(on("go"), {
            "first": ("SEND_EMAIL", {"templateId": template}), "stage": ("UPDATE_CONTACT", {"data": {"stage": 1}}),
            "rest": ("DELAY", {"amount": 1, "unit": "hours"}),
            "staged?": ("CONDITION", {"filter": every(leaf("data.stage", "equals", 1))}),
            "call": ("WEBHOOK", {"url": self.receiver.url("/call")}),
            "second": ("SEND_EMAIL", {"templateId": template}), "out": ("EXIT", {}), "lost": ("EXIT", {"reason": "lost"})}, [
                "trigger first", "first stage", "stage rest", "rest staged?", "staged? call yes", "staged? lost no",
                "call second", "second out"])
        site.segment("Staged", every(leaf("data.stage", "equals", 1)), tracked=True)
        self.chained, _ = site.chain(on("segment.staged.entry"), ("SEND_EMAIL", {"templateId": template}))
        number = site.pm("POST", "/lists", {"siteId": 1, "name": "news"})["id"]
        self.list_path = f"/lists/{number}/contacts"
        mail = site.pm_template("Of the sequence")
        self.sequence = site.sequence({"type": "email", "templateId": mail}, {"type": "delay", "hours": 1},
                                      {"type": "email", "templateId": mail}, trigger="list_add", config={"listId": number})
        rows = site.stack.sql(f"SELECT email, ordinal FROM contact WHERE project_id = {site.project.number}")
        self.numbers = {email: int(ordinal) for email, ordinal in rows}

    # --- what happens ---

    def until_the_end(self, work, pause):
        client = self.site.project.client(timeout=60)
        chance = random.Random(f"{self.seed} {work.__name__} {threading.get_ident()}")
        while not self.ending.is_set():
            try:
                work(client, chance)
            except Exception:  # told at the end
                self.wrong.append(traceback.format_exc())
                return
            time.sleep(chance.random() * pause)

    def enter(self, client, _chance):
        """Some more enter the workflow by an event, and others the sequence by the list."""
        emails = [f"p{n}@example.com" for n in self.order[len(self.entered):][:BATCH]]
        if not emails:
            return
        client.want(200, "POST", "/v1/track/batch", {"events": [{"email": e, "event": "go"} for e in emails]})
        self.entered += emails
        others = [f"p{n}@example.com" for n in reversed(self.order)][len(self.listed):][:BATCH // 3]
        client.want(200, "POST", "/api/v1" + self.list_path,
                    {"contactIds": [self.numbers[e] + 1 for e in others]})
        self.listed += others

    def campaign(self, client, chance):
        """A campaign to those below a number; some are cancelled a moment later."""
        limit = chance.choice([10, 900, 2500, CONTACTS])
        made = client.want(201, "POST", "/campaigns", {
            "name": "c", "subject": "s", "body": "b", "from": "a@x.example", "audienceType": "FILTERED",
            "audienceCondition": every(leaf("data.n", "lessThan", limit))})["data"]["id"]
        client.want(200, "POST", f"/campaigns/{made}/send",
                    {"scheduledFor": in_seconds(0.7)} if chance.random() < 0.3 else {})
        self.campaigns[made] = limit
        if chance.random() < 0.3:
            time.sleep(chance.random() * 0.8)
            reply = client.request("POST", f"/campaigns/{made}/cancel")
            if reply.status == 200:
                self.cancelled[made] = time.monotonic()
            elif reply.status != 400:
                self.wrong.append(f"cancel: {reply!r}")

    def send(self, client, chance):
        """A sender, who forgets some of what it claimed, and reports the rest."""
        asked = time.monotonic()
        got = client.want(200, "POST", "/v1/outbox/claim", {"limit": 1000 if self.ending.is_set() else chance.choice([20, 300, 1000]),
                                                            "leaseSeconds": LEASE})["messages"]
        with self.lock:
            for message in got:
                before = self.claims.setdefault(message["id"], [])
                self.campaign_of[message["id"]] = message.get("campaignId")
                if before and time.monotonic() - before[-1] < LEASE:
                    self.wrong.append(f"{message['id']} was handed out {time.monotonic() - before[-1]:.2f} s after it was")
                before.append(asked)
                if message["id"] in self.reported:
                    self.wrong.append(f"{message['id']} was handed out after its report")
                if self.cancelled.get(message.get("campaignId"), asked) < asked:
                    self.wrong.append(f"{message['id']} of a cancelled campaign was handed out")
        kept = got if self.ending.is_set() else [m for m in got if chance.random() > 0.1]
        events = [{"email": m["to"], "type": "sent", "emailId": m["id"], "timestamp": in_seconds(0)} for m in kept]
        if events:
            told = client.want(200, "POST", "/v1/email-events", {"events": events})["data"]
            if told["accepted"] != len(events):
                self.wrong.append(f"{told['accepted']} of {len(events)} reports: {told['errors'][:2]}")
            with self.lock:
                self.reported.update(m["id"] for m in kept)
        return len(got)

    def kill_workers(self):
        """One place of workers: each is started, and most are killed on the way."""
        chance = random.Random(f"{self.seed} {threading.get_ident()}")
        while not self.ending.is_set():
            worker = self.site.start("all", ahead=self.ahead, MUSTER_LEASE_SECONDS="1")
            try:
                told = worker.communicate(timeout=chance.choice([0.05, 0.15, 0.3, 0.6, 1.5]) * (0.5 + chance.random()))[1]
                if worker.returncode != 0:
                    self.wrong.append(f"a worker failed: {told[-600:]}")
                    time.sleep(0.2)
            except subprocess.TimeoutExpired:
                os.killpg(worker.pid, signal.SIGKILL)
                worker.communicate()
                self.kills += 1

    def run(self, seconds):
        jobs = [(self.enter, 0.6), (self.campaign, 1.5), (self.send, 0.3), (self.send, 0.3)]
        threads = [threading.Thread(target=self.until_the_end, args=job, daemon=True) for job in jobs]
        threads += [threading.Thread(target=self.kill_workers, daemon=True) for _ in range(WORKERS)]
        for thread in threads:
            thread.start()
        time.sleep(seconds * 0.6)
        self.ahead = LATER
        time.sleep(seconds * 0.4)
        self.ending.set()
        for thread in threads:
            thread.join(60)
        self.drain()

    def drain(self):
        """Works everything off; whoever started late comes to his end."""
        client, deadline = self.site.project.client(timeout=60), time.monotonic() + DRAIN_SECONDS
        ahead, quiet = LATER, 0
        while quiet < 2:
            if time.monotonic() > deadline:
                self.wrong.append("it does not come to an end")
                return
            self.site.work(ahead)
            while self.send(client, self.chance):
                quiet = 0
            quiet = 0 if self.open() else quiet + 1
            time.sleep(0.3)
            ahead += 1800

    def open(self):
        """Messages that wait and executions that are under way."""
        mine = f"project_id = {self.site.project.number}"
        return sum(int(row[0]) for row in self.site.stack.sql(
            f"SELECT COUNT(*) FROM message WHERE {mine} AND due_ms IS NOT NULL; "
            f"SELECT COUNT(*) FROM execution_due WHERE {mine}; SELECT COUNT(*) FROM campaign_send WHERE {mine}"))

    # --- afterwards ---

    def check(self):
        rows = self.site.stored()
        total = self.check_campaigns(rows)
        total += self.check_workflow(rows) + self.check_chained() + self.check_sequence(rows)
        # What a sender forgot before its campaign was cancelled stays without a report.
        unsaid = [i for i in self.claims if i not in self.reported]
        self.forgotten = len(unsaid)
        left = [i for i in unsaid if self.campaign_of[i] not in self.cancelled]
        if left:
            self.wrong.append(f"{len(left)} messages were never reported: {left[:3]}")
        self.site.stack.program("muster-worker", "fold", "--now")
        self.site.stack.program("muster", "verify", str(self.site.project.number))
        return total

    def check_campaigns(self, rows):
        told, total, page = {}, 0, 1
        while len(told) < len(self.campaigns):
            answer = self.site.client.want(200, "GET", f"/campaigns?page={page}&pageSize=100")
            told.update((c["id"], c) for c in answer["data"])
            page += 1
            if not answer["data"]:
                break
        numbers = {uuid: int(n) for n, uuid in self.site.stack.sql(
            "SELECT campaign_id, LOWER(CONCAT_WS('-', SUBSTR(HEX(uuid), 1, 8), SUBSTR(HEX(uuid), 9, 4), SUBSTR(HEX(uuid), "
            "13, 4), SUBSTR(HEX(uuid), 17, 4), SUBSTR(HEX(uuid), 21))) FROM campaign "
            f"WHERE project_id = {self.site.project.number}")}
        for uuid, limit in self.campaigns.items():
            mine = rows.get((SOURCE["campaign"], numbers[uuid]), [])
            one = told[uuid]
            ordinals, sent = {row[2] for row in mine}, sum(row[3] != DROPPED for row in mine)
            wanted = {self.numbers[f"p{n}@example.com"] for n in range(limit)}
            stray = len(ordinals - wanted) or len(mine) != len(ordinals)
            if uuid in self.cancelled:
                good = one["status"] == "CANCELLED" and not stray
            else:
                good = (one["status"] == "SENT" and ordinals == wanted and not stray
                        and one["totalRecipients"] == limit and one["sentCount"] == limit == sent)
            total += len(mine)
            if not good:
                self.wrong.append(f"campaign to {limit}: {len(mine)} messages to {len(ordinals)} contacts, "
                                  f"{sent} sent: {json.dumps(one)}")
        return total

    def check_workflow(self, rows):
        """Each who entered has one execution: every step once, two mails, one call or a word about it."""
        names = {uuid: key for key, uuid in self.ids.items()}
        found = self.executions(self.workflow)
        logs, doubted = collections.defaultdict(list), set()
        for execution, step, problem in self.site.stack.sql(
                "SELECT execution_id, step, problem FROM execution_step WHERE project_id = "
                f"{self.site.project.number} ORDER BY execution_id, number"):
            logs[int(execution)].append(names.get(step))
            if problem and "more than once" in problem:
                doubted.add(int(execution))
        for execution, ordinal, status in found:
            log = [s for s in logs[execution] if s != "trigger"]
            if log != STEPS or status != "4":
                self.wrong.append(f"execution {execution}: status {status}, steps {log}")
        self.same(collections.Counter(o for _, o, _ in found),
                  collections.Counter(self.numbers[e] for e in self.entered), "executions")
        self.mails_of(rows, "workflow", [e for e, _, _ in found], 2)
        numbers = {uuid: int(n) for n, uuid in self.site.stack.sql(
            f"SELECT execution_id, LOWER(HEX(uuid)) FROM execution WHERE project_id = {self.site.project.number}")}
        calls = collections.Counter(numbers[json.loads(m.body)["execution"]["id"].replace("-", "")]
                                    for m in self.receiver.at("/call"))
        for execution, _, _ in found:
            if not calls[execution] or (calls[execution] > 1 and execution not in doubted):
                self.wrong.append(f"execution {execution} was called {calls[execution]} times, and its log does not say so")
        self.twice = sum(n > 1 for n in calls.values())
        return len(found)

    def check_chained(self):
        """Who was staged entered the segment, once."""
        found = self.executions(self.chained)
        self.same(collections.Counter(o for _, o, _ in found),
                  collections.Counter(self.numbers[e] for e in self.entered), "executions by entry")
        return len(found)

    def check_sequence(self, rows):
        told = collections.Counter(o for _, o, _ in self.enrolments())
        self.same(told, collections.Counter(self.numbers[e] for e in self.listed), "enrolments")
        self.mails_of(rows, "sequence", [e for e, _, _ in self.enrolments()], 2)
        return len(told)

    def mails_of(self, rows, source, executions, each):
        told = collections.Counter(row[0] for (kind, _), some in rows.items() if kind == SOURCE[source] for row in some)
        odd = [e for e in executions if told[e] != each]
        if odd:
            self.wrong.append(f"{source}: {len(odd)} executions have not {each} mails: "
                              f"{[(e, told[e]) for e in odd[:3]]}")

    def executions(self, workflow):
        return self.owned(f"owner_kind = 1 AND owner_id = (SELECT workflow_id FROM workflow w WHERE w.project_id = "
                          f"{self.site.project.number} AND HEX(uuid) = '{workflow.replace('-', '')}')")

    def enrolments(self):
        return self.owned("owner_kind = 2")

    def owned(self, where):
        return [(int(e), int(o), s) for e, o, s in self.site.stack.sql(
            f"SELECT execution_id, ordinal, status FROM execution WHERE project_id = {self.site.project.number} AND {where}")]

    def same(self, got, wanted, what):
        if got != wanted:
            self.wrong.append(f"{what}: {sum(got.values())} of {sum(wanted.values())}; lost "
                              f"{list((wanted - got))[:5]}, too many {list((got - wanted))[:5]}")


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--seconds", type=float, default=15)
    arguments.add_argument("--seed", type=int, default=None)
    arguments.add_argument("--stack", help="directory of a running stack with --worker manual")
    given = arguments.parse_args()
    seed = given.seed if given.seed is not None else random.SystemRandom().randrange(10**9)
    print(f"seed {seed}", flush=True)
    told = 0
    with stack(given.stack) as running, Receiver() as receiver:
        kill = KillFlow(running, receiver, seed)
        try:
            kill.run(given.seconds)
            told = kill.check()
        except Exception:  # what was found before is told too
            kill.wrong.append(traceback.format_exc())
    for line in kill.wrong[:20]:
        print(line[:1500])
    print(f"{kill.kills} kills, {len(kill.campaigns)} campaigns ({len(kill.cancelled)} cancelled), "
          f"{len(kill.entered)} entered, {len(kill.listed)} enrolled, {len(kill.claims)} messages handed out, "
          f"{kill.twice} called more than once, "
          f"{kill.forgotten} forgotten of cancelled campaigns")
    print(f"{told - min(told, len(kill.wrong))} passed, {len(kill.wrong)} failed")
    return 1 if kill.wrong or not told else 0


if __name__ == "__main__":
    sys.exit(main())
