#!/usr/bin/python3
"""Webhooks go out: signatures, repetition, hostile receivers, forbidden addresses, a sender that is killed.

    deliver.py [--stack DIR]

Messages are queued through the API and sent by runs of `muster-worker deliver --now`; what waits for its
schedule is made due in the tables. The receiver checks signatures with nothing of ours.
"""
import argparse
import collections
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from lib import receiver as peers  # noqa: E402
from lib.stack import free_port, stack  # noqa: E402

STEPS = [5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400]  # seconds, after each attempt but the last
HOUR = 3600


def expect(truth, what):
    if not truth:
        raise AssertionError(what)


class Case:
    """What a part of the suite works with: a project of its own on the stack, and a receiver."""

    def __init__(self, running, receiver, name):
        self.stack, self.receiver, self.name = running, receiver, name
        self.project = running.project(f"deliver {name}")
        self.client = self.project.client()
        self.paths = 0

    # --- webhooks ---

    def hook(self, *behaviours, events=None, url=None):
        """A webhook to a path of its own, which behaves so."""
        self.paths += 1
        path = f"/{self.name.replace(' ', '-')}/{self.paths}"
        if behaviours:
            self.receiver.behave(path, *behaviours)
        made = self.client.want(201, "POST", "/webhooks", {
            "url": url or self.receiver.url(path), "events": events or ["contact.created"]})
        self.receiver.secrets[path] = [made["secret"]]
        made["path"] = path
        return made

    def test(self, hook, count=1):
        for _ in range(count):
            self.client.want((200, 201, 202), "POST", f"/webhooks/{hook['id']}/test")

    def show(self, hook):
        return self.client.want(200, "GET", f"/webhooks/{hook['id']}")

    def deliveries(self, hook, state=None):
        where = f"/webhooks/{hook['id']}/deliveries?limit=100" + (f"&state={state}" if state else "")
        return self.client.want(200, "GET", where)["data"]

    def only(self, hook):
        found = self.deliveries(hook)
        expect(len(found) == 1, f"{len(found)} deliveries: {found}")
        return found[0]

    # --- the worker ---

    def work(self, seconds=60, **env):
        """One run to completion; returns how long it took."""
        started = time.monotonic()
        done = subprocess.run([*self.worker(), "--now"], env=self.env(**env), capture_output=True,
                              text=True, timeout=seconds, check=False)
        expect(done.returncode == 0, f"the worker failed: {done.stderr[-2000:]}")
        return time.monotonic() - started

    @contextlib.contextmanager
    def looping(self):
        """A sender that runs until the block ends."""
        with tempfile.TemporaryFile() as log:
            worker = subprocess.Popen([*self.worker(), "--loop", "1"], env=self.env(), stdout=log,
                                      stderr=log)
            try:
                yield worker
            finally:
                worker.send_signal(signal.SIGTERM)
                worker.wait(30)

    def worker(self):
        return [os.path.join(self.stack.env["MUSTER_BIN"], "muster-worker"), "deliver"]

    def env(self, **more):
        return {**os.environ, **self.stack.env, "MUSTER_WEBHOOK_ALLOW": "http://127.0.0.0/8",
                "MUSTER_LEASE_SECONDS": "5", **more}

    # --- the tables ---

    def sql(self, text):
        return self.stack.sql(text)

    def make_due(self):
        """Everything of the project is due now, whatever its schedule says."""
        number = self.project.number
        self.sql("START TRANSACTION;"
                 f"UPDATE delivery_due SET due_ms = 1 WHERE project_id = {number};"
                 f"UPDATE delivery SET due_ms = 1 WHERE project_id = {number} AND due_ms IS NOT NULL;"
                 f"UPDATE webhook SET slow_until_ms = 0 WHERE project_id = {number}; COMMIT;")

    def waits(self):
        """Seconds from now until each message of the project is due."""
        return [float(row[0]) for row in self.sql(
            "SELECT (due_ms - UNIX_TIMESTAMP(UTC_TIMESTAMP(3)) * 1000) / 1000 FROM delivery_due "
            f"WHERE project_id = {self.project.number} ORDER BY due_ms")]


