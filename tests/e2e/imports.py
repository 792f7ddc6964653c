#!/usr/bin/python3
"""Imports: what a file says is what the rows are; bad files and bad rows are told; a kill at any
moment loses no row and makes none twice.

    imports.py [--stack DIR] [--line-mb 300] [CASE ...]
"""
import argparse
import contextlib
import csv
import http.client
import io
import json
import os
import random
import socket
import subprocess
import sys
import time
import urllib.parse

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)))

from lib.client import query  # noqa: E402
from lib.draw import iso  # noqa: E402
from lib.rows import read  # noqa: E402
from lib.stack import stack  # noqa: E402

LEASE_SECONDS = 2
OVER = ("completed", "failed", "cancelled")
ERRORS_TOLD = 1000


def expect(condition, problem):
    if not condition:
        raise AssertionError(problem)


def equal(got, wanted, what):
    expect(got == wanted, f"{what}: got {got!r}, wanted {wanted!r}")


# ---- short forms -----------------------------------------------------------------------------


class Importer:
    """One project's imports."""

    def __init__(self, project):
        self.project, self.stack, self.client = project, project.stack, project.client()

    def environment(self):
        return {**os.environ, **self.stack.env, "MUSTER_LEASE_SECONDS": str(LEASE_SECONDS)}

    def send(self, body, kind="contacts", content_type="text/csv", headers=None, **options):
        body = body.encode() if isinstance(body, str) else body
        return self.client.request("POST", query(f"/{kind}/import", **options), body,
                                   {"Content-Type": content_type, **(headers or {})})

    def start(self, body, kind="contacts", **more):
        """The id of a job that waits."""
        reply = self.send(body, kind, **more)
        expect(reply.status == 202, f"import: {reply!r}")
        answer = reply.json()
        equal(answer["message"], "Import queued successfully", "message")
        return answer["jobId"]

    def job(self, job_id, kind="contacts"):
        return self.client.want(200, "GET", f"/{kind}/import/{job_id}")

    def worker(self):
        """A worker of ours that does the imports that are there."""
        return subprocess.Popen([os.path.join(self.stack.env["MUSTER_BIN"], "muster-worker"),
                                 "import", "--now"], env=self.environment(),
                                stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)

    def work(self):
        worker = self.worker()
        words = worker.communicate(timeout=300)[1]
        expect(worker.returncode == 0, f"worker: exit {worker.returncode} {words[-1000:]}")

    def run(self, body, kind="contacts", **more):
        """The job, done."""
        job_id = self.start(body, kind, **more)
        self.work()
        return self.job(job_id, kind)

    def world(self):
        return read(self.stack, self.project.number)

    def left_behind(self):
        """Parts that should be gone."""
        return int(self.stack.sql("SELECT COUNT(*) FROM import_part WHERE project_id = "
                                  f"{self.project.number}")[0][0])

    def command(self, *arguments, data=None, **environment):
        """(exit status, output) of `muster import`."""
        done = subprocess.run([os.path.join(self.stack.env["MUSTER_BIN"], "muster"), "import",
                               *arguments, "--project", str(self.project.number)], input=data,
                              env={**self.environment(), **environment}, capture_output=True,
                              timeout=300, check=False)
        return done.returncode, (done.stdout + done.stderr).decode()


def counts(job):
    return tuple(job[name] for name in ("created", "updated", "unchanged", "skipped", "rejected"))


def by_email(world):
    return {c["email"]: c for c in world.contacts}


def multipart(content, name="file", file_name="contacts.csv", content_type="text/csv"):
    boundary = "----MusterFormBoundary"
    body = (f"--{boundary}\r\nContent-Disposition: form-data; name=\"note\"\r\n\r\nhello\r\n"
            f"--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"; "
            f"filename=\"{file_name}\"\r\nContent-Type: {content_type}\r\n\r\n").encode()
    body += content if isinstance(content, bytes) else content.encode()
    return body + f"\r\n--{boundary}--\r\n".encode(), f"multipart/form-data; boundary={boundary}"


def people(count, more="", start=0):
    return "email,n\n" + "".join(f"c{i}@example.com,{i}{more}\n" for i in range(start, start + count))


# ---- what is imported ------------------------------------------------------------------------


