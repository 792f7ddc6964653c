#!/usr/bin/python3
"""Real input: the files of CDNOW's 23,544 customers and 69,659 purchases, imported as they are.

    cdnow.py [--data DIR] [--stack DIR]

Segments on spend, cohort, first and last purchase, one who never came back, nested, and segments of
segments are counted by the server and by SQL in sqlite3 over the very CSV files: right after the
import, after a fold and after a merge. Some are tracked: who has entered, by their feeds, are the
same people. Without the data folder it says so and passes.
"""
import argparse
import csv
import os
import sqlite3
import sys
import time

from lib.client import query
from lib.draw import iso
from lib.feed import Feed
from lib.stack import ROOT, stack

DAY = 86_400_000
CUSTOMERS, PURCHASES = 23_544, 69_659
# Their windows end on a purchase's instant at the noon that is asked about, not now.
AT_ONLY = {"bought since March 2022", "never since July 2021", "lapsed", "big and faithful",
           "january but not faithful", "early and lost",
          "bought in the last quarter, not in the last month"}
TRACKED = {"big spenders", "first in one week", "nested", "everybody"}


def ms(day):
    """A day of the data as ms; purchases happen at noon."""
    return int(sqlite3.connect(":memory:").execute(
        "SELECT strftime('%s', ?) * 1000", (day,)).fetchone()[0])


def load_sqlite(folder):
    """The CSV files as two tables; instants as ms."""
    database = sqlite3.connect(":memory:")
    database.execute(
        "CREATE TABLE contact (email PRIMARY KEY, first_ms, orders, discs, spend, cohort)")
    database.execute("CREATE TABLE event (email, at_ms, units, amount)")
    with open(os.path.join(folder, "contacts.csv"), encoding="utf-8") as file:
        database.executemany(
            "INSERT INTO contact VALUES (?, strftime('%s', ?) * 1000, ?, ?, ?, ?)",
            ((r["email"], r["firstPurchaseAt"], int(r["orders"]), int(r["discs"]),
              float(r["spend"]), r["cohort"]) for r in csv.DictReader(file)))
    with open(os.path.join(folder, "events.csv"), encoding="utf-8") as file:
        database.executemany(
            "INSERT INTO event VALUES (?, strftime('%s', ?) * 1000, ?, ?)",
            ((r["email"], r["timestamp"], int(r["units"]), float(r["amount"]))
             for r in csv.DictReader(file)))
    database.execute("CREATE INDEX event_email ON event (email)")
    return database


def import_file(running, client, kind, folder, **options):
    """Imports one of the files; returns what its job says at the end."""
    with open(os.path.join(folder, kind + ".csv"), "rb") as file:
        body = file.read()
    answer = client.want(202, "POST", query(f"/{kind}/import", **options), body,
                         {"Content-Type": "text/csv"})
    running.program("muster-worker", "import", "--now")
    job = client.want(200, "GET", f"/{kind}/import/{answer['jobId']}")
    assert job["state"] == "completed" and job["bytesDone"] == job["bytes"] == len(body), job
    return job


def import_all(running, client, folder, wrong):
    """Both files; appends to `wrong` where a job counted otherwise. Returns the number of checks."""
    steps = [("contacts", {"dryRun": "true"}, {"created": CUSTOMERS}),
             ("contacts", {"mode": "update"}, {"skipped": CUSTOMERS}),
             ("contacts", {}, {"created": CUSTOMERS}),
             ("contacts", {}, {"unchanged": CUSTOMERS}),
             ("events", {}, {"created": PURCHASES})]  # of events
    for kind, options, wanted in steps:
        rows = CUSTOMERS if kind == "contacts" else PURCHASES
        job = import_file(running, client, kind, folder, **options)
        wanted = {"rows": rows, "rowsDone": rows, "rejected": 0, "errors": [], "created": 0,
                  "updated": 0, "skipped": 0, **wanted}
        told = {key: job[key] for key in wanted}
        if told != wanted:
            wrong.append(f"{kind} {options}: told {told}, wanted {wanted}")
        if "dryRun" in options:
            stored = client.want(200, "GET", "/contacts?limit=1")["total"]
            if stored:
                wrong.append(f"a dry run stored {stored} contacts")
    return len(steps) + 1


def leaf(field, operator, value=None, unit=None):
    made = {"field": field, "operator": operator}
    if value is not None:
        made["value"] = value
    if unit:
        made["unit"] = unit
    return made


def every(*filters, **more):
    return {"logic": "AND", "groups": [{"filters": list(filters), **more}]}


def either(*groups):
    return {"logic": "OR", "groups": [{"filters": list(g)} for g in groups]}