# ---- what is sent ----------------------------------------------------------------------------------


def signed(case):
    """Headers, body and signature of a message; two signatures after a rotation, then one again."""
    hook = case.hook()
    case.test(hook)
    case.work()
    first = case.receiver.at(hook["path"])[0]
    expect(first.signed_by == {0}, f"not signed: {first.headers}")
    expect(first.headers["content-type"] == "application/json", f"{first.headers}")
    version = case.client.want(200, "GET", "/health")["version"]
    expect(first.headers["user-agent"] == f"Muster/{version}", f"{first.headers}")
    expect(first.timestamp.isdigit() and "." not in first.id, f"{first.headers}")
    rotated = case.client.want((200, 201), "POST", f"/webhooks/{hook['id']}/rotate-secret")["secret"]
    expect(rotated != hook["secret"], "the secret did not change")
    case.receiver.secrets[hook["path"]].append(rotated)
    case.test(hook)
    case.work()
    second = case.receiver.at(hook["path"])[1]
    expect(second.signed_by == {0, 1}, f"signed by {set(second.signed_by)} of old and new")
    expect(second.id != first.id, "two messages, one id")
    case.sql(f"UPDATE webhook SET old_until_ms = 1 WHERE project_id = {case.project.number}")
    case.test(hook)
    case.work()
    third = case.receiver.at(hook["path"])[2]
    expect(third.signed_by == {1}, f"signed by {set(third.signed_by)} after a day")
    return f"user agent {first.headers['user-agent']}"


def events(case):
    """A contact that is made is told of, once, with what is known of it."""
    hook = case.hook(events=["contact.created"])
    other = case.hook(events=["contact.deleted"])
    made = case.client.want((200, 201), "POST", "/contacts",
                            {"email": "ada@firm.example", "data": {"plan": "team", "n": "ü\"\\"}})
    case.work()
    messages = case.receiver.at(hook["path"])
    expect(len(messages) == 1 and not case.receiver.at(other["path"]), f"{messages}")
    body = json.loads(messages[0].body)
    expect(body["type"] == "contact.created" and body["timestamp"].endswith("Z"), f"{body}")
    contact = body["data"]["contact"]
    expect(contact["id"] == made["id"] and contact["email"] == "ada@firm.example" and
           contact["data"] == {"plan": "team", "n": "ü\"\\"}, f"{body}")
    delivery = case.only(hook)
    expect(delivery["state"] == "delivered" and delivery["attempts"][0]["status"] == 200 and
           delivery["attempts"][0]["reply"] == "ok", f"{delivery}")
    return "one message"


# ---- repetition ------------------------------------------------------------------------------------


def schedule(case):
    """Ten attempts over three days, one id and one body, then dead; by hand it goes again."""
    hook = case.hook(peers.status(500, b"\xff\x00 broken"))
    case.test(hook)
    expect(case.only(hook)["state"] == "pending", f"{case.only(hook)}")
    for attempt, step in enumerate(STEPS, 1):
        case.work()
        delivery = case.only(hook)
        expect(delivery["state"] == "failed" and len(delivery["attempts"]) == attempt, f"{delivery}")
        wait = case.waits()[0]
        expect(step * 0.8 - 3 <= wait <= step * 1.2, f"attempt {attempt + 1} after {wait} s, not {step}")
        case.work()  # nothing is due
        expect(len(case.receiver.at(hook["path"])) == attempt, "sent before its time")
        case.sql("UPDATE delivery_attempt SET started_ms = started_ms - 5000")
        case.make_due()
    case.work()
    expect(case.only(hook)["state"] == "dead" and not case.waits(), f"{case.only(hook)}")
    case.work()
    messages = case.receiver.at(hook["path"])
    expect(len(messages) == 10, f"{len(messages)} attempts")
    expect(len({m.id for m in messages}) == 1 and len({m.body for m in messages}) == 1,
           "id or body differ between attempts")
    expect(all(m.signed_by == {0} for m in messages), "an attempt is not signed")
    case.receiver.behave(hook["path"], peers.OK)
    delivery = case.only(hook)
    case.client.want((200, 202), "POST", f"/webhooks/{hook['id']}/deliveries/{delivery['id']}/retry")
    time.sleep(1.1)
    case.work()
    again = case.receiver.at(hook["path"])[-1]
    expect(len(case.receiver.at(hook["path"])) == 11, "not sent again")
    expect(again.id == messages[0].id and again.body == messages[0].body, "another id or body")
    expect(int(again.timestamp) > int(messages[0].timestamp), "an old timestamp")
    expect(case.only(hook)["state"] == "delivered", f"{case.only(hook)}")
    return "10 attempts, then by hand"