def contacts(importer):
    """Types, nesting, merging, subscriptions; the columns then answer as the rows."""
    client = importer.client
    client.want(201, "POST", "/contacts", {"email": "old@example.com", "data": {"keep": 1, "n": 1}})
    client.want(201, "POST", "/contacts", {"email": "same@example.com", "data": {"n": 3}})
    body = ("id,email,subscribed,n,zip,o.city,o.geo.lat,note,createdAt\r\n"
            "1, New@Example.com ,yes,2.5,01234,Ulm,48.4,\"a, \"\"b\"\"\nc\",2020-01-01\r\n"
            "2,old@example.com,no,,,,,,\r\n"
            "3,same@example.com,,3,,,,,\r\n"
            "4,new@example.com,,7,,,,,\r\n")
    content, content_type = multipart(body)
    job = importer.run(content, content_type=content_type)
    equal((job["state"], job["status"], job["progress"], counts(job)),
          ("completed", "completed", 100, (1, 2, 1, 0, 0)), "job")
    equal((job["rows"], job["rowsDone"], job["totalRows"], job["bytes"], job["bytesDone"]),
          (4, 4, 4, len(body), len(body)), "sizes")
    found = by_email(importer.world())
    equal(found["new@example.com"]["data"],
          {"n": 7, "zip": "01234", "o": {"city": "Ulm", "geo": {"lat": 48.4}}, "note": 'a, "b"\nc'},
          "data")
    expect(found["new@example.com"]["createdAt"] > 1.7e12, "createdAt was taken from the file")
    equal((found["old@example.com"]["data"], found["old@example.com"]["status"]),
          ({"keep": 1, "n": 1}, "unsubscribed"), "old")
    expect("contact.unsubscribed" in found["old@example.com"]["events"], "no event of the flip")
    preview = client.want(200, "POST", "/segments/preview", {"condition": {
        "logic": "AND", "groups": [{"filters": [
            {"field": "data.o.geo.lat", "operator": "equals", "value": 48.4}]}]}})
    equal(preview["count"], 1, "preview")
    equal(importer.left_behind(), 0, "parts")


def modes(importer):
    """create leaves out who is there, update who is not; the same address twice."""
    importer.run(people(3))
    job = importer.run(people(3, start=2) + "c4@example.com,9\n", mode="create")
    equal(counts(job), (2, 0, 0, 2, 0), "create")
    found = by_email(importer.world())
    equal([found[f"c{i}@example.com"]["data"]["n"] for i in range(5)], [0, 1, 2, 3, 4], "create")
    job = importer.run("email,n\nc0@example.com,7\nnobody@example.com,7\nc1@example.com,1\n",
                       mode="update")
    equal(counts(job), (0, 1, 1, 1, 0), "update")
    expect("nobody@example.com" not in by_email(importer.world()), "update made a contact")


def dry_run(importer):
    """The counts of a real run, and nothing stored, not even names."""
    importer.run(people(5))
    before = importer.world().contacts
    body = people(20_000, start=3) + people(4, start=5)[8:] + "broken\nx,1\n"
    body = body.replace("email,n", "email,fresh")
    job = importer.run(body, dryRun="true")
    equal((job["state"], counts(job)), ("completed", (19_998, 6, 0, 0, 2)), "dry run")
    equal([e["row"] for e in job["errors"]], [20_005, 20_006], "errors")
    equal(importer.world().contacts, before, "contacts")
    fields = importer.client.want(200, "GET", "/contacts/fields")["fields"]
    expect("data.fresh" not in json.dumps(fields), f"a dry run made a field: {fields}")
    job = importer.run(body)
    equal(counts(job), (19_998, 2, 4, 0, 2), "the real run")


def created_at(importer):
    """createdAt holds with keepCreatedAt, for contacts that are made, and not in the future."""
    importer.run(people(1))
    body = ("email,createdAt\nc0@example.com,2001-01-01\nb@example.com,2020-05-06T07:08:09Z\n"
            f"d@example.com,{iso(int(time.time() * 1000) + 60_000)}\ne@example.com,soon\n")
    job = importer.run(body, keepCreatedAt="1")
    equal(counts(job), (1, 0, 1, 0, 2), "counts")
    found = by_email(importer.world())
    equal(iso(found["b@example.com"]["createdAt"]), "2020-05-06T07:08:09.000Z", "createdAt")
    expect(found["c0@example.com"]["createdAt"] > 1.7e12, "the createdAt of a contact changed")
    answer = importer.client.want(200, "GET", query("/contacts", filter=json.dumps({
        "logic": "AND", "groups": [{"filters": [
            {"field": "createdAt", "operator": "lessThan", "value": "2021-01-01"}]}]})))
    equal([c["email"] for c in answer["data"]], ["b@example.com"], "by createdAt")


