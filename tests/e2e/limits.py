#!/usr/bin/python3
"""What a project may have at most (filters.md, section 1): each limit holds to the last one, says
so, and stores nothing beyond it.

    limits.py [--stack DIR]
"""
import argparse
import sys

from lib.rows import read
from lib.stack import stack

PATHS, NAMES, PUBLIC = 1000, 2000, 200


def refused(reply, number):
    """A 422 that names the limit."""
    if reply.status != 422:
        raise AssertionError(f"wanted 422, got {reply!r}")
    message = reply.json()["error"]["message"]
    if str(number) not in message.replace(",", ""):
        raise AssertionError(f"the message does not name {number}: {message}")


def equal(got, wanted, what):
    if got != wanted:
        raise AssertionError(f"{what}: got {got}, wanted {wanted}")


def field_paths(project):
    """1,000 paths, nested ones among them; one more is refused and its contact is as it was."""
    client = project.client()
    for block in range(10):
        client.want(201, "POST", "/contacts", {"email": f"a{block}@example.com", "data": {
            f"f{block}-{i}": i for i in range(PATHS // 10)}})
    client.want(201, "POST", "/contacts", {"email": "old@example.com", "data": {"f0-0": "again"}})
    refused(client.request("POST", "/contacts", {"email": "b@example.com", "data": {"more": 1}}),
            PATHS)
    refused(client.request("POST", "/contacts", {
        "email": "old@example.com", "data": {"f0-1": 2, "f0-2": {"nested": 1}}}), PATHS)
    refused(client.request("POST", "/v1/track", {
        "email": "c@example.com", "event": "e", "data": {"more": 1}}), PATHS)
    world = read(project.stack, project.number)
    equal(len(world.contacts), 11, "contacts")
    old = next(c for c in world.contacts if c["email"] == "old@example.com")
    equal((old["data"], old["events"]), ({"f0-0": "again"}, {}), "the refused contact")


def field_paths_of_the_public(project):
    """A public key may add 200 paths; further data stays on the event only."""
    public, client = project.client(project.public), project.client()
    public.want(200, "POST", "/v1/track", {"email": "a@example.com", "event": "e", "data": {
        f"p{i}": i for i in range(PUBLIC)}})
    made = public.want(200, "POST", "/v1/track", {"email": "b@example.com", "event": "e", "data": {
        "p0": 1, "more": 2}})["data"]["contact"]
    equal(client.want(200, "GET", "/contacts/" + made)["data"], {"p0": 1}, "data of the contact")
    events = client.want(200, "GET", "/events/contact/" + made)["events"]
    equal([e["data"] for e in events], [{"p0": 1, "more": 2}], "data of the event")
    client.want(200, "POST", "/contacts", {"email": "b@example.com", "data": {"more": 3}})
    public.want(200, "POST", "/v1/track", {"email": "b@example.com", "event": "e",
                                           "data": {"more": 4}})
    equal(client.want(200, "GET", "/contacts/" + made)["data"], {"p0": 1, "more": 4}, "data now")


def event_names(project):
    """2,000 names; one more is refused, and in a batch only its own item."""
    client = project.client()
    for block in range(2):
        answer = client.want(200, "POST", "/v1/track/batch", {"events": [
            {"email": "a@example.com", "event": f"e{block}-{i}"} for i in range(NAMES // 2)]})
        equal(answer["data"], {"accepted": NAMES // 2, "errors": []}, "batch")
    refused(client.request("POST", "/v1/track", {"email": "b@example.com", "event": "more"}), NAMES)
    answer = client.want(200, "POST", "/v1/track/batch", {"events": [
        {"email": "c@example.com", "event": "e0-0"}, {"email": "d@example.com", "event": "more"}]})
    equal((answer["data"]["accepted"], [e["index"] for e in answer["data"]["errors"]]), (1, [1]),
          "batch with one name too many")
    emails = {c["email"] for c in read(project.stack, project.number).contacts}
    equal(emails, {"a@example.com", "c@example.com"}, "contacts")
    # What the system records itself is not the client's doing.
    client.want(200, "POST", "/contacts", {"email": "a@example.com", "subscribed": False})


def event_names_of_the_public(project):
    """A public key may add 200 names."""
    public = project.client(project.public)
    for i in range(PUBLIC):
        public.want(200, "POST", "/v1/track", {"email": "a@example.com", "event": f"p{i}"})
    refused(public.request("POST", "/v1/track", {"email": "a@example.com", "event": "more"}),
            PUBLIC)
    project.client().want(200, "POST", "/v1/track", {"email": "a@example.com", "event": "more"})
    public.want(200, "POST", "/v1/track", {"email": "a@example.com", "event": "more"})


LIMITS = [field_paths, field_paths_of_the_public, event_names, event_names_of_the_public]


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--stack", help="directory of a running stack")
    given = arguments.parse_args()
    passed = failed = 0
    with stack(given.stack) as running:
        for limit in LIMITS:
            try:
                limit(running.project(limit.__name__))
                passed += 1
            except Exception as failure:  # the others may still tell something
                failed += 1
                print(f"FAIL {limit.__name__}: {type(failure).__name__}: {str(failure)[:1500]}")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