def replay(case):
    """Entries of a segment go again from a sequence on, under the ids and with the bodies that they had."""
    hook = case.hook(events=["segment.*"])
    segment = case.client.want(201, "POST", "/segments", {
        "name": "Replayed", "trackMembership": True, "condition": {"logic": "AND", "groups": [{"filters": [
            {"field": "data.plan", "operator": "equals", "value": "team"}]}]}})
    case.client.want(200, "POST", "/contacts/batch", {"contacts": [
        {"email": f"{i}@firm.example", "data": {"plan": "team"}} for i in range(6)]})
    case.client.want((200, 201), "POST", f"/segments/{segment['id']}/compute")
    case.work()
    first = {m.id: m for m in case.receiver.at(hook["path"])}
    expect(len(first) == 6, f"{len(first)} entries came")
    numbers = {m.id: json.loads(m.body)["data"]["sequence"] for m in first.values()}
    expect(sorted(numbers.values()) == [1, 2, 3, 4, 5, 6], f"{numbers}")
    time.sleep(1.1)
    case.client.want((200, 202), "POST", f"/webhooks/{hook['id']}/replay",
                     {"after": 2, "segmentId": segment["id"]})
    case.work()
    again = case.receiver.at(hook["path"])[6:]
    expect(sorted(numbers[m.id] for m in again) == [3, 4, 5, 6], f"{[numbers.get(m.id) for m in again]}")
    for message in again:
        expect(message.body == first[message.id].body, "another body")
        expect(int(message.timestamp) > int(first[message.id].timestamp), "an old timestamp")
    return f"{len(again)} of 6"


def retry_after(case):
    """Retry-After as seconds and as a date counts when it is longer than the step, up to a day."""
    told = []
    for asked, least, most in (("120", 118, 121), ("2", 2, 6.1), (str(365 * 24 * HOUR), 86395, 86401),
                               ("date", 595, 605), ("soon, please", 2, 6.1), ("-5", 2, 6.1)):
        value = time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(time.time() + 601)) \
            if asked == "date" else asked
        hook = case.hook(peers.status(503, Retry_After=value))
        case.test(hook)
        case.work()
        wait = max(case.waits())
        expect(least <= wait <= most, f"Retry-After: {value}: {wait} s")
        told.append(f"{asked} -> {wait:.0f} s")
        case.client.want(204, "DELETE", f"/webhooks/{hook['id']}")
        case.sql(f"DELETE FROM delivery_due WHERE project_id = {case.project.number}")
    return "; ".join(told)


def gone(case):
    """410 switches the webhook off, and nothing goes there any more."""
    hook = case.hook(peers.status(410))
    case.test(hook, 20)
    case.work()
    shown = case.show(hook)
    expect(shown["enabled"] is False, f"{shown}")
    came = len(case.receiver.at(hook["path"]))
    expect(came == 1, f"{came} messages came")
    case.client.want(200, "PATCH", f"/webhooks/{hook['id']}", {"enabled": True})
    case.receiver.behave(hook["path"], peers.OK)
    case.make_due()
    case.work()
    expect(len(case.receiver.at(hook["path"])) == 20, "the others did not go after it was enabled")
    return f"off after {came} answer"