def definitions(at):
    """(name, condition, SQL condition on contact); conditions may name earlier segments as {name}.

    `at` is a whole UTC noon, so that a window of N days ends at a purchase's very instant and
    "last purchase before a day" is N days counted back from it.
    """
    last = "(SELECT MAX(at_ms) FROM event e WHERE e.email = contact.email)"
    since = (at - ms("2022-03-01 12:00:00")) // DAY
    summer = (at - ms("2021-07-01 12:00:00")) // DAY
    quarter = (at - ms("2022-04-01 12:00:00")) // DAY
    month = (at - ms("2022-06-01 12:00:00")) // DAY
    return [
        ("big spenders", every(leaf("data.spend", "greaterThanOrEqual", 500)), "spend >= 500"),
        ("spend between", every(leaf("data.spend", "between", [11.77, 89])),
         "spend BETWEEN 11.77 AND 89"),
        ("january cohort", every(leaf("data.cohort", "equals", 202101)), "cohort = '202101'"),
        ("late cohorts", every(leaf("data.cohort", "in", [202102, 202103]),
                               leaf("data.orders", "greaterThan", 1)),
         "cohort IN ('202102', '202103') AND orders > 1"),
        ("first in one week",
         every(leaf("data.firstPurchaseAt", "greaterThanOrEqual", "2021-01-10"),
               leaf("data.firstPurchaseAt", "lessThan", "2021-01-17")),
         f"first_ms >= {ms('2021-01-10')} AND first_ms < {ms('2021-01-17')}"),
        ("first on one day", every(leaf("data.firstPurchaseAt", "equals", "2021-02-14")),
         f"first_ms >= {ms('2021-02-14')} AND first_ms < {ms('2021-02-15')}"),
        ("bought since March 2022", every(leaf("event.purchase", "triggeredWithin", since, "days")),
         f"{last} >= {ms('2022-03-01 12:00:00')}"),
        ("never since July 2021",
         every(leaf("event.purchase", "notTriggeredWithin", summer, "days")),
         f"({last} IS NULL OR {last} < {ms('2021-07-01 12:00:00')})"),
        ("lapsed", every(leaf("event.purchase", "triggeredOlderThan", summer, "days")),
         f"{last} < {ms('2021-07-01 12:00:00')}"),
        ("nested", {"logic": "AND", "groups": [
            {"filters": [leaf("data.discs", "greaterThan", 3)],
             "conditions": either([leaf("data.cohort", "equals", 202103)],
                                  [leaf("data.spend", "lessThan", 30),
                                   leaf("email", "contains", "7@")])},
            {"filters": [leaf("data.orders", "equals", 1)], "not": True}]},
         "discs > 3 AND (cohort = '202103' OR (spend < 30 AND email LIKE '%7@%')) "
         "AND NOT orders = 1"),
        ("big and faithful", every(leaf("segment.{big spenders}", "memberOfSegment"),
                                   leaf("segment.{bought since March 2022}", "memberOfSegment")),
         f"spend >= 500 AND {last} >= {ms('2022-03-01 12:00:00')}"),
        ("january but not faithful",
         every(leaf("segment.{january cohort}", "memberOfSegment"),
               leaf("segment.{big and faithful}", "notMemberOfSegment")),
         f"cohort = '202101' AND NOT (spend >= 500 AND {last} >= {ms('2022-03-01 12:00:00')})"),
        ("came once", every(leaf("data.orders", "equals", 1),
                            leaf("data.firstPurchaseAt", "between", ["2021-02-01", "2021-02-28"])),
         f"orders = 1 AND first_ms BETWEEN {ms('2021-02-01')} AND {ms('2021-02-28')}"),
        ("bought in the last quarter, not in the last month",
         every(leaf("event.purchase", "triggeredWithin", quarter, "days"),
               leaf("event.purchase", "notTriggeredWithin", month, "days")),
         f"{last} >= {ms('2022-04-01 12:00:00')} AND {last} < {ms('2022-06-01 12:00:00')}"),
        ("early and lost", {"logic": "AND", "groups": [
            {"filters": [leaf("data.firstPurchaseAt", "lessThan", "2021-01-08T12:00:00Z")]},
            {"not": True, "filters": [leaf("event.purchase", "triggeredWithin", since, "days")]},
            {"filters": [leaf("segment.{spend between}", "notMemberOfSegment")]}]},
         f"first_ms < {ms('2021-01-08 12:00:00')} AND NOT {last} >= {ms('2022-03-01 12:00:00')} "
         "AND NOT spend BETWEEN 11.77 AND 89"),
        ("cheap discs", either([leaf("data.discs", "greaterThan", 10),
                                leaf("data.spend", "lessThan", 120)],
                               [leaf("data.discs", "equals", 0)]),
         "(discs > 10 AND spend < 120) OR discs = 0"),
        ("numbered", every(leaf("data.customerNo", "greaterThan", 23000),
                           leaf("email", "endsWith", "5@CDNOW.example")),
         "CAST(SUBSTR(email, 2, 5) AS INTEGER) > 23000 AND email LIKE '%5@cdnow.example'"),
        ("nobody", every(leaf("event.refund", "triggered")), "0"),
        ("everybody", every(leaf("event.refund", "notTriggered")), "1"),
    ]


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--data", default=os.path.join(ROOT, "..", "shared", "data", "cdnow"))
    arguments.add_argument("--stack", help="directory of a running stack with --worker manual")
    given = arguments.parse_args()
    if not os.path.exists(os.path.join(given.data, "contacts.csv")):
        print(f"skipped: there is no CDNOW data in {os.path.normpath(given.data)}")
        print("0 passed, 0 failed")
        return 0
    database = load_sqlite(given.data)
    wrong = []
    with stack(given.stack) as running:
        done = judge(running, database, given.data, wrong)
    for line in wrong:
        print(line)
    print(f"{done - len(wrong)} passed, {len(wrong)} failed")
    return 1 if wrong else 0


