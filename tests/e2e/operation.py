#!/usr/bin/python3
"""Running Muster: the worker's processes, what systemd is told, what the demo shows, /metrics,
doctor, the master key.

    tests/e2e/operation.py
"""
import argparse
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)))

from lib.client import Client  # noqa: E402
from lib.stack import ROOT, alive, children_of, stack, tool  # noqa: E402

CLASSES = 6


def expect(condition, problem):
    if not condition:
        raise AssertionError(problem)


def wait_until(what, ready, seconds=10):
    """The first true answer of ready()."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = ready()
        if found:
            return found
        time.sleep(0.02)
    raise AssertionError(f"not within {seconds} s: {what}")


def processes_in(folder):
    """Living processes that work in a folder, or have."""
    found = []
    for name in os.listdir("/proc"):
        try:
            if name.isdigit() and alive(int(name)) and os.readlink(f"/proc/{name}/cwd").startswith(folder):
                found.append(int(name))
        except OSError:
            continue
    return found


def run(running, program, *arguments, **more):
    return subprocess.run([os.path.join(running.env["MUSTER_BIN"], program), *arguments],
                          env={**os.environ, **running.env, **more}, capture_output=True, text=True,
                          timeout=60, check=False)


# ---- the worker ------------------------------------------------------------------------------


def worker_processes(running, project):
    """One child for each class; who is killed is back; a parent takes its children along."""
    parent = running.pid("worker")
    before = wait_until("a child for each class", lambda: len(children_of(parent)) == CLASSES and
                        children_of(parent))
    os.kill(before[0], signal.SIGKILL)
    after = wait_until("all of them again", lambda: before[0] not in children_of(parent) and
                       len(children_of(parent)) == CLASSES and children_of(parent))
    expect(len(set(before) & set(after)) == CLASSES - 1, f"{before} became {after}")
    running.kill("worker")
    wait_until("the children end with their parent", lambda: not any(map(alive, after)), 2)
    running.restart("worker")
    parent = running.pid("worker")
    last = wait_until("a child for each class", lambda: len(children_of(parent)) == CLASSES and
                      children_of(parent))
    os.kill(parent, signal.SIGTERM)
    wait_until("all end", lambda: not any(map(alive, [parent, *last])), 10)
    running.restart("worker")
    return f"{CLASSES} classes"


def worker_words(running, project):
    """Classes and jobs by name; everything else is wrong usage."""
    helped = run(running, "muster-worker", "--help")
    expect(helped.returncode == 0 and helped.stdout.startswith("usage: "), f"{helped!r}")
    for words in (["import"], ["compute"], ["schedule"], ["call"], ["sns"], ["deliver"], ["all"], ["fold", "merge"], ["history", "cleanup"],
                  ["campaigns", "flows"],
                  ["all", "--now"]):
        done = run(running, "muster-worker", *words)
        expect(done.returncode == 0 and "level=error" not in done.stderr, f"{words}: {done!r}")
    for words in ([], ["fly"], ["fold", "--loop"], ["fold", "--loop", "0"], ["--now"],
                  ["fold", "--loop", "x"]):
        done = run(running, "muster-worker", *words)
        expect(done.returncode == 2, f"{words}: {done!r}")
    away = run(running, "muster-worker", "all", MUSTER_DB_SOCKET="/nonexistent")
    expect(away.returncode == 1 and "job failed" in away.stderr, f"{away!r}")
    return "known and unknown"


# ---- what systemd sees -----------------------------------------------------------------------


def told_systemd(running, project):
    """READY=1 at the start, WATCHDOG=1 while nothing happens, STOPPING=1 at the end."""
    folder = tempfile.mkdtemp(prefix="muster-notify-")
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify, \
                socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
            notify.bind(os.path.join(folder, "notify"))
            notify.settimeout(10)
            listener.bind(os.path.join(folder, "api.sock"))
            listener.listen(5)
            api = subprocess.Popen(
                [os.path.join(running.env["MUSTER_BIN"], "muster-api")], stdin=listener,
                stderr=subprocess.DEVNULL,
                env={**os.environ, **running.env, "WATCHDOG_USEC": "200000",
                     "NOTIFY_SOCKET": os.path.join(folder, "notify")})
            got = [notify.recv(100) for _ in range(4)]
            api.send_signal(signal.SIGTERM)
            while got[-1] != b"STOPPING=1":
                got.append(notify.recv(100))
            expect(api.wait(10) == 0, "an exit status that is not 0")
    finally:
        shutil.rmtree(folder)
    expect(got[0] == b"READY=1" and set(got[1:-1]) == {b"WATCHDOG=1"}, f"{got}")
    return f"{len(got)} notes"


def blocking_socket(running, project):
    """systemd makes the socket of the pool a blocking one with every start of a process, and so does
    the loop here. Who then loses the race for a connection must still hear SIGTERM."""
    folder = tempfile.mkdtemp(prefix="muster-blocking-")
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
            path = os.path.join(folder, "api.sock")
            listener.bind(path)
            listener.listen(64)
            pool = [subprocess.Popen([os.path.join(running.env["MUSTER_BIN"], "muster-api")],
                                     stdin=listener, stderr=subprocess.DEVNULL,
                                     env={**os.environ, **running.env}) for _ in range(6)]
            time.sleep(0.5)
            for _ in range(300):
                os.set_blocking(listener.fileno(), True)
                with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as peer:
                    peer.connect(path)
                time.sleep(0.002)
            time.sleep(0.5)
            for api in pool:
                api.send_signal(signal.SIGTERM)
            deadline, deaf = time.monotonic() + 3, []
            for api in pool:
                try:
                    api.wait(max(0.01, deadline - time.monotonic()))
                except subprocess.TimeoutExpired:
                    deaf.append(api)
            for api in deaf:
                api.kill()
                api.wait()
    finally:
        shutil.rmtree(folder)
    expect(not deaf, f"{len(deaf)} of {len(pool)} did not hear SIGTERM")
    return f"{len(pool)} processes end"


# ---- metrics ---------------------------------------------------------------------------------

SAMPLE = re.compile(r'(\w+)(\{(?:\w+="[^"\n\\]*",?)*\})? (-?[0-9.]+(?:e[+-]?\d+)?|\+Inf)')


def scrape(running):
    """Samples by name and labels; every line must be of the format."""
    client = Client(running.env["MUSTER_METRICS_URL"].rsplit("/", 1)[0])
    reply = client.request("GET", "/metrics")
    client.close()
    expect(reply.status == 200, f"{reply!r}")
    expect(reply.headers["Content-Type"].startswith("text/plain; version=0.0.4"), "content type")
    samples, typed = {}, set()
    for line in reply.body.decode().splitlines():
        if line.startswith("# TYPE "):
            expect(line.split()[2] not in typed, f"twice: {line}")
            typed.add(line.split()[2])
        elif not line.startswith("# HELP "):
            match = SAMPLE.fullmatch(line)
            expect(match, f"no sample: {line}")
            family = re.sub(r"_(bucket|sum|count)$", "", match[1])
            expect(match[1] in typed or family in typed, f"no type: {line}")
            expect(match[1] + (match[2] or "") not in samples, f"twice: {line}")
            samples[match[1] + (match[2] or "")] = float(match[3])
    return samples


def metrics(running, project):
    """Exactly what was asked is counted, over all processes of the pool."""
    client = project.client()
    before = scrape(running)
    for _ in range(20):
        client.want(200, "GET", "/contacts")
    for _ in range(3):
        client.want(404, "GET", "/nothing/here")
    client.want((200, 201), "POST", "/contacts", {"email": "a@firm.example"})
    running.program("muster-worker", "fold")
    after = scrape(running)

    def grown(name):
        return after.get(name, 0) - before.get(name, 0)

    route = 'method="GET",route="/contacts"'
    expect(grown(f'muster_requests_total{{{route},status="200"}}') == 20, "20 lists")
    expect(grown('muster_requests_total{method="GET",route="-",status="404"}') == 3, "3 unknown")
    expect(grown(f"muster_request_duration_seconds_count{{{route}}}") == 20, "20 durations")
    expect(grown(f'muster_request_duration_seconds_bucket{{{route},le="+Inf"}}') == 20, "buckets")
    expect(0 < grown(f"muster_request_duration_seconds_sum{{{route}}}") < 20, "seconds")
    expect(grown('muster_job_runs_total{job="fold",result="ok"}') >= 1, "a fold")
    age = time.time() - after['muster_job_last_run_timestamp_seconds{job="fold"}']
    expect(-1 < age < 30, f"the fold was {age} s ago")
    for name in ("muster_imports_open", "muster_deliveries_due", "muster_deliveries_dead",
                 "muster_webhooks_disabled", "muster_dirty_marks", "muster_imports_oldest_seconds",
                 "muster_deliveries_oldest_seconds"):
        expect(name in after, f"no {name}")
    expect(after["muster_database_up"] == 1, "the database is up")
    expect(client.request("GET", "/metrics").status == 404, "everybody can read it")
    running.kill("mariadbd")
    away = scrape(running)
    running.restart("mariadbd")
    running.wait_healthy()
    expect(away["muster_database_up"] == 0, "the database is away")
    return f"{len(after)} samples"


# ---- doctor and the master key ---------------------------------------------------------------


def verdicts(checked):
    """what -> verdict and words of each line of doctor."""
    found = {}
    for line in checked.stdout.splitlines():
        verdict, what, words = re.fullmatch(r"(ok   |warn |WRONG)  (.{12}) (.*)", line).groups()
        found.setdefault(what.strip(), []).append((verdict.strip(), words))
    return found


def doctor(running, project):
    """It finds what is wrong with the key, and touches nothing."""
    def of(what, status, **more):
        checked = run(running, "muster", "doctor", **more)
        expect(checked.returncode == status, f"{checked!r}")
        return verdicts(checked)[what]

    def only(what, verdict, words, status, **more):
        lines = of(what, status, **more)
        expect(any(v == verdict and re.search(words, w) for v, w in lines), f"{what}: {lines}")

    folder = tempfile.mkdtemp(prefix="muster-doctor-")
    try:
        path = os.path.join(folder, "key")
        shutil.copyfile(running.env["MUSTER_MASTER_KEY_FILE"], path)
        os.chmod(path, 0o400)
        only("master key", "ok", "key of", 0)
        only("master key", "ok", "key of", 0, MUSTER_MASTER_KEY_FILE=path)
        only("master key", "warn", "there is none", 0, MUSTER_MASTER_KEY_FILE="")
        os.chmod(path, 0o644)
        only("master key", "WRONG", "chmod", 1, MUSTER_MASTER_KEY_FILE=path)
        os.chmod(path, 0o600)
        project.client().want(201, "POST", "/webhooks", {"url": "http://127.0.0.1:9/hook"})
        only("master key", "WRONG", "master key", 1, MUSTER_MASTER_KEY_FILE="")
        with open(path, "wb") as file:
            file.write(b"short")
        only("master key", "WRONG", "32 random bytes", 1, MUSTER_MASTER_KEY_FILE=path)
        with open(path, "wb") as file:
            file.write(os.urandom(32))
        only("master key", "WRONG", r"(\d+) of \1 webhooks were sealed under another key", 1,
             MUSTER_MASTER_KEY_FILE=path)
        only("worker", "ok", "fold ran", 0)
        fresh = os.path.join(folder, "metrics")
        only("metrics", "warn", "first use", 0, MUSTER_METRICS_FILE=fresh)
        only("host memory", "warn", "first use", 0, MUSTER_HOST_MEMORY=folder + "/host")
        expect(os.listdir(folder) == ["key"], f"doctor left {os.listdir(folder)}")
        with open(fresh, "wb"):
            os.chmod(fresh, 0o600)
        only("worker", "warn", "never ran", 0, MUSTER_METRICS_FILE=fresh)
    finally:
        shutil.rmtree(folder)
    return "ten verdicts"


def key_stays(running, project):
    """A second `up` keeps the master key, and the programs find it."""
    path = running.env["MUSTER_MASTER_KEY_FILE"]
    with open(path, "rb") as file:
        before = file.read()
    mode = os.stat(path).st_mode & 0o777
    expect(len(before) == 32 and mode == 0o600, f"{len(before)} bytes, mode {mode:o}")
    tool("up", "--dir", running.directory)
    with open(path, "rb") as file:
        expect(file.read() == before, "another key")
    return "kept"


def newcomer(running, project):
    """What tools/demo shows: a file is imported, a contact enters, and its webhook is printed."""
    tool_path = os.path.join(ROOT, "tools", "sample-data")
    env = {**os.environ, **running.env, "MUSTER_SECRET_KEY": project.secret}
    path = os.path.join(running.directory, "sample.csv")
    with open(path, "wb") as file:
        subprocess.run([tool_path, "--csv", "300"], check=True, stdout=file, timeout=60)
    told = running.program("muster", "import", "contacts", path, "--project", str(project.number))
    expect("created 300, " in told, told)
    for _ in range(2):  # the demo may be run again
        shown = subprocess.run([tool_path, "--entry"], env=env, capture_output=True, text=True,
                               check=False, timeout=90)
        expect(shown.returncode == 0, f"{shown!r}")
        for words in ("webhook-signature: v1,", '"type": "segment.bringing-others-along.entry"',
                      '"kind": "data"', "signed with whsec_"):
            expect(words in shown.stdout, f"no {words} in {shown.stdout}")
    expect(project.client().want(200, "GET", "/webhooks") == [], "a webhook is left")
    return "told twice"


def main():
    argparse.ArgumentParser(description=__doc__.splitlines()[0]).parse_args()
    failed = 0
    with stack(worker="1") as running:
        project = running.project("operation")
        for name, part in (("worker processes", worker_processes), ("worker words", worker_words),
                           ("systemd", told_systemd), ("blocking socket", blocking_socket),
                           ("newcomer", newcomer), ("metrics", metrics), ("doctor", doctor), ("master key", key_stays)):
            started = time.monotonic()
            try:
                print(f"ok    {name}: {part(running, project)} "
                      f"({time.monotonic() - started:.1f} s)", flush=True)
            except Exception as error:  # the next part may still tell something
                failed += 1
                print(f"FAIL  {name}: {error}", flush=True)
                running.wait_healthy()
        folder = running.directory
    left = processes_in(folder)
    print(f"{'FAIL ' if left else 'ok   '} down: {left or 'nothing is left'}")
    sys.exit(1 if failed or left else 0)


if __name__ == "__main__":
    main()