def busy(case):
    """429 makes the endpoint wait, the others not, and nothing is lost."""
    hook, other = case.hook(peers.status(429, Retry_After="30")), case.hook()
    case.test(hook, 40)
    case.test(other, 40)
    case.work()
    came = len(case.receiver.at(hook["path"]))
    expect(came == 1, f"{came} messages to an endpoint that wants none")
    expect(len(case.receiver.at(other["path"])) == 40, "the other endpoint was held up")
    slow = float(case.sql("SELECT (slow_until_ms - UNIX_TIMESTAMP(UTC_TIMESTAMP(3)) * 1000) / 1000 FROM "
                          f"webhook WHERE project_id = {case.project.number} ORDER BY slow_until_ms DESC "
                          "LIMIT 1")[0][0])
    expect(25 < slow <= 30, f"slow for {slow} s")
    untried = [d for d in case.deliveries(hook) if d["state"] == "pending"]
    expect(len(untried) == 39 and not any(d["attempts"] for d in untried), f"{len(untried)} untried")
    case.receiver.behave(hook["path"], peers.OK)
    case.make_due()
    case.work()
    expect({d["state"] for d in case.deliveries(hook)} == {"delivered"}, "something is left")
    return f"{came} answer, slow for {slow:.0f} s"


# ---- hostile receivers -----------------------------------------------------------------------------


def hostile(case):
    """Each kind of bad answer is a failed attempt with words, costs at most its 15 seconds, and no endpoint but
    its own notices."""
    bad = {
        "redirect": (peers.redirect("http://169.254.169.254/latest/meta-data"), 302),
        "redirect home": (peers.redirect(case.receiver.url("/never")), 302),
        "reset": (peers.reset, None), "close": (peers.close, None), "cut": (peers.cut, None),
        "no http": (peers.plain(b"SSH-2.0-OpenSSH_9.2\r\n\r\n"), None),
        "endless": (peers.endless, None), "header bomb": (peers.header_bomb, None),
        "interim bomb": (peers.interim_bomb, None), "hang": (peers.hang, None),
        "drip": (peers.drip, None), "drip headers": (peers.drip_headers, None),
    }
    good = {
        "no body": peers.status(204, b""), "chatty": peers.status(200, b"z" * 20480),
        "old": peers.plain(b"HTTP/1.0 202 Fine\r\n\r\nuntil the end"), "late": peers.status(200, after=3),
    }
    hooks = {name: (case.hook(act), status) for name, (act, status) in bad.items()}
    fine = {name: case.hook(act) for name, act in good.items()}
    for hook in [h for h, _ in hooks.values()] + list(fine.values()):
        case.test(hook)
    took = case.work()
    expect(took < 20, f"all together took {took:.1f} s")
    expect(not case.receiver.at("/never"), "a redirect was followed")
    for name, (hook, status) in hooks.items():
        attempt = case.only(hook)["attempts"][0]
        expect(case.only(hook)["state"] == "failed", f"{name}: {case.only(hook)}")
        expect(attempt["status"] == status and attempt["error"], f"{name}: {attempt}")
        expect("127.0.0.1" not in attempt["error"], f"{name}: {attempt}")
    for name, hook in fine.items():
        expect(case.only(hook)["state"] == "delivered", f"{name}: {case.only(hook)}")
    reply = case.only(fine["chatty"])["attempts"][0]["reply"]
    expect(reply == "z" * 1024, f"{len(reply)} bytes of the reply are kept")
    return f"{len(bad)} bad and {len(good)} odd ones in {took:.1f} s"