def into_a_segment(importer):
    """The contacts become members; a dynamic or unknown segment is refused."""
    client = importer.client
    static = client.want(201, "POST", "/segments", {"name": "s", "type": "STATIC"})["id"]
    dynamic = client.want(201, "POST", "/segments", {"name": "d", "condition": {
        "logic": "AND", "groups": [{"filters": [
            {"field": "data.n", "operator": "exists"}]}]}})["id"]
    reply = importer.send(people(1), segmentId=dynamic)
    equal((reply.status, reply.json()["error"]["message"]),
          (400, "Can only add contacts to STATIC segments"), "dynamic")
    for unknown in ("x", "00000000-0000-4000-8000-000000000000"):
        equal(importer.send(people(1), segmentId=unknown).status, 404, "unknown segment")
    importer.run(people(2))
    job = importer.run(people(3000, start=1) + "bad,1\n", segmentId=static)
    equal(counts(job), (2999, 0, 1, 0, 1), "counts")
    page = client.want(200, "GET", f"/segments/{static}/contacts?pageSize=1")
    equal(page["total"], 3000, "members")
    job = importer.run("email,event\nc0@example.com,e\n", "events", segmentId=static)
    equal(client.want(200, "GET", f"/segments/{static}/contacts?pageSize=1")["total"], 3001,
          "members by events")
    job_id = importer.start(people(5), segmentId=static)
    client.want(204, "DELETE", "/segments/" + static)
    importer.work()
    job = importer.job(job_id)
    equal((job["state"], job["failedReason"]),
          ("failed", "the segment was deleted while the import ran"), "segment gone")


def events(importer):
    """CSV and NDJSON: every row is kept, data stays on the event, the rollups say what the log says."""
    client = importer.client
    client.want(201, "POST", "/contacts", {"email": "a@example.com", "subscribed": False,
                                           "data": {"plan": "pro"}})
    body = ("email,event,timestamp,amount,plan\n"
            "a@example.com,purchase,2020-02-03T04:05:06Z,9.5,old\n"
            "a@example.com,purchase,2020-02-03T04:05:06Z,9.5,old\n"
            "B@example.com,visit,2020-02-04,,\n"
            "a@example.com,visit,,,\n"
            "a@example.com,email.open,,,\n"
            f"a@example.com,visit,{iso(int(time.time() * 1000) + 3_600_000)},,\n")
    job = importer.run(body, "events")
    equal((job["state"], counts(job)), ("completed", (4, 0, 0, 0, 2)), "csv")
    lines = [{"email": "a@example.com", "event": "purchase", "timestamp": "2019-01-01T00:00:00Z",
              "data": {"amount": 1, "plan": "older"}},
             {"email": "c@example.com", "event": "visit", "subscribed": False},
             {"email": "a@example.com", "event": "visit", "subscribed": True,
              "preserveExistingSubscription": True}, [1]]
    job = importer.run("\n".join(json.dumps(line) for line in lines), "events",
                       content_type="application/x-ndjson")
    equal((job["state"], counts(job), job["data"]["format"]),
          ("completed", (3, 0, 0, 0, 1), "ndjson"), "ndjson")
    world = importer.world()
    equal(world.broken_rollups, [], "rollups")
    found = by_email(world)
    equal((found["a@example.com"]["data"], found["a@example.com"]["status"]),
          ({"plan": "pro"}, "unsubscribed"), "a")
    equal(sorted((name, len(at)) for name, at in found["a@example.com"]["events"].items()),
          [("purchase", 3), ("visit", 2)], "events of a")
    equal((found["b@example.com"]["status"], found["c@example.com"]["status"]),
          ("subscribed", "unsubscribed"), "new contacts")
    told = client.want(200, "GET", "/events/contact/" + found["a@example.com"]["id"])["events"]
    equal(sorted(json.dumps(e["data"]) for e in told if e["name"] == "purchase"),
          ['{"amount": 1, "plan": "older"}'] + ['{"amount": 9.5, "plan": "old"}'] * 2, "data")
    content, content_type = multipart('{"email":"d@example.com","event":"x"}\n',
                                      file_name="e.ndjson", content_type="")
    equal(counts(importer.run(content, "events", content_type=content_type)), (1, 0, 0, 0, 0),
          "multipart ndjson")
    job = importer.run("email,event\nz@example.com,x\na@example.com,x\n", "events", mode="update")
    equal(counts(job), (1, 0, 0, 1, 0), "update")


