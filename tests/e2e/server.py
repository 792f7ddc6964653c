#!/usr/bin/python3
"""The server and its tools under bad luck: SIGTERM and kill -9 of pool members under load, silent and broken
peers on its socket, processes that start afresh, the database away and back, all members gone.

    server.py [--sigterms N] [--kills N]
"""
import argparse
import http.client
import os
import random
import signal
import socket
import struct
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from lib.client import Client  # noqa: E402
from lib.stack import alive, stack  # noqa: E402

POOL = 3
CLIENTS = 6
CANARY = "canary.8d1f@example.com"


class Load:
    """Clients that write and read without pause; keeps every answer that was not as wanted."""

    def __init__(self, project):
        self.project, self.stopping = project, threading.Event()
        self.count, self.bad, self.lock = 0, [], threading.Lock()
        self.threads = [threading.Thread(target=self.run, args=(i,)) for i in range(CLIENTS)]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.stopping.set()
        for thread in self.threads:
            thread.join()

    def run(self, number):
        # Patient: a slow answer is an answer; what is judged is that every one comes whole.
        client, step = self.project.client(timeout=30), 0
        filling = "x" * 20000  # a body that does not come in one read
        while not self.stopping.is_set():
            step += 1
            try:
                reply = (client.request("POST", "/contacts",
                                        {"email": f"{number}.{step % 50}.{CANARY}",
                                         "data": {"n": step, "filling": filling}})
                         if step % 2 else client.request("GET", "/contacts?limit=2"))
                good = reply.status in (200, 201) and reply.json() is not None
            except (OSError, ValueError, http.client.HTTPException) as error:
                reply, good = error, False
            with self.lock:
                self.count += 1
                if not good:
                    self.bad.append(reply)


def expect(truth, what):
    if not truth:
        raise AssertionError(what)


def envelope(reply, status, code):
    expect(reply.status == status, f"wanted {status}, got {reply!r}")
    error = reply.json()["error"]
    expect(error["code"] == code and error["statusCode"] == status, f"{reply!r}")
    expect(reply.headers.get("X-Request-ID") == error["requestId"], "request id differs")


def wait_gone(pid):
    deadline = time.monotonic() + 30
    while alive(pid):
        expect(time.monotonic() < deadline, f"{pid} does not end")
        time.sleep(0.002)


def sigterms(running, project, count):
    """No answer is broken, however often a member is told to end."""
    with Load(project) as load:
        for _ in range(count):
            name = f"api-{random.randint(1, POOL)}"
            pid = running.pid(name)
            os.kill(pid, random.choice((signal.SIGTERM, signal.SIGTERM, signal.SIGUSR1)))
            wait_gone(pid)
            running.restart(name)
    expect(not load.bad, f"{len(load.bad)} broken answers, the first: {load.bad[:1]!r}")
    return f"{count} signals, {load.count} answers"


def kills(running, project, count):
    """kill -9 costs the request that the process was working on, and no other."""
    with Load(project) as load:
        for _ in range(count):
            name = f"api-{random.randint(1, POOL)}"
            running.kill(name)
            running.restart(name)
            time.sleep(0.05)
    expect(len(load.bad) <= count, f"{len(load.bad)} lost by {count} kills: {load.bad[:3]!r}")
    for reply in load.bad:
        # An answer that had begun can only be cut short, and the client sees that at once.
        if isinstance(reply, http.client.IncompleteRead):
            continue
        expect(not isinstance(reply, Exception), f"no answer: {reply!r}")
        envelope(reply, 503, "SERVICE_UNAVAILABLE")
        expect(reply.headers.get("Retry-After"), "no Retry-After")
    return f"{count} kills, {len(load.bad)} of {load.count} answers lost"


