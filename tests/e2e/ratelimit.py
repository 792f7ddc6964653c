#!/usr/bin/python3
"""PushMail's limits for an account and minute: counted for all its keys and processes, told in every answer, and
a 429 that says when to come back. Nothing else is limited by them.

    ratelimit.py
"""
import os
import sys
import time

from lib.client import Client
from lib.stack import stack

GENERAL, SEND = 8, 3


def expect(truth, what):
    if not truth:
        raise AssertionError(what)


def early_in_the_minute(seconds):
    """The minutes are the clock's: begin where one is not about to end."""
    while time.time() % 60 > 60 - seconds:
        time.sleep(0.5)


def headers(reply):
    return tuple(int(reply.headers[f"X-RateLimit-{n}"]) for n in ("Limit", "Remaining", "Reset"))


def limited(running):
    both = Client(running.url, running.env["MUSTER_PM_KEY"])
    one = Client(running.url, running.env["MUSTER_SECRET_KEY"])
    two = Client(running.url, running.env["MUSTER_SECRET_KEY2"])
    stranger = running.project("another account").client()
    reset = (int(time.time()) // 60 + 1) * 60
    for n in range(GENERAL):
        client = (both, one, two)[n % 3]
        reply = client.request("GET", f"/api/v1/tags?siteId={2 if client is two else 1}")
        expect(reply.status == 200, f"request {n}: {reply!r}")
        expect(headers(reply) == (GENERAL, GENERAL - 1 - n, reset), f"request {n}: {headers(reply)}")
    for client, method, path in ((both, "GET", "/api/v1/tags?siteId=1"), (two, "POST", "/api/v1/tags"),
                                 (one, "GET", "/api/v1/segments/9"), (one, "GET", "/v1/segments")):
        reply = client.request(method, path, {"name": "x"} if method == "POST" else None)
        expect(reply.status == 429, f"{path}: {reply!r}")
        wait = int(reply.headers["Retry-After"])
        expect(1 <= wait <= 60 and abs(time.time() + wait - reset) < 2.5, f"Retry-After {wait}")
        expect(headers(reply) == (GENERAL, 0, reset), headers(reply))
        body = reply.json()
        expect(body == {"error": "Rate limit exceeded. Please retry after the reset time.",
                        "retryAfter": wait, "limit": GENERAL, "resetAt": reset}, body)
    reply = both.want(200, "GET", "/api/v1/rate-limit")
    for block, limit, left in (("general", GENERAL, 0), ("send", SEND, SEND)):
        expect(reply["data"][block] == {"limit": limit, "remaining": left, "resetAt": reset}, reply)
    expect(one.request("GET", "/contacts").status == 200, "Plunk has no such limit")
    expect(headers(stranger.request("GET", "/api/v1/tags")) == (GENERAL, GENERAL - 1, reset),
           "another account has its own")
    for n in range(SEND + 1):
        reply = stranger.request("POST", f"/api/v1/campaigns/9/{('send', 'schedule')[n % 2]}", {})
        expect(reply.status == (404 if n < SEND else 429), f"sending {n}: {reply!r}")
        expect(headers(reply) == (SEND, max(SEND - 1 - n, 0), reset), f"sending {n}: {headers(reply)}")
    expect(Client(running.url).request("GET", "/api/v1/tags").headers.get("X-RateLimit-Limit") is None,
           "no key, no account")
    expect(int(running.sql("SELECT COUNT(*) FROM tag")[0][0]) == 0, "a 429 stored something")


def main():
    os.environ["MUSTER_RATE_PLAN"] = f"{GENERAL}/{SEND}"
    with stack() as running:
        early_in_the_minute(10)
        try:
            limited(running)
        except AssertionError as failure:
            print("FAIL limited:", failure)
            return 1
    print("ok   limited")
    return 0


if __name__ == "__main__":
    sys.exit(main())
