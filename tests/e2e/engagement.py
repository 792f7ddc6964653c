#!/usr/bin/python3
"""What is told of messages counts once, whoever tells it and how often; Amazon's notifications are believed
only when they are Amazon's.

    engagement.py [--stack DIR] [CASE ...]
"""
import argparse
import concurrent.futures
import json
import os
import re
import subprocess
import sys
import tempfile
import time

from lib import fakeaws
from lib.client import Client, Unexpected
from lib.draw import iso
from lib.rows import read
from lib.stack import stack

CALLERS = 8


def expect(truth, what):
    if not truth:
        raise AssertionError(what)


def equal(got, wanted, what):
    expect(got == wanted, f"{what}: got {got!r}, wanted {wanted!r}")


def hours_ago(hours):
    return iso(int((time.time() - hours * 3600) * 1000))


class Site:
    """A project and short forms."""

    def __init__(self, running, name):
        self.stack, self.project = running, running.project(name)
        self.client = self.project.client()

    def contact(self, email):
        self.client.want(201, "POST", "/contacts", {"email": email})
        return email

    def tell(self, *events, key=None):
        client = self.client if key is None else self.project.client(key)
        return client.want(200, "POST", "/v1/email-events", {"events": list(events)})["data"]

    def count(self, *filters):
        return self.client.want(200, "POST", "/segments/preview", {
            "condition": {"logic": "AND", "groups": [{"filters": list(filters)}]}})["count"]

    def rows(self):
        return {c["email"]: c for c in read(self.stack, self.project.number).contacts}

    def verify(self):
        """Columns are what a rebuild would make, before and after folding."""
        number = str(self.project.number)
        self.stack.program("muster", "verify", number)
        self.stack.program("muster-worker", "fold", "--now")
        self.stack.program("muster-worker", "merge", "--now")
        self.stack.program("muster", "verify", number)
        wrong = read(self.stack, self.project.number).broken_rollups
        expect(not wrong, wrong[:3])


def said(email, kind, email_id, at, **more):
    return {"email": email, "type": kind, "emailId": email_id, "timestamp": at, **more}


def leaf(field, operator, value=None, **more):
    return {"field": field, "operator": operator, **({} if value is None else {"value": value}), **more}


# ---- email-events ----------------------------------------------------------------------------------


def told_at_once(running):
    """Eight tell the same thing at the same moment: one is accepted."""
    site = Site(running, "told at once")
    who, at = site.contact("a@example.com"), hours_ago(2)
    events = [said(who, kind, "m1", at) for kind in ("sent", "delivered", "opened", "clicked", "complained")]
    with concurrent.futures.ThreadPoolExecutor(CALLERS) as pool:
        told = list(pool.map(lambda _: site.project.client().want(
            200, "POST", "/v1/email-events", {"events": events})["data"], range(CALLERS)))
    equal(sum(t["accepted"] for t in told), len(events), "accepted")
    equal(sum(t["duplicates"] for t in told), len(events) * (CALLERS - 1), "duplicates")
    stored = site.rows()[who]
    equal({n: len(t) for n, t in stored["events"].items()},
          {"email.sent": 1, "email.delivered": 1, "email.opened": 1, "email.clicked": 1,
           "email.complained": 1, "contact.unsubscribed": 1}, "occurrences")
    equal(stored["status"], "complained", "status")
    site.verify()


def late_openings(running):
    """Openings in any order, between folds and merges: one per emailId, the earliest."""
    site = Site(running, "late openings")
    people = [site.contact(f"p{n}@example.com") for n in range(6)]
    earliest = {}
    for step, hours in enumerate([50, 90, 20, 300, 299, 5, 700, 40]):
        for n, who in enumerate(people):
            mail, at = f"m{n}-{step % 2}", hours_ago(hours + n)
            site.tell(said(who, "opened", mail, at), said(who, "clicked", mail, at, url="https://a"))
            earliest[who, mail] = min(at, earliest.get((who, mail), at))
        if step % 3 == 1:
            site.stack.program("muster-worker", "fold", "--now")
    stored = site.rows()
    for who in people:
        wanted = sorted(at for (owner, _), at in earliest.items() if owner == who)
        for name in ("email.opened", "email.clicked"):
            equal(sorted(iso(t) for t in stored[who]["events"][name]), wanted, f"{who} {name}")
    equal(site.count(leaf("email.opened", "countEquals", 2)), len(people), "two mails each")
    equal(site.count(leaf("email.opened", "firstTriggeredOlderThan", 25, unit="days")), len(people), "first")
    site.verify()
    equal(site.count(leaf("email.opened", "countAtLeast", 2, window={"value": 2000, "unit": "hours"})),
          len(people), "after the merge")
    kept = site.client.want(200, "GET", "/api/v1/events?type=open")["data"]["pagination"]["total"]
    equal(kept, 8 * len(people), "every one is kept")


