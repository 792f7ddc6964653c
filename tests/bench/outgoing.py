#!/usr/bin/python3
"""What goes out, and the flows that make it: a campaign's resolution, a sender's claims, executions that start and
wait. In a project of its own, filled by imports.

    outgoing.py [--stack DIR] [--contacts N]
"""
import argparse
import os
import statistics
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "e2e"))

from lib.flowsite import HOUR, FlowSite, every, in_seconds, leaf, on  # noqa: E402
from lib.stack import stack  # noqa: E402

RECIPIENTS, RESOLVE_S = 250_000, 10
CLAIMS, CLAIM_MS = 20, 100
ENTRIES, ENTRIES_S = 10_000, 5
WAITING, ROUNDS, IDLE_MS = 100_000, 5, 20
BODY = "<p>Dear {{name ?? friend}}, your plan {{plan}} has {{n}} seats.</p>" + "<p>Lorem ipsum dolor sit amet.</p>" * 40


def timed(site, *jobs, ahead=0):
    """Seconds of a worker's run, from its start to its end."""
    started = time.perf_counter()
    site.work(ahead, *jobs)
    return time.perf_counter() - started


def fill(site, contacts):
    lines = "".join(f"p{n}@bench.example,{n},Name {n},{'pro' if n % 2 else 'free'}\n" for n in range(contacts))
    upload(site, "/contacts/import", "email,n,name,plan\n" + lines)


def upload(site, path, text):
    reply = site.client.request("POST", path, text.encode(), {"Content-Type": "text/csv"})
    assert reply.status == 202, reply
    site.work()


def count(site, where):
    return int(site.stack.sql(f"SELECT COUNT(*) FROM {where} AND project_id = {site.project.number}")[0][0])


def campaign(site, contacts, add):
    site.client.want(201, "POST", "/suppressions", {"name": "bench", "kind": "DOMAIN", "pattern": "no.example"})
    site.send(site.campaign(body=BODY, subject="{{name}}, hello"))
    seconds = timed(site, "campaigns")
    right = count(site, "message WHERE source = 4") == contacts
    add(f"a campaign to {contacts:,} resolved into messages (process start included)", f"{seconds:.1f} s",
        f"≤ {RESOLVE_S} s", right and seconds <= RESOLVE_S)


def claims(site, add):
    """Of messages that each have the contact's data in them, with links to unsubscribe."""
    taken, told = [], []
    for _ in range(CLAIMS + 2):
        started = time.perf_counter()
        got = site.claim(1000)
        taken.append(time.perf_counter() - started)
        started = time.perf_counter()
        site.report(got, "sent")
        told.append(time.perf_counter() - started)
        assert len(got) == 1000 and "unsubscribeUrl" in got[0], len(got)
    median = statistics.median(taken[2:]) * 1e3
    add("a claim of 1,000 messages, rendered", f"{median:.0f} ms (longest {max(taken[2:]) * 1e3:.0f})",
        f"≤ {CLAIM_MS} ms", median <= CLAIM_MS)
    add("their 1,000 reports", f"{statistics.median(told[2:]) * 1e3:.0f} ms", None, None)


def entries(site, add):
    """Contacts enter a tracked segment, which is one job; that executions begin is the next."""
    site.segment("Entering", every(leaf("data.enters", "equals", 1)), tracked=True)
    workflow, _ = site.chain(on("segment.entering.entry"), ("SEND_EMAIL", {"templateId": site.template(body=BODY)}),
                             ("DELAY", {"amount": 1, "unit": "days"}))
    site.work()
    for first in range(0, ENTRIES, 1000):
        site.client.want(200, "POST", "/contacts/batch", {"contacts": [
            {"email": f"p{n}@bench.example", "data": {"enters": 1}} for n in range(first, first + 1000)]})
    entered = timed(site, "compute")
    seconds = timed(site, "flows")
    right = total(site, workflow) == ENTRIES == count(site, "message WHERE source = 2")
    add(f"{ENTRIES:,} entries of a segment become executions, each with a mail (noticed in {entered:.1f} s)",
        f"{seconds:.1f} s", f"≤ {ENTRIES_S} s", right and seconds <= ENTRIES_S)


def total(site, workflow):
    return site.client.want(200, "GET", f"/workflows/{workflow}/executions?pageSize=1")["total"]


def waiting(site, contacts, add):
    """Many that wait for something cost a round of the worker nothing."""
    people = min(WAITING, contacts)
    idle = rounds(site)
    workflow, _ = site.workflow(on("waits"), {
        "rest": ("WAIT_FOR_EVENT", {"eventName": "comes", "timeout": 86400}), "out": ("EXIT", {})},
        ["trigger rest", "rest out EVENT", "rest out TIMEOUT"])
    now = in_seconds(-1)
    upload(site, "/events/import", "email,event,timestamp\n" + "".join(
        f"p{n}@bench.example,waits,{now}\n" for n in range(people)))
    assert total(site, workflow) == people, total(site, workflow)
    more = rounds(site) - idle
    add(f"a worker's round with {people:,} more executions that wait, process start included",
        f"{(idle + more) * 1e3:.0f} ms, {more * 1e3:.0f} ms more", f"≤ {IDLE_MS} ms more", more * 1e3 <= IDLE_MS)
    seconds = timed(site, "flows", ahead=25 * HOUR)
    over = site.client.want(200, "GET", f"/workflows/{workflow}/executions?status=EXITED&pageSize=1")["total"]
    add(f"all {people:,} time out at once", f"{seconds:.1f} s", None, None if over == people else False)


def rounds(site):
    """Seconds of a round of the job that finds nothing to do, the shortest of some."""
    return min(timed(site, "flows") for _ in range(ROUNDS))


def measure(running, contacts, add):
    """add(what, measured, bar or None, good or None): a line of the table for each figure."""
    site = FlowSite(running, "outgoing")
    fill(site, contacts)
    campaign(site, contacts, add)
    claims(site, add)
    entries(site, add)
    waiting(site, contacts, add)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--stack", help="directory of a running stack with --worker manual")
    parser.add_argument("--contacts", type=int, default=RECIPIENTS, help="at least 30,000")
    options = parser.parse_args()
    missed = []

    def add(what, measured, bar=None, good=None):
        missed.extend([what] if good is False else [])
        print(f"{what}: {measured} (wanted: {bar or '-'}){' MISSED' if good is False else ''}", flush=True)
    with stack(options.stack) as running:
        measure(running, options.contacts, add)
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    main()