def harms_itself(case):
    """Endpoints that hang do not slow down one that answers, though they have much more to do."""
    quick = case.hook()
    case.test(quick, 100)
    alone = case.work()
    deaf = case.hook(peers.hang)
    for hook in [deaf] + [case.hook(peers.hang) for _ in range(3)]:
        case.test(hook, 10)
    case.test(quick, 100)
    with case.looping():
        started = time.monotonic()
        case.receiver.wait(quick["path"], 200, 30)
        beside = time.monotonic() - started
        time.sleep(1)
        open_now = len(case.receiver.at(deaf["path"]))
    expect(beside < 3 * alone + 2, f"{beside:.1f} s beside hanging ones, {alone:.1f} s alone")
    expect(open_now == 1, f"{open_now} messages at once to an endpoint that never answered")
    return f"100 messages in {alone:.1f} s alone, {beside:.1f} s beside"


def many_at_once(case):
    """Different endpoints are sent to at the same time, one endpoint at most eight times."""
    slow = [case.hook(peers.status(200, after=1.5)) for _ in range(30)]
    for hook in slow:
        case.test(hook)
    took = case.work()
    expect(took < 8, f"30 answers of 1.5 s took {took:.1f} s")
    one = case.hook(peers.status(200, after=0.3))
    case.test(one, 100)
    before = case.receiver.connections
    took_one = case.work()
    connections = case.receiver.connections - before
    expect(connections <= 8, f"{connections} connections to one endpoint")
    expect(took_one > 100 / 8 * 0.3, f"100 answers of 0.3 s in {took_one:.1f} s: more than eight at once")
    return f"30 slow ones in {took:.1f} s; {connections} connections to one"


def tls(case):
    """A certificate that nobody signed is refused, and so is a TLS port that talks plain text."""
    with tempfile.TemporaryDirectory() as folder, \
            peers.Receiver(tls=peers.self_signed(folder, "127.0.0.1")) as secure, \
            peers.deaf_listener() as deaf:
        hooks = [case.hook(url=url) for url in (
            secure.url("/x"), f"https://127.0.0.1:{case.receiver.port}/", f"http://127.0.0.1:{deaf}/")]
        for hook in hooks:
            case.test(hook)
        took = case.work()
        expect(secure.count == 0, "a message went over a connection that nobody vouches for")
    expect(took < 9, f"connecting took {took:.1f} s")
    for hook in hooks:
        attempt = case.only(hook)["attempts"][0]
        expect(attempt["status"] is None and attempt["error"], f"{attempt}")
    return case.only(hooks[0])["attempts"][0]["error"][:40]


def with_files(files, command):
    """The command in a mount namespace of its own, where these files stand for those of the system; None where
    that may not be had."""
    script = " && ".join(f"mount --bind {ours} {theirs}" for theirs, ours in files.items())
    wrap = ["unshare", "--map-root-user", "--mount", "sh", "-c", script + " && exec \"$@\"", "sh"]
    try:
        tried = subprocess.run([*wrap, "true"], capture_output=True, check=False)
    except OSError:
        return None
    return [*wrap, *command] if tried.returncode == 0 else None


def write_hosts(folder, names):
    """A file like /etc/hosts."""
    path = os.path.join(folder, "hosts")
    with open(path, "w", encoding="ascii") as file:
        file.writelines(f"{address} {name}\n" for name, address in names.items())
    return path