def a_flip_is_told(running):
    """A tracked segment loses who bounced, and the change says why."""
    site = Site(running, "flips")
    who = site.contact("a@example.com")
    made = site.client.want(201, "POST", "/segments", {
        "name": "Reachable", "trackMembership": True, "condition": {"logic": "AND", "groups": [{
            "filters": [leaf("subscribed", "equals", True)]}]}})["id"]
    site.client.want(200, "POST", f"/segments/{made}/compute")
    site.tell(said(who, "bounced", "m", hours_ago(1), bounceType="hard", reason="550 gone"))
    equal(site.client.want(200, "POST", f"/segments/{made}/compute")["removed"], 1, "left")
    uuid = site.rows()[who]["id"]
    events = site.client.want(200, "GET", f"/events/contact/{uuid}")["events"]
    flip = next(e for e in events if e["name"] == "contact.unsubscribed")
    equal(flip["data"]["reason"], "bounce", "reason of the flip")
    equal(site.rows()[who]["status"], "bounced", "status")
    public = site.project.client(site.project.public)
    public.request("POST", "/v1/track", {"email": who, "event": "x", "subscribed": True})
    equal(site.rows()[who]["status"], "bounced", "a public key does not undo a bounce")
    site.client.want(200, "POST", "/contacts", {"email": who, "subscribed": True})
    equal(site.rows()[who]["status"], "subscribed", "a secret key does")


def nothing_stored_on_an_error(running):
    site = Site(running, "errors")
    site.contact("a@example.com")
    before = site.rows()
    told = site.tell(said("nobody@example.com", "opened", "m", hours_ago(1)),
                     said("a@example.com", "winked", "m", hours_ago(1)),
                     {"email": "a@example.com", "type": "opened"})
    equal((told["accepted"], [e["index"] for e in told["errors"]]), (0, [0, 1, 2]), "all refused")
    equal(site.rows(), before, "rows")
    equal(site.client.want(200, "GET", "/api/v1/events")["data"]["events"], [], "events")


def erased(running):
    """Nothing of an erased person stays among them."""
    site = Site(running, "erased")
    who = site.contact("gone@example.com")
    site.tell(said(who, "opened", "m", hours_ago(1)), said(who, "clicked", "m", hours_ago(1), url="u"))
    site.client.want(204, "DELETE", "/contacts/" + site.rows()[who]["id"])
    equal(site.client.want(200, "GET", "/api/v1/events")["data"]["events"], [], "events")
    site.contact(who)
    told = site.tell(said(who, "opened", "m", hours_ago(1)))
    equal(told["accepted"], 1, "a new person of that address begins anew")
    site.verify()


# ---- Amazon SNS ------------------------------------------------------------------------------------


class Hook:
    def __init__(self, running, aws, name):
        self.site, self.aws = Site(running, name), aws
        answer = self.site.client.want((200, 201), "POST", "/hooks/sns")
        self.path = hook_path(answer)

    def post(self, message, path=None):
        """SNS posts JSON as text/plain, with no key."""
        body = message if isinstance(message, bytes) else json.dumps(message).encode()
        return Client(self.site.stack.url).request(
            "POST", path or self.path, body, {"Content-Type": "text/plain; charset=UTF-8"})

    def work(self):
        done = subprocess.run(
            [os.path.join(self.site.stack.env["MUSTER_BIN"], "muster-worker"), "all", "--now"],
            env={**os.environ, **self.site.stack.env, **self.aws.environment()},
            capture_output=True, text=True, timeout=120, check=False)
        equal(done.returncode, 0, f"the worker: {done.stderr[-800:]}")

    def take(self, message, what):
        reply = self.post(message)
        expect(200 <= reply.status < 300, f"{what}: {reply!r}")
        self.work()

    def refuse(self, message, what, status=None):
        """Refused at once, or not believed by the worker: nothing changes."""
        before = self.statuses()
        reply = self.post(message)
        expect(reply.status == status if status else reply.status < 500, f"{what}: {reply!r}")
        self.work()
        equal(self.statuses(), before, what)

    def statuses(self):
        return {e: (c["status"], c["events"]) for e, c in self.site.rows().items()}