def judge(running, database, folder, wrong):
    """Appends what differs to `wrong`; returns the number of comparisons."""
    project = running.project("cdnow")
    client = project.client(timeout=120)
    started = time.monotonic()
    done = import_all(running, client, folder, wrong)
    print(f"imported in {time.monotonic() - started:.1f} s", flush=True)
    at = (int(time.time() * 1000) // DAY + 1) * DAY + DAY // 2  # the next day's noon
    segments, wanted = {}, {}
    for name, condition, sql in definitions(at):
        wanted[name] = {row[0] for row in
                        database.execute(f"SELECT email FROM contact WHERE {sql}")}
        condition = named(condition, segments)
        made = client.want(201, "POST", "/segments", {
            "name": name, "condition": condition, "trackMembership": name in TRACKED})
        segments[name] = made["id"]
    for step in ("as rows", "fold", "merge"):
        if step != "as rows":
            running.program("muster-worker", step, "--now")
        done += compare(client, segments, wanted, at, step, wrong)
    running.program("muster-worker", "compute", "--now")
    for name in TRACKED:
        feed = Feed(segments[name])
        feed.read(client)
        told = {c["email"] for c in feed.changes if c["contactId"] in feed.members}
        if feed.wrong or told != wanted[name] or len(feed.changes) != len(told):
            wrong.append(f"tracked: {name}: {len(feed.changes)} changes, {len(told)} members, sqlite "
                         f"says {len(wanted[name])}; {feed.wrong[:3]}")
        done += 1
    try:
        running.program("muster", "verify", str(project.number))
    except RuntimeError as failure:
        wrong.append(str(failure))
    return done + 1


def named(condition, segments):
    """The condition with the ids of the segments that it names."""
    if isinstance(condition, dict):
        return {k: named(v, segments) for k, v in condition.items()}
    if isinstance(condition, list):
        return [named(v, segments) for v in condition]
    if isinstance(condition, str) and condition.startswith("segment.{"):
        return "segment." + segments[condition[9:-1]]
    return condition


def compare(client, segments, wanted, at, step, wrong):
    for name, segment in segments.items():
        answer = client.want(200, "POST", "/segments/preview", {
            "condition": every(leaf("segment." + segment, "memberOfSegment")), "at": iso(at),
            "limit": 100})
        if answer["count"] != len(wanted[name]):
            wrong.append(f"{step}: {name}: told {answer['count']}, sqlite says {len(wanted[name])}")
        strangers = {c["email"] for c in answer["sample"]} - wanted[name]
        if strangers:
            wrong.append(f"{step}: {name}: not by sqlite: {sorted(strangers)[:5]}")
        live = client.want(200, "GET", "/segments/" + segment)["memberCount"]
        if name not in AT_ONLY and live != len(wanted[name]):
            wrong.append(f"{step}: {name}: memberCount {live}, sqlite says {len(wanted[name])}")
    # One whole list, page by page, in the words of the segment route.
    name = "first on one day"
    emails, page = set(), 1
    while True:
        answer = client.want(200, "GET",
                             f"/segments/{segments[name]}/contacts?page={page}&pageSize=100")
        emails |= {c["email"] for c in answer["data"]}
        if page >= answer["totalPages"]:
            break
        page += 1
    if emails != wanted[name]:
        wrong.append(f"{step}: {name}: {len(emails)} listed, sqlite says {len(wanted[name])}")
    return 2 * len(segments) + 1


if __name__ == "__main__":
    sys.exit(main())