def trusted(case):
    """Over TLS to a name whose certificate is right; not to another name of the same receiver."""
    with contextlib.closing(socket.socket()) as trial:
        if trial.connect_ex(("127.0.0.1", 8443)) == 0:
            return "skipped: port 8443 is taken"
    with tempfile.TemporaryDirectory() as folder, \
            peers.Receiver(tls=peers.self_signed(folder, "right.example.com"), port=8443) as secure:
        hosts = write_hosts(folder, {"right.example.com": "127.0.0.1", "wrong.example.com": "127.0.0.1"})
        command = with_files({"/etc/hosts": hosts,
                              "/etc/ssl/certs/ca-certificates.crt": f"{folder}/cert.pem"},
                             [*case.worker(), "--now"])
        if not command:
            return "skipped: it takes a mount namespace"
        right, wrong = [case.hook(url=secure.url("/x", host=name))
                        for name in ("right.example.com", "wrong.example.com")]
        secure.secrets["/x"] = [right["secret"]]
        case.test(right, 20)
        case.test(wrong)
        done = subprocess.run(command, env=case.env(), capture_output=True, text=True, timeout=60, check=False)
        expect(done.returncode == 0, done.stderr)
        came = secure.at("/x")
        expect(len(came) == 20 and not secure.wrong, f"{came}, {secure.wrong}, {case.deliveries(right)[:1]}")
        expect(secure.connections <= 9, f"{secure.connections} connections")
        expect(came[0].headers["host"] == f"right.example.com:{secure.port}", f"{came[0].headers}")
    expect(case.only(wrong)["attempts"][0]["error"].startswith("TLS"), f"{case.only(wrong)}")
    return f"20 messages over {secure.connections} connections"


# ---- forbidden addresses ---------------------------------------------------------------------------


INSIDE = ["127.0.0.1", "10.1.2.3", "169.254.169.254", "100.64.0.1", "::1", "fd00::1", "::ffff:127.0.0.1"]


def forbidden(case):
    """What was registered while it was allowed, and names that resolve to what is inside, are refused at the
    moment of connecting; refusals and failures to connect read alike."""
    hooks = [case.hook()] + [case.hook(url=f"https://inside-{i}.example.com/") for i in range(len(INSIDE))]
    nobody = case.hook(url="https://nosuch.invalid/")
    for hook in hooks + [nobody]:
        case.test(hook)
    with tempfile.TemporaryDirectory() as folder:
        hosts = write_hosts(folder, {f"inside-{i}.example.com": address for i, address in enumerate(INSIDE)})
        command = with_files({"/etc/hosts": hosts}, [*case.worker(), "--now"])
        done = subprocess.run(command or [*case.worker(), "--now"], env=case.env(MUSTER_WEBHOOK_ALLOW=""),
                              capture_output=True, text=True, timeout=60, check=False)
    expect(done.returncode == 0, done.stderr)
    expect(not case.receiver.at(hooks[0]["path"]), "a private address was sent to")
    told = set()
    for hook in hooks[1:] + [nobody]:
        attempt = case.only(hook)["attempts"][0]
        expect(attempt["status"] is None and not attempt["reply"], f"{attempt}")
        told.add((attempt["error"], attempt["ms"]))
    expect(len(told) == 1, f"a forbidden address and an unknown name read differently: {told}")
    if command:
        expect(f"refused={len(hooks)} " in done.stderr, f"not all were refused by the guard: {done.stderr}")
    for bad in ("http://169.254.169.254/", "https://10.0.0.1/", "https://[::1]/", "https://u:p@example.com/",
                "ftp://example.com/", "https://2130706433/", "https://0x7f.1/", "https://[::ffff:10.0.0.1]/",
                "https://metadata.google.internal/", "http://example.com/", "https://100.64.0.1/"):
        reply = case.client.request("POST", "/webhooks", {"url": bad})
        expect(reply.status == 422, f"{bad}: {reply!r}")
    # A row that no check of ours saw, as from a restored dump.
    case.sql(f"UPDATE webhook SET url = 'http://169.254.169.254/' WHERE project_id = {case.project.number}")
    case.make_due()
    case.work()
    for hook in hooks:
        expect(case.only(hook)["state"] == "failed", f"{case.only(hook)}")
    return f"{len(INSIDE)} names" + ("" if command else " (skipped: resolving them takes a mount namespace)")


# ---- senders that end ------------------------------------------------------------------------------