def hook_path(answer):
    text = json.dumps(answer)
    found = re.search(r"(/hooks/sns/[A-Za-z0-9_-]+)", text)
    if found:
        return found[1]
    token = re.search(r'"token": "([A-Za-z0-9_-]+)"', text)
    expect(token, f"no token in {text}")
    return "/hooks/sns/" + token[1]


def sns_notifications(running, aws):
    hook = Hook(running, aws, "sns")
    for name in ("hard", "soft", "angry", "fine"):
        hook.site.contact(f"{name}@example.com")
    asked = aws.confirmation()
    hook.take(asked, "confirmation")
    path = asked["SubscribeURL"].removeprefix("https://" + aws.host)
    expect(len(aws.receiver.at(path)) == 1, f"confirmed {len(aws.receiver.at(path))} times")
    hook.take(aws.notification(fakeaws.bounce("1", "hard@example.com")), "hard bounce")
    hook.take(aws.notification(fakeaws.bounce("2", "soft@example.com", "Transient")), "soft bounce")
    hook.take(aws.notification(fakeaws.complaint("3", "angry@example.com")), "complaint")
    hook.take(aws.notification(fakeaws.delivery("4", "fine@example.com")), "delivery")
    hook.take(aws.notification(fakeaws.event("Open", "4", "fine@example.com")), "open")
    hook.take(aws.notification(fakeaws.event("Click", "4", "fine@example.com")), "click")
    stored = hook.site.rows()
    equal({e.split("@")[0]: c["status"] for e, c in stored.items()},
          {"hard": "bounced", "soft": "subscribed", "angry": "complained", "fine": "subscribed"}, "statuses")
    equal(sorted(stored["fine@example.com"]["events"]),
          ["email.clicked", "email.delivered", "email.opened"], "fine")
    equal(stored["soft@example.com"]["events"], {}, "a soft bounce is no occurrence")
    again = aws.notification(fakeaws.event("Open", "5", "soft@example.com"))
    hook.take(again, "once")
    hook.refuse({**again}, "the same MessageId again")
    equal(len(hook.site.rows()["soft@example.com"]["events"]["email.opened"]), 1, "openings")
    hook.take(aws.notification({"notificationType": "Bounce"}), "of no use, and no fault of the hook")
    hook.take(aws.notification(fakeaws.bounce("6", "stranger@example.com")), "a stranger")
    expect("stranger@example.com" not in hook.site.rows(), "a stranger became a contact")
    hook.site.verify()


def sns_forgeries(running, aws):
    """Nothing that is not Amazon's, of this topic and fresh is believed."""
    hook = Hook(running, aws, "forgeries")
    hook.site.contact("a@example.com")
    hook.take(aws.confirmation(), "confirmation")
    news = fakeaws.bounce("1", "a@example.com")
    good = aws.notification(news)
    hook.refuse({**good, "Message": json.dumps(fakeaws.complaint("1", "a@example.com"))}, "changed text")
    hook.refuse({**good, "Signature": "AAAA"}, "no signature of anybody")
    hook.refuse({k: v for k, v in good.items() if k != "Signature"}, "none at all")
    hook.refuse(aws.notification(news, TopicArn="arn:aws:sns:us-east-1:999999999999:evil"),
                "another topic", status=403)
    hook.refuse(aws.notification(news, SignatureVersion="1"), "version 1")
    hook.refuse(aws.notification(news, SignatureVersion=None), "no version")
    hook.refuse(aws.notification(news, age=3700), "older than an hour")
    for url in ("http://sns.us-east-1.amazonaws.com" + fakeaws.CERTIFICATE,
                "https://evil.example" + fakeaws.CERTIFICATE,
                "https://sns.us-east-1.amazonaws.com.evil.example" + fakeaws.CERTIFICATE,
                "https://sns.us-east-1.amazonaws.com@evil.example" + fakeaws.CERTIFICATE,
                "https://evil.sns.us-east-1.amazonaws.com" + fakeaws.CERTIFICATE,
                "https://snsxus-east-1.amazonaws.com" + fakeaws.CERTIFICATE,
                "https://sns.us-east-1.amazonaws.com:8443" + fakeaws.CERTIFICATE,
                "https://s3.us-east-1.amazonaws.com" + fakeaws.CERTIFICATE,
                "https://127.0.0.1" + fakeaws.CERTIFICATE, "file:///etc/passwd", "", 5):
        hook.refuse(aws.notification(news, SigningCertURL=url), f"certificate at {url}")
        before = aws.receiver.count
        if isinstance(url, str) and url:
            hook.refuse(aws.confirmation(SubscribeURL=url), f"confirm at {url}")
            equal(aws.receiver.count - before <= 1, True, f"nobody goes to {url}")
    for body in (b"", b"{", b"[]", b"5", b"{}", b'{"Type":"Notification"}', b"\xff\xfe", b'{"Type":5}'):
        reply = hook.post(body)
        expect(400 <= reply.status < 500, f"{body!r}: {reply!r}")
    equal(hook.post(good, "/hooks/sns/" + "A" * 43).status, 404, "another token")
    equal(hook.site.rows()["a@example.com"]["status"], "subscribed", "still")
    hook.take(aws.notification(news), "a good one")
    equal(hook.site.rows()["a@example.com"]["status"], "bounced", "a good one counts")