def round_trip(importer):
    """What a spreadsheet was given comes back: quotes before formulas, our own columns."""
    body = ("\"id\",\"email\",\"subscribed\",\"status\",\"createdAt\",\"updatedAt\",\"data.f\","
            "\"data.o.x\"\r\n\"1\",\"a@example.com\",\"false\",\"unsubscribed\",\"2020-01-01\","
            "\"2020-01-01\",\"'=1+1\",\"'-5\"\r\n")
    equal(counts(importer.run(body)), (1, 0, 0, 0, 0), "counts")
    found = by_email(importer.world())["a@example.com"]
    equal((found["data"], found["status"]), ({"f": "=1+1", "o": {"x": -5}}, "unsubscribed"), "row")
    importer.run(body, spreadsheet="0")
    found = by_email(importer.world())["a@example.com"]
    equal(found["data"], {"f": "'=1+1", "o": {"x": "'-5"}}, "quotes kept")


# ---- bad input -------------------------------------------------------------------------------


def bad_files(importer):
    """A file that cannot be read fails as a whole, with a reason; nothing of it is imported."""
    text = people(50)
    failing = {
        "UTF-16": (text.encode("utf-16"), "UTF-16"),
        "UTF-16 without a mark": (text.encode("utf-16-le"), "UTF-16"),
        "a ZIP": (b"PK\x03\x04" + random.Random(1).randbytes(5000), "spreadsheet"),
        "noise": (b"\x01\x00" + random.Random(2).randbytes(300_000), ""),
        "JSON": (b'{"email": "a@example.com"}', "email"),
        "no email column": ("name,mail\nx,y\n".encode(), "email"),
        "only newlines": (b"\n\n\n", "empty"),
        "a column twice": (b"email,a,a\nx@example.com,1,2\n", "twice"),
        "1,001 columns": (("email" + ",c" * 1000).encode(), "1000 columns"),
        "an open quote in the header": (b"email,\"a\nx@example.com,1\n", "closed"),
    }
    for name, (body, word) in failing.items():
        job = importer.run(body)
        equal((job["state"], job["status"], counts(job)), ("failed", "failed", (0,) * 5), name)
        expect(word in job["failedReason"], f"{name}: {job['failedReason']}")
    job = importer.run('[{"email":"a@b.c"}]', "events", content_type="application/x-ndjson")
    expect(job["state"] == "failed" and "NDJSON" in job["failedReason"], f"an array: {job}")
    job = importer.run("email\n")
    equal((job["state"], counts(job), job["rows"]), ("completed", (0,) * 5, 0), "only a header")
    equal(importer.world().contacts, [], "contacts")
    equal(importer.left_behind(), 0, "parts")


def bad_rows(importer):
    """One bad row never costs another; each is told with its number, line and reason."""
    body = ("email,n\na@example.com,1\n\nb@example.com\nc@example.com,1,2\nnobody,1\n,1\n"
            "\"d@example.com\"x,1\n\"e@example.com\",\"two\nlines\"\n").encode()
    body += "M\xfcller@example.com,1\n".encode("latin-1") + b"f@exa\0mple.com,1\n"
    body += b"g@example.com," + b"x" * 40_000 + b"\nh@example.com,2\n"
    job = importer.run(body)
    equal((job["state"], counts(job)), ("completed", (3, 0, 0, 0, 8)), "job")
    told = [(e["row"], e["line"], e["email"], e["reason"]) for e in job["errors"]]
    wanted = [(2, 4, "b@example.com", "1 cell"), (3, 5, "c@example.com", "3 cells"),
              (4, 6, "nobody", "Invalid email address"), (5, 7, "", "email is missing"),
              (6, 8, "", "closing quote"), (8, 11, "", "UTF-8"), (9, 12, "", "NUL"),
              (10, 13, "g@example.com", "32768 bytes")]
    equal([t[:3] for t in told], [w[:3] for w in wanted], "places")
    for (*_, reason), (*_, word) in zip(told, wanted):
        expect(word in reason, f"{reason} does not say {word}")
    equal(sorted(by_email(importer.world())), ["a@example.com", "e@example.com", "h@example.com"],
          "contacts")
    job = importer.run(people(3) + "d@example.com,\"open\nx@example.com,1\ny@example.com,2\n")
    equal((job["state"], counts(job)), ("failed", (3, 0, 0, 0, 1)), "an open quote")
    expect("line 5" in job["failedReason"], job["failedReason"])