def crowd(_running, project):
    """More clients than processes, all at once, with connections kept open: all are answered."""
    clients = [project.client(timeout=20) for _ in range(POOL * 5 + 1)]
    start, statuses = threading.Barrier(len(clients)), []

    def ask(client):
        for _ in range(5):
            start.wait()
            statuses.append(client.request("GET", "/contacts").status)

    threads = [threading.Thread(target=ask, args=(c,)) for c in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    expect(statuses == [200] * len(clients) * 5, f"{statuses}")
    return f"{len(clients)} clients"


def record(kind, content):
    return struct.pack(">BBHHBB", 1, kind, 1, len(content), 0, 0) + content


def begin(parameters):
    pairs = b"".join(struct.pack(">BI", len(k), len(v) | 0x80000000) + k + v
                     for k, v in parameters.items())
    return record(1, struct.pack(">HB5x", 1, 0)) + record(4, pairs) + record(4, b"")


def fast_socket(running):
    found = [os.path.join(folder, "fast.sock") for folder, _, files in os.walk(running.directory)
             if "fast.sock" in files]
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    connection.connect(found[0])
    connection.settimeout(10)
    return connection


def broken_peers(running, project):
    """A peer that says nothing does not hold a process; a body that is cut short has no effect."""
    silent = [fast_socket(running) for _ in range(POOL * 2)]
    started = time.monotonic()
    expect(project.client().request("GET", "/contacts").status == 200, "held by a silent peer")
    waited = time.monotonic() - started
    expect(waited < 3, f"a silent peer held a process for {waited:.1f} s")
    body = b'{"email":"cut.short@example.com"}'
    for declared in (len(body) + 1, len(body) * 1000):
        with fast_socket(running) as connection:
            connection.sendall(begin({
                b"REQUEST_METHOD": b"POST", b"REQUEST_URI": b"/contacts",
                b"HTTP_AUTHORIZATION": b"Bearer " + project.secret.encode(),
                b"CONTENT_LENGTH": str(declared).encode()}) + record(5, body) + record(5, b""))
            expect(connection.recv(1) == b"", "a body that is cut short was answered")
    found = project.client().want(200, "POST", "/contacts/lookup",
                                  {"emails": ["cut.short@example.com"]})
    expect(found["notFound"] == ["cut.short@example.com"], "a body that is cut short had an effect")
    for connection in silent:
        connection.close()
    return f"silent peers: {waited:.2f} s"


def starts_afresh(running, project):
    """With MUSTER_MAX_REQUESTS the same process goes on with fresh memory, and nobody sees it."""
    before = [running.pid(f"api-{i + 1}") for i in range(POOL)]
    with Load(project) as load:
        time.sleep(3)
    expect(not load.bad, f"{len(load.bad)} broken answers: {load.bad[:1]!r}")
    expect(all(alive(pid) for pid in before), "a process is gone")
    limit = int(os.environ["MUSTER_MAX_REQUESTS"])
    expect(load.count > limit * POOL * 2, f"only {load.count} requests: too few to tell")
    uptimes = [project.client().want(200, "GET", "/health")["uptime"] for _ in range(20)]
    expect(min(uptimes) < 3, f"nobody started afresh: {uptimes}")
    return f"{load.count} answers over {POOL} processes of {limit} requests"


def database_away(running, project):
    """503 with Retry-After while it is away, from the API itself; recovery without a restart."""
    pids = [running.pid(f"api-{i + 1}") for i in range(POOL)]
    running.kill("mariadbd")
    client = project.client(timeout=20)
    for method, path, body in (("GET", "/contacts", None), ("POST", "/contacts", {"email": "a@b.c"}),
                               ("GET", "/segments", None),
                               ("POST", "/v1/track", {"email": "a@b.c", "event": "x"})):
        reply = client.request(method, path, body)
        envelope(reply, 503, "DATABASE_ERROR")
        expect(reply.headers.get("Retry-After"), "no Retry-After")
    health = client.request("GET", "/health")
    expect(health.status == 503 and health.json()["database"] != "ok", f"{health!r}")
    running.restart("mariadbd")
    for _ in range(POOL * 4):
        expect(client.request("GET", "/contacts").status == 200, "no recovery")
    expect(pids == [running.pid(f"api-{i + 1}") for i in range(POOL)] and all(map(alive, pids)),
           "an API process ended")
    return "recovered"


def database_silent(running, project):
    """A database that accepts and does not answer: 503 within the budget of a request."""
    pid = running.pid("mariadbd")
    os.kill(pid, signal.SIGSTOP)
    try:
        started = time.monotonic()
        reply = project.client(timeout=40).request("GET", "/contacts")
        took = time.monotonic() - started
    finally:
        os.kill(pid, signal.SIGCONT)
    expect(reply.status == 503 and took < 16, f"after {took:.1f} s: {reply!r}")
    deadline = time.monotonic() + 30
    while project.client().request("GET", "/contacts").status != 200:
        expect(time.monotonic() < deadline, "no recovery")
        time.sleep(0.1)
    return f"503 after {took:.1f} s"


def nobody_there(running, project):
    """With every member dead a request waits in the queue of the socket for the next one."""
    for i in range(POOL):
        running.kill(f"api-{i + 1}")
    replies = []
    asking = threading.Thread(
        target=lambda: replies.append(project.client(timeout=20).request("GET", "/contacts")))
    asking.start()
    time.sleep(1)
    for i in range(POOL):
        running.restart(f"api-{i + 1}")
    asking.join()
    expect(replies and replies[0].status == 200, f"{replies!r}")
    return "answered"


def nginx_restarts(running, project):
    """Killing nginx's master leaves workers behind; a restart clears them away."""
    running.kill("nginx")
    running.restart("nginx")
    running.wait_healthy()
    expect(project.client().request("GET", "/contacts").status == 200, "nginx does not serve")
    return "serves"


def command_line(running, project):
    """The admin program: help everywhere, exit statuses, keys that begin and end."""
    def run(*arguments, **more):
        return subprocess.run([os.path.join(running.env["MUSTER_BIN"], "muster"), *arguments],
                              env={**os.environ, **running.env, **more}, capture_output=True,
                              text=True, timeout=60, check=False)

    # A command stands behind two blanks, what it does behind more.
    listed = [line.split() for line in run("--help").stdout.splitlines()
              if line.startswith("  ") and not line.startswith("   ")]
    names = [[w for w in line[:2] if w.replace("-", "").isalpha() and w.islower()]
             for line in listed]
    expect(len(names) >= 9, f"{names}")
    for name in names:
        helped = run(*name, "--help")
        expect(helped.returncode == 0 and helped.stdout.startswith("usage: muster " + name[0]),
               f"{name}: {helped!r}")
    expect(run().returncode == 2 and run("fly").returncode == 2, "wrong usage is not 2")
    expect(run("key", "create").returncode == 2, "missing arguments are not 2")
    checked = run("doctor")
    expect(checked.returncode == 0 and "WRONG" not in checked.stdout, f"{checked!r}")
    away = run("doctor", MUSTER_DB_SOCKET="/nonexistent")
    expect(away.returncode == 1 and "WRONG" in away.stdout, f"{away!r}")
    number, uuid, _account = run("project", "create", "Ünicode & Co").stdout.split()
    expect(f"{number} " in run("project", "list").stdout, "not listed")
    expect(run("project", "create", "").returncode == 1, "an empty name was taken")
    expect(run("key", "create", "4000000000", "secret").returncode == 1, "a key of no project")
    for kind in ("secret", "site", "account"):
        text = run("key", "create", uuid, kind).stdout.strip()
        client = project.client(text)
        expect(client.want(200, "GET", "/segments") == [], f"a {kind} key does not work")
        shown = run("key", "list").stdout
        key_id = text.split("_")[-2]
        expect(key_id in shown and text.split("_")[-1] not in shown, "the list shows a secret")
        expect(run("key", "revoke", key_id).returncode == 0, "revoke")
        envelope(client.request("GET", "/segments"), 401, "INVALID_API_KEY")
    expect(run("key", "revoke", "nosuchkey123").returncode == 1, "an unknown key was revoked")
    return f"{len(names)} commands"


def logs_are_clean(running, project):
    """No key, no address, no body in any log."""
    secrets = [CANARY, project.secret, project.secret.split("_")[-1], "xxxxxxxxxx"]
    logs = [os.path.join(folder, name) for folder, _, files in os.walk(running.directory)
            for name in files if name.endswith(".log")]
    lines = 0
    for path in logs:
        with open(path, errors="replace", encoding="utf-8") as file:
            for line in file:
                lines += 1
                for secret in secrets:
                    expect(secret not in line, f"{path}: {line[:300]}")
    return f"{lines} lines"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sigterms", type=int, default=200)
    parser.add_argument("--kills", type=int, default=20)
    options = parser.parse_args()
    os.environ.setdefault("MUSTER_MAX_REQUESTS", "100")
    failed = 0
    with stack(api=POOL) as running:
        project = running.project("server")
        for name, run in (
                ("crowd", crowd),
                ("broken peers", broken_peers),
                ("starts afresh", starts_afresh),
                ("SIGTERM storm", lambda r, p: sigterms(r, p, options.sigterms)),
                ("kill -9", lambda r, p: kills(r, p, options.kills)),
                ("nobody there", nobody_there),
                ("database away", database_away),
                ("database silent", database_silent),
                ("nginx restarts", nginx_restarts),
                ("command line", command_line),
                ("logs are clean", logs_are_clean)):
            started = time.monotonic()
            try:
                print(f"ok    {name}: {run(running, project)} "
                      f"({time.monotonic() - started:.1f} s)", flush=True)
            except Exception as error:  # the next part may still tell something
                failed += 1
                print(f"FAIL  {name}: {error}", flush=True)
                running.wait_healthy()
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
