#!/usr/bin/python3
"""Many contacts at once, and what people may ask: bulk jobs that survive their worker, members streamed whatever
their number, everything that is known of one person, the pages behind links in messages, and gone is gone.

    rights.py [--stack DIR] [--members 250000] [CASE ...]
"""
import argparse
import csv
import http.client
import io
import json
import os
import random
import re
import signal
import subprocess
import sys
import threading
import time
import urllib.parse

from lib.client import Client, Unexpected, query
from lib.draw import iso
from lib.memory import Memory
from lib.rows import read
from lib.stack import stack

MEMORY_MB = 32
SUBSCRIBED = {"logic": "AND", "groups": [{"filters": [
    {"field": "subscribed", "operator": "equals", "value": True}]}]}


def expect(truth, what):
    if not truth:
        raise AssertionError(what)


def equal(got, wanted, what):
    expect(got == wanted, f"{what}: got {got!r}, wanted {wanted!r}")


def condition(field, operator, value=None):
    leaf = {"field": field, "operator": operator, **({} if value is None else {"value": value})}
    return {"logic": "AND", "groups": [{"filters": [leaf]}]}


class Site:
    def __init__(self, running, name):
        self.stack, self.project = running, running.project(name)
        self.client = self.project.client()

    def contacts(self, count, start=0, **more):
        for first in range(start, start + count, 500):
            self.client.want(200, "POST", "/contacts/batch", {"contacts": [
                {"email": f"p{n}@example.com", "data": {"n": n}, **more}
                for n in range(first, min(first + 500, start + count))]})

    def rows(self):
        return {c["email"]: c for c in read(self.stack, self.project.number).contacts}

    def ids(self, *emails):
        rows = self.rows()
        return [rows[e]["id"] for e in emails]

    def import_people(self, count):
        """A file of them, as the worker takes it in."""
        text = "email,n,plan\n" + "".join(
            f"p{n}@example.com,{n},{'pro' if n % 2 else 'free'}\n" for n in range(count))
        reply = self.client.request("POST", "/contacts/import", text.encode(),
                                    {"Content-Type": "text/csv"})
        expect(reply.status == 202, reply)
        self.work()

    def work(self):
        self.stack.program("muster-worker", "all", "--now", timeout=300)

    def bulk(self, action, body):
        answer = self.client.want(202, "POST", "/contacts/bulk-" + action, body)
        expect(re.fullmatch(r"Bulk .*queued successfully", answer["message"]), answer)
        return answer["jobId"]

    def job(self, number):
        return self.client.want(200, "GET", "/contacts/bulk/" + number)

    def done(self, number):
        """The job after a run of the worker."""
        self.work()
        job = self.job(number)
        equal((job["id"], job["state"], job["progress"], job["failedReason"]),
              (number, "completed", 100, None), f"job {job}")
        return job["result"]


# ---- bulk jobs -------------------------------------------------------------------------------------


def result(got, **wanted):
    equal({k: got[k] for k in wanted}, wanted, f"result {got}")


def bulk_by_ids(running):
    site = Site(running, "bulk ids")
    site.contacts(5)
    first, second, third = site.ids("p0@example.com", "p1@example.com", "p2@example.com")
    job = site.bulk("unsubscribe", {"contactIds": [first, second, first]})
    expect(site.job(job)["state"] in ("waiting", "delayed"), site.job(job))
    result(site.done(job), updated=2, unchanged=0)
    result(site.done(site.bulk("unsubscribe", {"mode": "ids", "contactIds": [second, third]})),
           updated=1, unchanged=1)
    result(site.done(site.bulk("subscribe", {"contactIds": [first]})), updated=1, unchanged=0)
    rows = site.rows()
    equal([rows[f"p{n}@example.com"]["status"] for n in range(5)],
          ["subscribed", "unsubscribed", "unsubscribed", "subscribed", "subscribed"], "statuses")
    equal({n: len(t) for n, t in rows["p0@example.com"]["events"].items()},
          {"contact.unsubscribed": 1, "contact.subscribed": 1}, "a flip is an event")
    equal(len(rows["p1@example.com"]["events"]["contact.unsubscribed"]), 1, "no flip, no event")
    result(site.done(site.bulk("delete", {"contactIds": [third, "3f2504e0-4f89-41d3-9a0c-0305e82c3301"]})),
           deleted=1)
    equal(sorted(site.rows()), [f"p{n}@example.com" for n in (0, 1, 3, 4)], "left")
    site.stack.program("muster", "verify", str(site.project.number))


