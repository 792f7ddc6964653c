#!/usr/bin/python3
"""The same thing at the same moment: what many callers do at once ends as if one had come after
the other.

    races.py [--rounds 15] [--stack DIR]
"""
import argparse
import sys
import threading

from lib.client import Client
from lib.rows import read
from lib.stack import stack

CALLERS = 8


def at_once(project, calls):
    """Sends (method, path, body, headers) on a connection each, together; the replies in order."""
    replies, start = [None] * len(calls), threading.Barrier(len(calls))

    def run(i, call):
        client = Client(project.stack.url, project.secret)
        client.connection.connect()
        start.wait()
        replies[i] = client.request(*call)
        client.close()
    threads = [threading.Thread(target=run, args=(i, c)) for i, c in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return replies


def statuses(replies):
    return sorted(r.status for r in replies)


def equal(got, wanted, what):
    if got != wanted:
        raise AssertionError(f"{what}: got {got}, wanted {wanted}")


def member_of(segment):
    return {"logic": "AND", "groups": [{"filters": [
        {"field": "segment." + segment, "operator": "memberOfSegment"}]}]}


def keys_of_one_contact(project, n):
    """Eight upserts of one contact: none of the keys is lost, and it was created once."""
    email = f"upsert{n}@example.com"
    replies = at_once(project, [("POST", "/contacts", {"email": email, "data": {f"k{i}": i}})
                                for i in range(CALLERS)])
    equal(statuses(replies), [200] * (CALLERS - 1) + [201], "upserts")
    contact = project.client().want(200, "GET", "/contacts/" + replies[0].json()["id"])
    equal(contact["data"], {f"k{i}": i for i in range(CALLERS)}, "data")


def tracks_of_one_contact(project, n):
    """Eight tracks that create one contact: one contact, eight events."""
    email = f"track{n}@example.com"
    replies = at_once(project, [("POST", "/v1/track", {
        "email": email, "event": "e", "data": {f"k{i}": i}}) for i in range(CALLERS)])
    equal(statuses(replies), [200] * CALLERS, "tracks")
    ids = {r.json()["data"]["contact"] for r in replies}
    equal(len(ids), 1, "contacts")
    client = project.client()
    contact = client.want(200, "GET", f"/contacts/{ids.copy().pop()}")
    equal(contact["data"], {f"k{i}": i for i in range(CALLERS)}, "data")
    events = client.want(200, "GET", f"/events/contact/{ids.pop()}")["events"]
    equal(len(events), CALLERS, "events")


def one_idempotency_key(project, n):
    """Eight tracks with one key: one effect, and the others are told so."""
    key, email = f"key-{project.number}-{n}", f"key{n}@example.com"
    replies = at_once(project, [("POST", "/v1/track", {"email": email, "event": "once"},
                                 {"Idempotency-Key": key})] * CALLERS)
    equal(statuses(replies), [200] + [409] * (CALLERS - 1), "tracks with one key")
    contact = next(r for r in replies if r.status == 200).json()["data"]["contact"]
    events = project.client().want(200, "GET", "/events/contact/" + contact)["events"]
    equal(len(events), 1, "events")


def one_new_address(project, n):
    """Eight contacts want one address: one gets it."""
    client = project.client()
    ids = [client.want(201, "POST", "/contacts", {"email": f"move{n}-{i}@example.com"})["id"]
           for i in range(CALLERS)]
    replies = at_once(project, [("PATCH", "/contacts/" + i, {"email": f"taken{n}@example.com"})
                                for i in ids])
    equal(statuses(replies), [200] + [409] * (CALLERS - 1), "moves to one address")


def one_delete(project, n):
    """Eight deletes and tracks of one contact: it goes once, and leaves nothing behind."""
    client, email = project.client(), f"gone{n}@example.com"
    made = client.want(201, "POST", "/contacts", {"email": email})["id"]
    replies = at_once(project, [("DELETE", "/contacts/" + made)] * 4 + [
        ("POST", "/v1/track", {"email": email, "event": "e"})] * 4)
    equal(statuses(replies[:4]), [204, 404, 404, 404], "deletes")
    equal(statuses(replies[4:]), [200] * 4, "tracks")
    equal(client.request("GET", "/contacts/" + made).status, 404, "the contact")


def members_created_once(project, n):
    """The same new addresses into one segment, eight times: each is created once."""
    client = project.client()
    segment = client.want(201, "POST", "/segments", {"name": "s", "type": "STATIC"})["id"]
    emails = [f"member{n}-{i}@example.com" for i in range(5)]
    replies = at_once(project, [("POST", f"/segments/{segment}/members",
                                 {"emails": emails[i % 5:] + emails[:i % 5],
                                  "createMissing": True}) for i in range(CALLERS)])
    equal(statuses(replies), [200] * CALLERS, "members")
    equal(sum(r.json()["created"] for r in replies), 5, "created")
    equal(client.want(200, "GET", "/segments/" + segment)["memberCount"], 5, "members")


def no_cycle(project, _n):
    """Two changes that would close a cycle together: one at most goes through."""
    client = project.client()
    anyone = {"logic": "AND", "groups": [{"filters": [{"field": "data.a", "operator": "exists"}]}]}
    one, two = (client.want(201, "POST", "/segments", {"name": "c", "condition": anyone})["id"]
                for _ in range(2))
    replies = at_once(project, [
        ("PATCH", "/segments/" + one, {"condition": member_of(two)}),
        ("PATCH", "/segments/" + two, {"condition": member_of(one)})])
    equal(statuses(replies), [200, 400], "changes that close a cycle")
    for segment in (one, two):
        client.want(200, "GET", "/segments/" + segment)


def no_dangling_reference(project, _n):
    """A segment is deleted while another one begins to name it: one of the two is refused."""
    client = project.client()
    target = client.want(201, "POST", "/segments", {"name": "t", "type": "STATIC"})["id"]
    deleted, made = at_once(project, [
        ("DELETE", "/segments/" + target),
        ("POST", "/segments", {"name": "r", "condition": member_of(target)})])
    if (deleted.status, made.status) not in ((204, 400), (409, 201)):
        raise AssertionError(f"deleted: {deleted!r}, made: {made!r}")
    for segment in client.want(200, "GET", "/segments"):
        client.want(200, "GET", f"/segments/{segment['id']}/contacts")


def flips_are_told_once(project, n):
    """Eight unsubscriptions of one contact are one flip."""
    client, email = project.client(), f"flip{n}@example.com"
    made = client.want(201, "POST", "/contacts", {"email": email})["id"]
    replies = at_once(project, [("PATCH", "/contacts/" + made, {"subscribed": False})] * 4 + [
        ("POST", "/contacts", {"email": email, "subscribed": False})] * 4)
    equal(statuses(replies), [200] * CALLERS, "unsubscriptions")
    events = client.want(200, "GET", "/events/contact/" + made)["events"]
    equal([e["name"] for e in events], ["contact.unsubscribed"], "events")


def batches_that_cross(project, n):
    """Batches over the same contacts in opposite orders: nobody starves, nothing is lost."""
    emails = [f"cross{n}-{i}@example.com" for i in range(40)]
    replies = at_once(project, [("POST", "/v1/track/batch", {"events": [
        {"email": e, "event": "e", "data": {f"k{i}": i}}
        for e in (emails if i % 2 else emails[::-1])]}) for i in range(CALLERS)])
    equal([r.json()["data"] for r in replies],
          [{"accepted": 40, "errors": []}] * CALLERS, "batches")
    stored = {c["email"]: c for c in read(project.stack, project.number).contacts}
    for email in emails:
        equal(stored[email]["data"], {f"k{i}": i for i in range(CALLERS)}, email)
        equal(len(stored[email]["events"]["e"]), CALLERS, email)


RACES = [keys_of_one_contact, tracks_of_one_contact, one_idempotency_key, one_new_address,
         one_delete, members_created_once, no_cycle, no_dangling_reference, flips_are_told_once,
         batches_that_cross]


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--rounds", type=int, default=15)
    arguments.add_argument("--stack", help="directory of a running stack")
    given = arguments.parse_args()
    passed = failed = 0
    with stack(given.stack, api=4) as running:
        for race in RACES:
            project = running.project(race.__name__)
            try:
                for n in range(given.rounds):
                    race(project, n)
                wrong = read(running, project.number).broken_rollups
                if wrong:
                    raise AssertionError("\n".join(wrong[:5]))
                running.program("muster", "verify", str(project.number))
                passed += 1
            except Exception as failure:  # the others may still tell something
                failed += 1
                print(f"FAIL {race.__name__}, round {n}: {type(failure).__name__}: {failure}")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