def killed(case):
    """kill -9 in the middle, again and again: each message arrives, under one id, and none is stuck."""
    hooks = [case.hook(peers.status(200, after=0.1)) for _ in range(3)]
    for hook in hooks:
        case.test(hook, 100)
    kills = 0
    for number in range(8):
        worker = subprocess.Popen([*case.worker(), "--now"], env=case.env(MUSTER_LEASE_SECONDS="1"),
                                  stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(0.05 + number * 0.04)
        if worker.poll() is None:
            kills += 1
        worker.kill()
        worker.wait()
    deadline = time.monotonic() + 40
    while case.waits():
        expect(time.monotonic() < deadline, f"stuck: {case.waits()[:5]}")
        time.sleep(1)
        case.work(MUSTER_LEASE_SECONDS="1")
    ids = collections.Counter()
    for hook in hooks:
        found = case.sql("SELECT COUNT(*) FROM delivery d JOIN webhook w ON w.project_id = d.project_id AND "
                         "w.webhook_id = d.webhook_id WHERE d.state = 3 AND "
                         f"d.project_id = {case.project.number} AND "
                         f"w.uuid = UNHEX(REPLACE('{hook['id']}', '-', ''))")
        expect(found == [["100"]], f"{found} delivered")
        came = case.receiver.at(hook["path"])
        bodies = collections.defaultdict(set)
        for message in came:
            bodies[message.id].add(message.body)
            ids[message.id] += 1
        expect(len(bodies) == 100, f"{len(bodies)} of 100 ids came")
        expect(all(len(b) == 1 for b in bodies.values()), "an id with two bodies")
    expect(kills >= 4, f"only {kills} kills in mid-work")
    return f"{kills} kills, {sum(ids.values()) - len(ids)} of {len(ids)} came twice"


def poison(case):
    """A message whose senders all die is dead in the end."""
    hook = case.hook()
    case.test(hook)
    case.sql(f"UPDATE delivery_due SET step = 10, attempts = 10 WHERE project_id = {case.project.number}")
    case.work()
    expect(not case.receiver.at(hook["path"]), "sent an eleventh time")
    delivery = case.only(hook)
    expect(delivery["state"] == "dead" and delivery["attempts"][-1]["error"], f"{delivery}")
    return "dead"


def stopped(case):
    """SIGTERM: what is in flight is finished, what is not is given back at once and untried."""
    hook = case.hook(peers.status(200, after=1))
    case.test(hook, 30)
    with case.looping() as worker:
        case.receiver.wait(hook["path"], 2, 15)
        started = time.monotonic()
        worker.send_signal(signal.SIGTERM)
        worker.wait(20)
        took = time.monotonic() - started
    expect(took < 8, f"it took {took:.1f} s to stop")
    came = len(case.receiver.at(hook["path"]))
    expect(came < 30, "nothing was left to give back")
    states = collections.Counter(d["state"] for d in case.deliveries(hook))
    expect(states == {"delivered": came, "pending": 30 - came}, f"{came} came, {states}")
    expect(all(wait <= 0 for wait in case.waits()), f"still leased: {case.waits()}")
    return f"{came} finished in {took:.1f} s"


def two_senders(case):
    """Two at once send each message once."""
    hooks = [case.hook(peers.status(200, after=0.02)) for _ in range(2)]
    for hook in hooks:
        case.test(hook, 100)
    workers = [subprocess.Popen([*case.worker(), "--now"], env=case.env(), stderr=subprocess.PIPE)
               for _ in range(2)]
    for worker in workers:
        expect(worker.wait(60) == 0, "a sender failed")
        worker.stderr.close()
    case.work()
    for hook in hooks:
        ids = [m.id for m in case.receiver.at(hook["path"])]
        expect(len(ids) == len(set(ids)) == 100, f"{len(ids)} messages, {len(set(ids))} ids")
    return "200 messages, none twice"


def long_lease(case):
    """A lease that is shorter than an attempt is renewed: nobody else sends the same meanwhile."""
    hook = case.hook(peers.status(200, after=6))
    case.test(hook, 2)
    workers = [subprocess.Popen([*case.worker(), "--loop", "1"],
                                env=case.env(MUSTER_LEASE_SECONDS="2"), stderr=subprocess.DEVNULL)
               for _ in range(2)]
    try:
        case.receiver.wait(hook["path"], 2, 20)
        deadline = time.monotonic() + 20
        while case.waits():
            expect(time.monotonic() < deadline, f"{case.waits()}")
            time.sleep(0.3)
    finally:
        for worker in workers:
            worker.terminate()
        for worker in workers:
            worker.wait(20)
    ids = [m.id for m in case.receiver.at(hook["path"])]
    expect(len(ids) == len(set(ids)) == 2, f"{ids}")
    return "none twice"


def soon(case):
    """A message that is queued while the sender waits goes out at once."""
    hook, delays = case.hook(), []
    with case.looping():
        time.sleep(1)
        for number in range(1, 13):
            started = time.monotonic()
            case.test(hook)
            case.receiver.wait(hook["path"], number, 10)
            delays.append(time.monotonic() - started)
            time.sleep(0.13)
    expect(max(delays) < 2, f"{max(delays):.2f} s")
    return f"{sum(delays) / len(delays):.2f} s, at most {max(delays):.2f} s"


def database_away(case):
    """The database goes in mid-send and comes back: everything arrives."""
    hook = case.hook(peers.status(200, after=0.1))
    case.test(hook, 100)
    with case.looping():
        case.receiver.wait(hook["path"], 10, 15)
        case.stack.kill("mariadbd")
        time.sleep(1)
        case.stack.restart("mariadbd")
        deadline = time.monotonic() + 60
        while case.waits():
            expect(time.monotonic() < deadline, f"left: {case.waits()[:5]}")
            time.sleep(0.5)
    ids = [m.id for m in case.receiver.at(hook["path"])]
    expect(len(set(ids)) == 100, f"{len(set(ids))} ids came")
    case.stack.wait_healthy()
    return f"{len(ids) - 100} of 100 came twice"


def logs_are_clean(case):
    """No secret, body, address or URL of a receiver in a log."""
    hook = case.hook(peers.status(200, b"canary-reply"), url=case.receiver.url("/canary-path"))
    case.client.want((200, 201), "POST", "/contacts", {"email": "canary@firm.example"})
    done = subprocess.run([*case.worker(), "--now"], env=case.env(), capture_output=True, text=True,
                          timeout=60, check=False)
    expect("delivered=1" in done.stderr, f"{done.stderr}")
    for word in ("canary", hook["secret"], "whsec_", str(case.receiver.port)):
        expect(word not in done.stderr, f"{word} in {done.stderr}")
    return "clean"


PARTS = [signed, events, schedule, replay, retry_after, gone, busy, hostile, harms_itself, many_at_once, tls, trusted,
         forbidden, killed, poison, stopped, two_senders, long_lease, soon, logs_are_clean, database_away]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--stack", help="directory of a running stack with --worker manual")
    parser.add_argument("parts", nargs="*", help="only these: " + " ".join(p.__name__ for p in PARTS))
    options = parser.parse_args()
    failed = 0
    with stack(options.stack) as running, peers.Receiver() as receiver:
        for part in PARTS:
            name = part.__name__.replace("_", " ")
            if options.parts and part.__name__ not in options.parts:
                continue
            started = time.monotonic()
            try:
                case = Case(running, receiver, name)
                told = part(case)
                expect(not receiver.wrong, f"badly signed: {receiver.wrong[:2]}")
                print(f"ok    {name}: {told} ({time.monotonic() - started:.1f} s)", flush=True)
            except Exception as error:  # the next part may still tell something
                failed += 1
                print(f"FAIL  {name}: {error}", flush=True)
                receiver.wrong.clear()
            # What is left of one part is not sent in the next.
            running.sql("UPDATE webhook SET enabled = 0")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