def bulk_by_filter(running):
    """Whom the filter takes in when it is asked for, but for those that are named."""
    site = Site(running, "bulk filter")
    site.contacts(1500)
    keep = site.ids("p10@example.com", "p20@example.com")
    small = condition("data.n", "lessThan", 1200)
    job = site.bulk("unsubscribe", {"mode": "query", "filter": small, "excludeIds": keep})
    result(site.done(job), updated=1198, unchanged=0)
    count = site.client.want(200, "POST", "/segments/preview", {"condition": SUBSCRIBED})["count"]
    equal(count, 302, "subscribed")
    result(site.done(site.bulk("delete", {"mode": "query", "filter": small, "excludeIds": keep})),
           deleted=1198)
    equal(len(site.rows()), 302, "left")
    result(site.done(site.bulk("subscribe", {"mode": "query", "filter": small})), updated=0, unchanged=2)
    result(site.done(site.bulk("delete", {"mode": "query", "filter": condition("data.n", "lessThan", -1)})),
           deleted=0)
    site.stack.program("muster", "verify", str(site.project.number))


def bulk_tells_webhooks(running):
    """Tracked segments and webhooks learn of a bulk change as of any other."""
    site = Site(running, "bulk tracked")
    site.contacts(20)
    made = site.client.want(201, "POST", "/segments", {
        "name": "Reachable", "trackMembership": True, "condition": SUBSCRIBED})["id"]
    site.client.want(200, "POST", f"/segments/{made}/compute")
    site.done(site.bulk("unsubscribe", {"mode": "query", "filter": condition("data.n", "lessThan", 5)}))
    site.client.want(200, "POST", f"/segments/{made}/compute")
    changes = site.client.want(200, "GET", f"/segments/{made}/changes?after=0&limit=1000")["data"]
    equal(sum(c["type"] == "exit" for c in changes), 5, "exits")


def killed_until_done(running, site, job, chance):
    """Runs the worker, and kills it again and again, until the job is done; how often it was killed."""
    kills = 0
    for _ in range(60):
        worker = subprocess.Popen([os.path.join(running.env["MUSTER_BIN"], "muster-worker"), "all", "--now"],
                                  env={**os.environ, **running.env, "MUSTER_LEASE_SECONDS": "1"},
                                  stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                  start_new_session=True)
        try:
            worker.wait(chance.uniform(0.05, 0.6))
        except subprocess.TimeoutExpired:
            os.killpg(worker.pid, signal.SIGKILL)
            worker.wait()
            kills += 1
            time.sleep(1.05)  # until its lease is over
        if site.job(job)["state"] == "completed":
            break
    return kills


def bulk_survives_kills(running):
    """kill -9 of its worker again and again: everybody once."""
    site, chance = Site(running, "bulk kill"), random.Random(1)
    site.import_people(30_000)
    job = site.bulk("unsubscribe", {"mode": "query", "filter": SUBSCRIBED})
    kills = killed_until_done(running, site, job, chance)
    expect(kills >= 1, "it was never killed")
    result(site.done(job), updated=30_000, unchanged=0)
    rows = site.rows()
    wrong = [e for e, c in rows.items() if c["status"] != "unsubscribed"
             or len(c["events"]["contact.unsubscribed"]) != 1]
    equal((len(rows), wrong[:3]), (30_000, []), f"after {kills} kills")
    job = site.bulk("delete", {"mode": "query", "filter": condition("data.n", "lessThan", 20_000)})
    kills = killed_until_done(running, site, job, chance)
    result(site.done(job), deleted=20_000)
    expect(set(site.rows()) == {f"p{n}@example.com" for n in range(20_000, 30_000)},
           f"other people are left after {kills} kills")
    equal(orphans(site), [], "rows of nobody")
    site.stack.program("muster", "verify", str(site.project.number))