def many_errors(importer):
    """errors.csv has every refused row, the job the first thousand."""
    body = "email,n\n" + "".join(f"c{i}@example.com,1\n=bad{i},1\n" for i in range(6000))
    job_id = importer.start(body)
    importer.work()
    job = importer.job(job_id)
    equal((counts(job), len(job["errors"])), ((6000, 0, 0, 0, 6000), ERRORS_TOLD), "job")
    reply = importer.client.request("GET", f"/contacts/import/{job_id}/errors.csv")
    equal((reply.status, reply.headers["Content-Type"]), (200, "text/csv; charset=utf-8"), "head")
    rows = list(csv.reader(io.StringIO(reply.body.decode())))
    equal(rows[0], ["row", "line", "email", "reason"], "header")
    equal(rows[1:], [[str(2 * i + 2), str(2 * i + 3), f"=bad{i}", "Invalid email address"]
                     for i in range(6000)], "rows")
    safe = importer.client.request("GET", f"/contacts/import/{job_id}/errors.csv?spreadsheet=1")
    equal(list(csv.reader(io.StringIO(safe.body.decode())))[1][2], "'=bad0", "spreadsheet")
    expect(b"\"'=bad0\"" in safe.body, "every field is quoted")


def refusals(importer):
    """What is refused before a job is there, and that nothing is there then."""
    body = people(1)
    wanted = [
        (400, "CSV file is required", importer.send(b"")),
        (400, "CSV file is required", importer.send(body, content_type="application/json")),
        (400, "CSV file is required", importer.send(body, content_type="application/x-ndjson")),
        (400, "CSV file is required", importer.send(*multipart_parts("other", body))),
        (400, None, importer.send(body, content_type="multipart/form-data")),
        (400, None, importer.send(body, content_type="multipart/form-data; boundary=x")),
        (400, "The file is empty", importer.send(*multipart_parts("file", ""))),
        (400, "mode must be upsert, create or update", importer.send(body, mode="replace")),
        (400, "mode must be upsert or update", importer.send(body, "events", mode="create")),
        (400, "dryRun must be true or false", importer.send(body, dryRun="maybe")),
        (400, None, importer.send(body, tag=" ")),
        (415, None, importer.send(body, headers={"Content-Encoding": "gzip"})),
    ]
    for status, message, reply in wanted:
        expect(reply.status == status, f"{message}: {reply!r}")
        got = reply.json()["error"]["message"]
        expect(message in (None, got), f"got {got}, wanted {message}")
    public = importer.project.client(importer.project.public)
    equal(public.request("POST", "/contacts/import", body.encode(),
                         {"Content-Type": "text/csv"}).status, 401, "public key")
    for path in ("x", "00000000-0000-4000-8000-000000000000"):
        for method, more in (("GET", ""), ("GET", "/errors.csv"), ("POST", "/cancel")):
            reply = importer.client.request(method, f"/contacts/import/{path}{more}")
            equal((reply.status, reply.json()["error"]["message"]), (404, "Import job not found"),
                  path + more)
    equal(importer.stack.sql("SELECT COUNT(*) FROM import_job WHERE project_id = "
                             f"{importer.project.number}"), [["0"]], "jobs")
    equal(importer.left_behind(), 0, "parts")
    status, output = importer.command("contacts", "-", data=body.encode(),
                                      MUSTER_IMPORT_RESERVE=str(1 << 60))
    expect(status == 1 and "no room" in output, f"a full disk: {status} {output}")


def multipart_parts(name, content):
    body, content_type = multipart(content, name=name)
    return body, "contacts", content_type


def others(importer):
    """A job is its project's and its kind's."""
    job_id = importer.start(people(1))
    stranger = importer.stack.project("stranger").client()
    for path in (f"/contacts/import/{job_id}", f"/contacts/import/{job_id}/errors.csv"):
        equal(stranger.request("GET", path).status, 404, path)
    equal(stranger.request("POST", f"/contacts/import/{job_id}/cancel").status, 404, "cancel")
    equal(importer.client.request("GET", f"/events/import/{job_id}").status, 404, "kind")
    importer.work()


