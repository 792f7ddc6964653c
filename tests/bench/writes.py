"""What storing costs: tracks and contacts one by one over HTTP, and imports (see tools/bench)."""
import datetime
import http.client
import json
import os
import subprocess
import time

import files
import population as people
from wire import build, percentile

CONNECTIONS = 8
SECONDS = 10
TRACKS_WANTED, NEW_WANTED = 4000, 3500
IMPORTED_CONTACTS, IMPORTED_EVENTS = 300_000, 600_000
CONTACTS_WANTED, EVENTS_WANTED, MEMORY_MB = 60_000, 80_000, 256


# ---- one by one ------------------------------------------------------------------------------


def upserts(bench, new):
    while True:
        number = bench.random.getrandbits(48) if new else bench.anyone()
        yield build("POST", "/contacts", bench.key, {
            "email": f"new{number}@corp.example" if new else people.email(number),
            "data": {"plan": "pro", "country": "DE", "score": bench.random.randrange(1000)}})


def processor_seconds(bench):
    """CPU time so far of each kind of program."""
    found = {}
    for name in bench.stack.names():
        kind = name.split("-")[0]
        found[kind] = found.get(kind, 0) + bench.cpu_seconds(name)
    return found


def one_by_one(bench):
    for what, requests, wanted in (
            ("tracks of known contacts", bench.track(bench.anyone, people.EVENT_NAMES), TRACKS_WANTED),
            ("updates of known contacts", upserts(bench, False), None),
            ("new contacts", upserts(bench, True), NEW_WANTED)):
        before = {}
        load = bench.driver.drive(requests, SECONDS, CONNECTIONS,
                                  before=lambda: before.update(processor_seconds(bench)))
        used = {kind: seconds - before[kind] for kind, seconds in processor_seconds(bench).items()}
        used["client"] = load.client_seconds
        shares = ", ".join(f"{kind} {used[kind] / len(load.seconds) * 1e6:.0f}"
                           for kind in ("mariadbd", "api", "nginx", "client"))
        bench.table.add(f"{what}, {CONNECTIONS} connections",
                        f"{load.rate:,.0f} a second (p99 {percentile(load.seconds, 0.99) * 1e3:.1f} ms; "
                        f"CPU µs each: {shares})",
                        wanted and f"≥ {wanted:,} a second", wanted and load.rate >= wanted)
        bench.watch_memory()


# ---- files -----------------------------------------------------------------------------------


def upload(bench, project, kind, path):
    """The id of a job that waits."""
    connection = http.client.HTTPConnection("127.0.0.1", bench.port, timeout=120)
    with open(path, "rb") as file:
        connection.request("POST", f"/{kind}/import", file, {
            "Authorization": f"Bearer {project.secret}", "Content-Type": "text/csv",
            "Content-Length": str(os.path.getsize(path))})
        answer = connection.getresponse()
        text = answer.read()
    connection.close()
    assert answer.status == 202, f"{answer.status} {text[:500]}"
    return json.loads(text)["jobId"]


def peak_kb(pid):
    """The most memory that a process and its children had, in KB."""
    try:
        with open(f"/proc/{pid}/status", encoding="ascii") as file:
            own = next((int(line.split()[1]) for line in file if line.startswith("VmHWM")), 0)
        with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
            return own + sum(peak_kb(child) for child in file.read().split())
    except OSError:
        return 0  # it has just ended


def run_worker(bench):
    """Does the imports that wait; returns the most memory that the worker had, in MB."""
    worker = subprocess.Popen([os.path.join(bench.stack.env["MUSTER_BIN"], "muster-worker"), "import",
                               "--now"], env={**os.environ, **bench.stack.env},
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    peak = 0
    while worker.poll() is None:
        peak = max(peak, peak_kb(worker.pid))
        time.sleep(0.02)
    assert worker.returncode == 0, f"muster-worker import: exit {worker.returncode}"
    return peak / 1024


def instant(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def one_file(bench, project, kind, path, count):
    """(rows a second of the job, of upload and job, MB)"""
    started = time.perf_counter()
    job_id = upload(bench, project, kind, path)
    memory = run_worker(bench)
    elapsed = time.perf_counter() - started
    job = project.client().want(200, "GET", f"/{kind}/import/{job_id}")
    assert job["state"] == "completed" and job["created"] == count, f"{job}"
    return count / (instant(job["finishedAt"]) - instant(job["startedAt"])), count / elapsed, memory


def imports(bench):
    project = bench.stack.project("imports")
    path = os.path.join(bench.folder, "import.csv")
    for what, kind, count, make, wanted in (
            ("contacts", "contacts", IMPORTED_CONTACTS,
             lambda: files.contacts(path, IMPORTED_CONTACTS), CONTACTS_WANTED),
            ("events, visits of five on average", "events", IMPORTED_EVENTS,
             lambda: files.visits(path, IMPORTED_EVENTS, IMPORTED_CONTACTS), EVENTS_WANTED),
            ("events, no two neighbours of one contact", "events", IMPORTED_EVENTS,
             lambda: files.scattered(path, IMPORTED_EVENTS, IMPORTED_CONTACTS), EVENTS_WANTED)):
        make()
        rate, with_upload, memory = one_file(bench, project, kind, path, count)
        good = memory <= MEMORY_MB and (wanted is None or rate >= wanted)
        bench.table.add(f"import of {count:,} {what}",
                        f"{rate:,.0f} rows/s ({with_upload:,.0f} with the upload), {memory:.0f} MB",
                        f"≥ {wanted:,} rows/s, ≤ {MEMORY_MB} MB" if wanted else f"≤ {MEMORY_MB} MB",
                        good)
    bench.work()
    bench.stack.program("muster", "verify", str(project.number), timeout=600)


def measure(bench):
    one_by_one(bench)
    imports(bench)