def bulk_beside_writers(running):
    """Those whom a job deletes or unsubscribes are written to meanwhile: no row of nobody, columns are the rows."""
    site, over, wrong = Site(running, "bulk live"), threading.Event(), []
    site.contacts(4000)

    def write(number):
        client, chance = site.project.client(), random.Random(number)
        while not over.is_set():
            email = f"p{chance.randrange(4000)}@example.com"
            at = iso(int(time.time() * 1000) - chance.randrange(1, 10**9))
            reply = client.request(*chance.choice([
                ("POST", "/contacts", {"email": email, "data": {"n": int(email[1:-12]), "w": chance.random()}}),
                ("POST", "/v1/track", {"email": email, "event": "visit", "timestamp": at}),
                ("POST", "/v1/email-events", {"events": [{"email": email, "type": "opened", "timestamp": at,
                                                          "emailId": str(chance.randrange(9999))}]}),
                ("POST", "/contacts", {"email": email, "subscribed": chance.random() < 0.5})]))
            if reply.status >= 400:
                wrong.append(f"{reply!r}"[:400])
    threads = [threading.Thread(target=write, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    try:
        for action in ("unsubscribe", "delete", "subscribe", "delete"):
            job = site.bulk(action, {"mode": "query", "filter": condition("data.n", "lessThan", 3000)})
            site.done(job)
    finally:
        over.set()
        for thread in threads:
            thread.join()
    equal(wrong[:3], [], "answers")
    equal(orphans(site), [], "rows of nobody")
    broken = read(site.stack, site.project.number).broken_rollups
    equal(broken[:3], [], "roll-ups")
    for job in ("fold", "merge"):
        site.stack.program("muster", "verify", str(site.project.number))
        site.stack.program("muster-worker", job, "--now")
    site.stack.program("muster", "verify", str(site.project.number))


def orphans(site):
    """Tables with rows of contacts that are not there. Entries and exits stay, without their address."""
    tables = [row[0] for row in site.stack.sql(
        "SELECT DISTINCT a.table_name FROM information_schema.columns a JOIN information_schema.columns b "
        "ON a.table_schema = b.table_schema AND a.table_name = b.table_name AND b.column_name = 'ordinal' "
        "WHERE a.table_schema = DATABASE() AND a.column_name = 'project_id' "
        "AND a.table_name NOT IN ('contact', 'transition', 'dirty')")]
    return [t for t in tables if site.stack.sql(
        f"SELECT COUNT(*) FROM `{t}` x LEFT JOIN contact c ON c.project_id = x.project_id AND c.ordinal = x.ordinal "
        f"WHERE x.project_id = {site.project.number} AND x.ordinal IS NOT NULL AND c.ordinal IS NULL")[0][0] != "0"]


# ---- streaming -------------------------------------------------------------------------------------


def stream(site, path, pause=0.0):
    """(seconds, bytes) of a whole answer, taken in pieces."""
    parts = urllib.parse.urlsplit(site.stack.url)
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=120)
    started, pieces = time.perf_counter(), []
    connection.request("GET", path, headers={"Authorization": "Bearer " + site.project.secret})
    answer = connection.getresponse()
    if answer.status != 200:
        raise AssertionError(f"{path}: {answer.status} {answer.read()[:300]!r}")
    while piece := answer.read(1 << 20):
        pieces.append(piece)
        time.sleep(pause)
    connection.close()
    return time.perf_counter() - started, b"".join(pieces)


def streaming(running, members):
    """So many members as CSV and as lines of JSON, in constant memory; each of them once."""
    site = Site(running, "streaming")
    site.import_people(members)
    made = site.client.want(201, "POST", "/segments", {
        "name": "All", "condition": condition("data.n", "exists")})["id"]
    wanted = {f"p{n}@example.com" for n in range(members)}
    stream(site, f"/segments/{made}/contacts?format=csv")  # so that first use costs nothing below
    told = []
    for path in (f"/segments/{made}/contacts?format=csv", f"/segments/{made}/contacts?format=ndjson",
                 "/contacts?format=csv", query("/contacts", format="ndjson", filter=json.dumps(SUBSCRIBED)),
                 "/api/v1/contacts/export?format=csv", "/api/v1/contacts/export?format=json"):
        with Memory(running) as memory:
            seconds, body = stream(site, path)
        emails = addresses(path, body)
        equal(len(emails), members, f"{path}: rows")
        expect(set(emails) == wanted, f"{path}: not everybody once")
        told.append(f"{path.split('?')[0][-20:]} {path[-12:]}: {members / seconds:,.0f} rows/s, "
                    f"{memory.most:.0f} MB more")
        expect(memory.most <= MEMORY_MB, f"{path}: {memory.most:.0f} MB more memory")
    print("    " + "\n    ".join(told))


def addresses(path, body):
    text = body.decode()
    if "format=csv" in path:
        return [row["email"] for row in csv.DictReader(io.StringIO(text, newline=""))]
    if "format=ndjson" in path:
        return [json.loads(line)["email"] for line in text.splitlines()]
    found = json.loads(text)
    found = found.get("data", found) if isinstance(found, dict) else found
    found = found.get("contacts", found) if isinstance(found, dict) else found
    return [c["email"] for c in found]


def streaming_beside_writes(running):
    """While a slow client reads, others write, nothing waits, and the file has nobody twice."""
    site = Site(running, "slow reader")
    site.import_people(60_000)
    over, wrote = threading.Event(), [0]

    def write():
        client, draw = site.project.client(), random.Random(2)
        while not over.is_set():
            n = draw.randrange(60_000)
            client.want(200, "POST", "/contacts", {"email": f"p{n}@example.com", "data": {"w": n}})
            wrote[0] += 1
    writer = threading.Thread(target=write)
    writer.start()
    _, body = stream(site, "/contacts?format=csv", pause=0.05)
    over.set()
    writer.join()
    emails = addresses("format=csv", body)
    equal((len(emails), len(set(emails))), (60_000, 60_000), "rows")
    expect(wrote[0] > 20, f"only {wrote[0]} writes meanwhile")


def spreadsheets(running):
    """What goes out for a spreadsheet starts no formula, and comes back as it was."""
    site = Site(running, "spreadsheet")
    odd = ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx", "'=quoted", "plain", "a,b\"c\nd", "=", "ü=1"]
    for n, value in enumerate(odd):
        site.client.want(201, "POST", "/contacts", {"email": f"p{n}@example.com", "data": {"v": value}})
    _, body = stream(site, "/contacts?format=csv&spreadsheet=1")
    rows = {r["email"]: r for r in csv.DictReader(io.StringIO(body.decode(), newline=""))}
    for n, value in enumerate(odd):
        cell = rows[f"p{n}@example.com"]["data.v"]
        dangerous = value[0] in "=+-@\t\r"
        equal(cell, "'" + value if dangerous else value, "cell")
    _, plain = stream(site, "/contacts?format=csv")
    rows = {r["email"]: r for r in csv.DictReader(io.StringIO(plain.decode(), newline=""))}
    equal([rows[f"p{n}@example.com"]["data.v"] for n in range(len(odd))], odd, "without spreadsheet=1")
    before = {e: c["data"] for e, c in site.rows().items()}
    text = "email,v\r\n" + "".join(f"{r},\"'=2+2\"\r\n" for r in ("p0@example.com",))
    expect(site.client.request("POST", "/contacts/import", text.encode(),
                               {"Content-Type": "text/csv"}).status == 202, "import")
    site.work()
    equal(site.rows()["p0@example.com"]["data"]["v"], "=2+2", "the import takes the ' away")
    equal(len(before), len(odd), "people")


# ---- one person ------------------------------------------------------------------------------------


def everything_known(running):
    """The export says all that was told of somebody; after erasing no table does."""
    site = Site(running, "everything")
    email, other = "known.person@example.com", "other@example.com"
    client = site.client
    client.want(201, "POST", "/api/v1/contacts", {
        "email": email, "firstName": "Kim", "tags": ["tag-of-kim"], "customFields": {"secret": "hush-77"}})
    client.want(201, "POST", "/contacts", {"email": other})
    client.want(201, "POST", "/api/v1/lists", {"name": "list-of-kim"})
    client.want(200, "POST", "/api/v1/lists/1/contacts", {"contactId": 1})
    static = client.want(201, "POST", "/segments", {"name": "static-of-kim", "type": "STATIC"})["id"]
    client.want(200, "POST", f"/segments/{static}/members", {"emails": [email]})
    tracked = client.want(201, "POST", "/segments", {
        "name": "Tracked of Kim", "trackMembership": True,
        "condition": condition("data.secret", "exists")})["id"]
    client.want(201, "POST", "/webhooks", {"url": "http://127.0.0.1:9/x", "events": ["*"]})
    client.want(200, "POST", f"/segments/{tracked}/compute")
    client.want(200, "POST", "/v1/track", {"email": email, "event": "bought-by-kim", "data": {
        "sku": {"value": "sku-4711", "persistent": False}}})
    at = iso(int(time.time() * 1000) - 3_600_000)
    client.want(200, "POST", "/v1/email-events", {"events": [
        {"email": email, "type": "clicked", "emailId": "mail-0815", "timestamp": at, "url": "https://u/kim"}]})
    uuid = site.ids(email)[0]
    text = json.dumps(client.want(200, "GET", f"/contacts/{uuid}/export"))
    for word in (email, "hush-77", "tag-of-kim", "list-of-kim", "static-of-kim", "bought-by-kim", "sku-4711",
                 "mail-0815", "https://u/kim", "segment.tracked-of-kim.entry"):
        expect(word in text, f"the export does not say {word}: {text[:1500]}")
    job = site.bulk("unsubscribe", {"contactIds": [uuid]})
    site.done(job)
    expect(other not in text, "the export says something of somebody else")
    client.want(204, "DELETE", "/contacts/" + uuid)
    site.work()
    for word in (email, "hush-77", "sku-4711", "mail-0815", "https://u/kim"):
        found = tables_that_say(site, word)
        expect(not found, f"{word} still stands in {found}")
    equal(orphans(site), [], "rows of nobody")
    equal(client.request("GET", f"/contacts/{uuid}/export").status, 404, "export of nobody")


def tables_that_say(site, word):
    """Every text and blob of every row of the project, searched."""
    columns = site.stack.sql(
        "SELECT c.table_name, c.column_name FROM information_schema.columns c JOIN "
        "information_schema.columns p ON p.table_schema = c.table_schema AND p.table_name = c.table_name "
        "AND p.column_name = 'project_id' WHERE c.table_schema = DATABASE() AND c.data_type IN "
        "('varchar', 'char', 'text', 'mediumtext', 'longtext', 'blob', 'mediumblob', 'longblob', "
        "'varbinary') AND c.table_name NOT IN ('base_chunk', 'delta_chunk')")
    return [f"{table}.{column}" for table, column in columns if site.stack.sql(
        f"SELECT COUNT(*) FROM `{table}` WHERE project_id = {site.project.number} AND "
        f"INSTR(CAST(`{column}` AS BINARY), CAST('{word}' AS BINARY))")[0][0] != "0"]


# ---- pages behind links ----------------------------------------------------------------------------


def links(site, uuid):
    found = site.client.want(200, "GET", "/contacts/" + uuid)
    return {n: urllib.parse.urlsplit(found[n]).path + (
        "?" + urllib.parse.urlsplit(found[n]).query if urllib.parse.urlsplit(found[n]).query else "")
        for n in ("unsubscribeUrl", "subscribeUrl", "manageUrl")}


def token_of(path):
    return re.search(r"/contacts/public/([A-Za-z0-9_-]+)", path)[1]


def public_pages(running):
    """A link shows and changes one subscription, and only by POST; any other token is nothing."""
    site = Site(running, "public")
    site.contacts(2)
    uuid, second = site.ids("p0@example.com", "p1@example.com")
    here, anybody = links(site, uuid), Client(running.url)
    token = token_of(here["unsubscribeUrl"])
    for path in {*here.values(), f"/contacts/public/{token}"}:
        reply = anybody.request("GET", path)
        equal(reply.status, 200, f"GET {path}")
        equal(reply.headers.get("Referrer-Policy"), "no-referrer", f"{path}: Referrer-Policy")
        expect(reply.headers.get("Set-Cookie") is None, "a cookie")
    shown = anybody.want(200, "GET", f"/contacts/public/{token}", headers={"Accept": "application/json"})
    equal({k: shown[k] for k in ("id", "email", "subscribed")},
          {"id": uuid, "email": "p0@example.com", "subscribed": True}, "shown")
    expect("language" in shown and "data" not in shown, f"shown {shown}")
    equal(site.rows()["p0@example.com"]["status"], "subscribed", "GET changes nothing")
    told = anybody.want(200, "POST", f"/contacts/public/{token}/unsubscribe", {})
    equal(told, {"id": uuid, "email": "p0@example.com", "subscribed": False}, "unsubscribed")
    equal(site.rows()["p0@example.com"]["status"], "unsubscribed", "status")
    again = token_of(here["subscribeUrl"])
    told = anybody.want(200, "POST", f"/contacts/public/{again}/subscribe", {})
    equal(told, {"id": uuid, "email": "p0@example.com", "subscribed": True}, "subscribed")
    reply = anybody.request("POST", here["unsubscribeUrl"], b"List-Unsubscribe=One-Click",
                            {"Content-Type": "application/x-www-form-urlencoded"})
    expect(reply.status in (200, 202, 204), f"one click: {reply!r}")
    equal(site.rows()["p0@example.com"]["status"], "unsubscribed", "one click")
    equal(site.rows()["p1@example.com"]["status"], "subscribed", "the other one")
    for wrong in (uuid, second, token[:-1], token + "A", "A" * len(token), token[:10] + ("A" if token[10] != "A"
                  else "B") + token[11:], token.swapcase()):
        for method, tail in (("GET", ""), ("POST", "/subscribe"), ("POST", "/unsubscribe")):
            reply = anybody.request(method, f"/contacts/public/{wrong}{tail}",
                                    {} if method == "POST" else None)
            expect(reply.status in (404, 405), f"{method} {wrong}{tail}: {reply!r}")
    site.client.want(200, "POST", "/v1/email-events", {"events": [{
        "email": "p0@example.com", "type": "complained", "emailId": "1", "timestamp": iso(
            int(time.time() * 1000) - 1000)}]})
    anybody.request("POST", f"/contacts/public/{again}/subscribe", {})
    equal(site.rows()["p0@example.com"]["status"] in ("complained", "subscribed"), True, "after a complaint")
    site.client.want(204, "DELETE", "/contacts/" + uuid)
    equal(anybody.request("GET", f"/contacts/public/{token}").status, 404, "of somebody who is gone")


def links_of_another_project(running):
    """A token holds in its project's secret only."""
    one, two = Site(running, "link one"), Site(running, "link two")
    tokens = []
    for site in (one, two):
        site.contacts(1)
        tokens.append(token_of(links(site, site.ids("p0@example.com")[0])["unsubscribeUrl"]))
    expect(tokens[0] != tokens[1], "equal tokens")
    anybody = Client(running.url)
    anybody.want(200, "POST", f"/contacts/public/{tokens[0]}/unsubscribe", {})
    equal((one.rows()["p0@example.com"]["status"], two.rows()["p0@example.com"]["status"]),
          ("unsubscribed", "subscribed"), "only the one")


CASES = [bulk_by_ids, bulk_by_filter, bulk_tells_webhooks, bulk_survives_kills, bulk_beside_writers, streaming,
         streaming_beside_writes, spreadsheets, everything_known, public_pages, links_of_another_project]


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--stack", help="directory of a running stack with --worker manual")
    arguments.add_argument("--members", type=int, default=250_000)
    arguments.add_argument("cases", nargs="*")
    given = arguments.parse_args()
    failed = passed = 0
    with stack(given.stack) as running:
        for case in CASES:
            if given.cases and not any(c in case.__name__ for c in given.cases):
                continue
            try:
                case(running, given.members) if case is streaming else case(running)
                passed += 1
                print("ok  ", case.__name__, flush=True)
            except (AssertionError, Unexpected, RuntimeError, KeyError, TypeError, ValueError) as failure:
                failed += 1
                print("FAIL", case.__name__, f"{type(failure).__name__}: {str(failure)[:2000]}", flush=True)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