def open_jobs(importer):
    """Two at a time; one that ends or is cancelled makes room."""
    first, second = importer.start(people(2)), importer.start(people(2, start=2))
    reply = importer.send(people(1))
    expect(reply.status == 409 and "2 imports" in reply.json()["error"]["message"], repr(reply))
    job = importer.job(first)
    equal((job["state"], job["status"], job["startedAt"], job["finishedAt"], job["result"],
           job["rows"], job["rowsDone"]), ("waiting", "queued", None, None, None, 2, 0), "waiting")
    cancelled = importer.client.want(200, "POST", f"/contacts/import/{first}/cancel")
    equal((cancelled["state"], cancelled["id"]), ("cancelled", first), "cancelled")
    equal(importer.client.request("POST", f"/contacts/import/{first}/cancel").status, 409, "again")
    third = importer.start(people(2, start=4))
    importer.work()
    equal([importer.job(j)["state"] for j in (first, second, third)],
          ["cancelled", "completed", "completed"], "states")
    equal(len(importer.world().contacts), 4, "contacts")
    equal(importer.client.request("POST", f"/contacts/import/{second}/cancel").status, 409, "over")
    importer.work()  # sweeps
    equal(importer.left_behind(), 0, "parts")


# ---- size ------------------------------------------------------------------------------------


def memory_peak(pid):
    """KiB."""
    with open(f"/proc/{pid}/status", encoding="ascii") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("VmHWM:"))


def upload_stream(importer, pieces, length, timeout=300):
    """Sends pieces as one body with a Content-Length."""
    parts = urllib.parse.urlsplit(importer.stack.url)
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=timeout)
    with contextlib.closing(connection):
        connection.request("POST", "/contacts/import", body=pieces, encode_chunked=False, headers={
            "Authorization": "Bearer " + importer.project.secret, "Content-Type": "text/csv",
            "Content-Length": str(length)})
        answer = connection.getresponse()
        return answer.status, answer.read()


def a_huge_line(importer, megabytes=300):
    """It costs time but no memory, neither in the API nor in the worker."""
    head, tail = b"email,n\na@example.com,1\nb@example.com,", b"\nc@example.com,2\n"

    def pieces():
        yield head
        for _ in range(megabytes):
            yield b"y" * (1 << 20)
        yield tail

    status, body = upload_stream(importer, pieces(), len(head) + (megabytes << 20) + len(tail))
    expect(status == 202, f"{status} {body[:300]}")
    worker = importer.worker()
    peak = 0
    while worker.poll() is None:
        with contextlib.suppress(OSError, StopIteration):
            peak = max(peak, memory_peak(worker.pid))
        time.sleep(0.05)
    worker.communicate()
    job = importer.job(json.loads(body)["jobId"])
    equal((job["state"], counts(job)), ("completed", (2, 0, 0, 0, 1)), "job")
    equal((job["errors"][0]["row"], job["errors"][0]["line"], job["errors"][0]["reason"]),
          (2, 3, "the row is longer than 1048576 bytes"), "error")
    api = max(memory_peak(importer.stack.pid(name)) for name in importer.stack.names()
              if name.startswith("bulk-"))
    expect(0 < peak < 64 * 1024 and api < 64 * 1024, f"worker {peak} KiB, API {api} KiB")


def too_large(importer):
    """Over 2 GiB is refused by its length; other routes keep their own limit."""
    parts = urllib.parse.urlsplit(importer.stack.url)
    for path, length in (("/contacts/import", 2 << 31), ("/events/import?mode=update", 2 << 31),
                         ("/contacts/batch", 2 << 20)):
        with socket.create_connection((parts.hostname, parts.port), timeout=30) as client:
            client.sendall(f"POST {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer "
                           f"{importer.project.secret}\r\nContent-Type: text/csv\r\n"
                           f"Content-Length: {length}\r\n\r\n".encode())
            answer = http.client.HTTPResponse(client)
            answer.begin()
            error = json.loads(answer.read())["error"]
        limit = "2147483648" if "import" in path else "1048576"
        equal((answer.status, error["code"]), (413, "PAYLOAD_TOO_LARGE"), path)
        expect(limit in error["message"], error["message"])