def sns_forgery_blocks_nothing(running, aws):
    """A forgery does not use up the MessageId of what is genuine."""
    hook = Hook(running, aws, "forged id")
    hook.site.contact("a@example.com")
    hook.take(aws.confirmation(), "confirmation")
    good = aws.notification(fakeaws.bounce("1", "a@example.com"))
    hook.refuse({**good, "Signature": "AAAA"}, "forged")
    hook.take(good, "genuine")
    equal(hook.site.rows()["a@example.com"]["status"], "bounced", "the genuine one counts")


def sns_tokens(running, aws):
    """The old token holds for a day after it is changed, a deleted hook is gone, and no table has a token."""
    hook = Hook(running, aws, "tokens")
    hook.site.contact("a@example.com")
    client, old = hook.site.client, hook.path
    made = client.want(200, "GET", "/hooks/sns")
    number = re.search(r'"id": "([0-9a-f-]{36})"', json.dumps(made))[1]
    hook.path = hook_path(client.want((200, 201), "POST", f"/hooks/sns/{number}/rotate-token"))
    expect(old != hook.path, "the same token again")
    hook.take(aws.confirmation(), "by the new one")
    equal(hook.post(aws.notification(fakeaws.bounce("1", "a@example.com")), old).status // 100, 2, "the old one")
    hook.work()
    equal(hook.site.rows()["a@example.com"]["status"], "bounced", "status")
    expect(hook.path.rsplit("/", 1)[1] not in json.dumps(client.want(200, "GET", "/hooks/sns")), "shown again")
    client.want((200, 204), "DELETE", f"/hooks/sns/{number}")
    for path in (old, hook.path):
        equal(hook.post(aws.notification({}), path).status, 404, "after it was deleted")
    other = Site(running, "tokens of another").client
    equal(other.request("DELETE", f"/hooks/sns/{number}").status, 404, "another project's")
    public = hook.site.project.client(hook.site.project.public)
    equal(public.request("POST", "/hooks/sns").status, 401, "a public key makes none")


def sns_pins_the_topic(running, aws):
    """The first message pins the topic."""
    hook = Hook(running, aws, "pin")
    hook.site.contact("a@example.com")
    hook.take(aws.confirmation(TopicArn="arn:aws:sns:us-east-1:123456789012:first"), "the first")
    hook.refuse(aws.notification(fakeaws.bounce("1", "a@example.com")), "another topic", status=403)
    equal(hook.site.rows()["a@example.com"]["status"], "subscribed", "status")


PLAIN = [told_at_once, late_openings, a_flip_is_told, nothing_stored_on_an_error, erased]
AMAZON = [sns_notifications, sns_forgeries, sns_forgery_blocks_nothing, sns_pins_the_topic, sns_tokens]


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--stack", help="directory of a running stack with --worker manual")
    arguments.add_argument("cases", nargs="*")
    given = arguments.parse_args()
    failed = passed = 0
    with stack(given.stack) as running, tempfile.TemporaryDirectory() as folder, \
            fakeaws.FakeAws(folder) as aws:
        for case in PLAIN + AMAZON:
            if given.cases and not any(c in case.__name__ for c in given.cases):
                continue
            try:
                case(running, aws) if case in AMAZON else case(running)
                passed += 1
                print("ok  ", case.__name__, flush=True)
            except (AssertionError, Unexpected, RuntimeError, KeyError, StopIteration) as failure:
                failed += 1
                print("FAIL", case.__name__, f"{type(failure).__name__}: {str(failure)[:2000]}", flush=True)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