def broken_upload(importer):
    """An upload that breaks off leaves nothing; a client that takes its time is served."""
    parts = urllib.parse.urlsplit(importer.stack.url)
    body = people(2000).encode()
    head = (f"POST /contacts/import HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer "
            f"{importer.project.secret}\r\nContent-Type: text/csv\r\n"
            f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n").encode()
    with socket.create_connection((parts.hostname, parts.port), timeout=30) as client:
        client.sendall(head + body[:-1])
    time.sleep(0.3)
    equal(importer.stack.sql("SELECT COUNT(*) FROM import_job WHERE project_id = "
                             f"{importer.project.number}"), [["0"]], "jobs")
    with socket.create_connection((parts.hostname, parts.port), timeout=30) as client:
        client.sendall(head)
        for at in range(0, len(body), 8000):
            client.sendall(body[at:at + 8000])
            time.sleep(0.05)
        answer = http.client.HTTPResponse(client)
        answer.begin()
        equal(answer.status, 202, "a slow client")
    importer.work()
    equal(len(importer.world().contacts), 2000, "contacts")


def given_up_upload(importer):
    """An API process that dies in the middle leaves an upload that counts for nothing and is swept."""
    number = importer.project.number
    importer.stack.sql(
        "INSERT INTO import_job (project_id, job_id, kind, format, mode, dry_run, keep_created,"
        " spreadsheet, state, bytes, part_count, lease_until_ms, turn_ms, created_ms) SELECT"
        f" {number}, RANDOM_BYTES(16), 1, 1, 1, 0, 0, 1, 1, 3, 1, 5, 5, 5 FROM seq_1_to_2;"
        " INSERT INTO import_part (project_id, job_id, part, bytes) SELECT project_id, job_id, 0,"
        f" 'abc' FROM import_job WHERE project_id = {number}")
    job = importer.run(people(1))
    equal(job["state"], "completed", "beside them")
    importer.work()
    equal(importer.left_behind(), 0, "parts")
    equal(importer.stack.sql("SELECT COUNT(*) FROM import_job WHERE project_id = "
                             f"{number}"), [["1"]], "jobs")


# ---- stopping and dying ----------------------------------------------------------------------


def wait_for_rows(importer, job_id, kind, least, seconds=60):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        job = importer.job(job_id, kind)
        if job["rowsDone"] >= least or job["state"] in OVER:
            return job
        time.sleep(0.01)
    raise AssertionError(f"no {least} rows in {seconds} s")


def cancel(importer):
    """What is counted is done, and nothing after it."""
    job_id = importer.start(people(150_000))
    worker = importer.worker()
    job = wait_for_rows(importer, job_id, "contacts", 1)
    expect(job["state"] == "active" and job["progress"] < 100, f"it was too quick: {job}")
    told = importer.client.want(200, "POST", f"/contacts/import/{job_id}/cancel")
    worker.communicate(timeout=60)
    equal(worker.returncode, 0, "worker")
    job = importer.job(job_id)
    equal((job["state"], job["rowsDone"], job["finishedAt"]),
          ("cancelled", told["rowsDone"], told["finishedAt"]), "job")
    expect(0 < job["rowsDone"] < 150_000, f"rowsDone {job['rowsDone']}")
    number = importer.project.number
    equal(importer.stack.sql("SELECT COUNT(*) FROM contact WHERE project_id = "
                             f"{number}"), [[str(job["created"])]], "contacts")
    importer.work()
    equal(importer.left_behind(), 0, "parts")


def kill_and_resume(importer):
    """Workers are killed at random moments; at the end every row is there once, and told once."""
    chance = random.Random(5)
    rows = 120_000
    lines = ["email,event,timestamp,n\n"]
    for i in range(rows):
        email = f"c{i % 4000}@example.com" if i % 97 else "nobody"
        lines.append(f"{email},e{i % 3},2020-01-01,{i}\n")
    job_id = importer.start("".join(lines), "events")
    kills, done = 0, 0
    while True:
        workers = [importer.worker() for _ in range(chance.choice([1, 1, 2]))]
        least = done + chance.choice([1, 8000, 16_000])
        job = wait_for_rows(importer, job_id, "events", least)
        time.sleep(chance.random() * 0.1)
        for worker in workers:
            kills += worker.poll() is None
            worker.kill()
            worker.communicate()
        job = importer.job(job_id, "events")
        done = job["rowsDone"]
        if job["state"] in OVER:
            break
        time.sleep(LEASE_SECONDS + 0.1)  # what a dead worker held
    expect(kills >= 3, f"only {kills} kills")
    bad = len([i for i in range(rows) if i % 97 == 0])
    equal((job["state"], job["rows"], counts(job)), ("completed", rows, (rows - bad, 0, 0, 0, bad)),
          "job")
    number = importer.project.number
    stored = importer.stack.sql(
        "SELECT COUNT(*), COUNT(DISTINCT data) FROM event WHERE project_id = " f"{number}")
    equal(stored, [[str(rows - bad)] * 2], "events")
    refused = importer.stack.sql(
        f"SELECT COUNT(*), COUNT(DISTINCT row_no) FROM import_error WHERE project_id = {number}")
    equal(refused, [[str(bad)] * 2], "refused rows")
    equal(importer.world().broken_rollups, [], "rollups")
    importer.stack.program("muster-worker", "fold", "merge", "--now")
    importer.stack.program("muster", "verify", str(number))


def two_workers(importer):
    """Two jobs of one project, and workers that want the same: each row once."""
    first = importer.start(people(20_000), mode="create")
    second = importer.start(people(20_000, start=10_000), mode="create")
    workers = [importer.worker() for _ in range(3)]
    for worker in workers:
        worker.communicate(timeout=120)
        equal(worker.returncode, 0, "worker")
    importer.work()
    jobs = [importer.job(first), importer.job(second)]
    equal([j["state"] for j in jobs], ["completed"] * 2, "states")
    equal(sum(j["created"] for j in jobs), 30_000, "created")
    equal(sum(j["skipped"] for j in jobs), 10_000, "skipped")
    equal(len(importer.world().contacts), 30_000, "contacts")


# ---- the command, and who is told ------------------------------------------------------------


def command(importer):
    """muster import does all of it without a worker, says what was wrong, and how it ended."""
    status, output = importer.command("contacts", "-", data=(people(3) + "bad,1\n").encode())
    expect(status == 0 and "created 3, updated 0, unchanged 0, skipped 0, rejected 1" in output
           and "row 4 (line 5) bad: Invalid email address" in output, f"{status} {output}")
    status, output = importer.command("contacts", "-", "--dry-run", "--mode", "create",
                                      data=people(5).encode())
    expect(status == 0 and "created 2, updated 0, unchanged 0, skipped 3" in output, output)
    status, output = importer.command("events", "-", "--format", "ndjson",
                                      data=b'{"email":"c0@example.com","event":"e"}\n')
    expect(status == 0 and "created 1" in output, output)
    status, output = importer.command("contacts", "-", data=b"name\nx\n")
    expect(status == 1 and "email" in output, output)
    status, output = importer.command("contacts", "/nowhere.csv")
    expect(status == 1 and "/nowhere.csv" in output, output)
    status, output = importer.command("contacts", "-", "--mode", "replace", data=b"email\n")
    expect(status == 1 and "--mode" in output, output)
    equal(len(importer.world().contacts), 3, "contacts")
    equal(importer.left_behind(), 0, "parts")


def webhook(importer):
    """import.completed is published once, with the job; a cancelled one is not."""
    made = importer.client.want(201, "POST", "/webhooks", {
        "url": "http://127.0.0.1:9/hook", "events": ["import.completed"]})
    job = importer.run(people(2) + "bad,1\n")
    job_id = importer.start(people(2))
    importer.client.want(200, "POST", f"/contacts/import/{job_id}/cancel")
    importer.work()
    number = importer.project.number
    bodies = importer.stack.sql(f"SELECT HEX(body) FROM delivery WHERE project_id = {number}")
    equal(len(bodies), 1, "deliveries")
    body = json.loads(bytes.fromhex(bodies[0][0]))
    told = body["data"].get("job", body["data"])
    equal((body["type"], told["id"], told["state"], told["created"], told["rejected"]),
          ("import.completed", job["id"], "completed", 2, 1), "body")
    equal(told["errors"], [], "refused rows are not told")
    importer.client.want(204, "DELETE", "/webhooks/" + made["id"])


CASES = [contacts, modes, dry_run, created_at, into_a_segment, events, round_trip, bad_files,
         bad_rows, many_errors, refusals, others, open_jobs, a_huge_line, too_large, broken_upload,
         given_up_upload, cancel, kill_and_resume, two_workers, command, webhook]


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--stack", help="directory of a running stack with --worker manual")
    arguments.add_argument("--line-mb", type=int, default=300, help="length of the huge line")
    arguments.add_argument("cases", nargs="*", metavar="CASE")
    given = arguments.parse_args()
    passed = failed = 0
    with stack(given.stack) as running:
        for case in CASES:
            if given.cases and case.__name__ not in given.cases:
                continue
            started = time.monotonic()
            try:
                importer = Importer(running.project(case.__name__))
                more = {"megabytes": given.line_mb} if case is a_huge_line else {}
                case(importer, **more)
                passed += 1
                print(f"ok   {case.__name__} ({time.monotonic() - started:.1f} s)", flush=True)
            except Exception as failure:  # the others may still tell something
                failed += 1
                print(f"FAIL {case.__name__}: {type(failure).__name__}: {str(failure)[:1500]}",
                      flush=True)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
