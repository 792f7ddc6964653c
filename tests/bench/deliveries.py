#!/usr/bin/python3
"""Deliveries a second to one fast receiver: messages that wait are sent by one run of the worker, from its start
to its end with every result written.

    deliveries.py [--stack DIR] [--count N]
"""
import argparse
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "e2e"))

from lib.receiver import Receiver  # noqa: E402
from lib.stack import stack  # noqa: E402

WANTED = 800
BATCH = 1000


def measure(running, count):
    """(deliveries per second, connections that it took). In a project of its own."""
    project = running.project("deliveries")
    client = project.client()
    with Receiver(keep=False) as receiver:
        secret = client.want(201, "POST", "/webhooks", {
            "url": receiver.url("/bench"), "events": ["contact.created"]})["secret"]
        receiver.secrets["/bench"] = [secret]
        for start in range(0, count, BATCH):
            client.want(200, "POST", "/contacts/batch", {"contacts": [
                {"email": f"{i}@deliveries.example", "data": {"plan": "team", "seats": i % 50}}
                for i in range(start, start + BATCH)]})
        os.environ["MUSTER_WEBHOOK_ALLOW"] = "http://127.0.0.0/8"
        started = time.monotonic()
        running.program("muster-worker", "deliver", "--now", timeout=300)
        seconds = time.monotonic() - started
        if receiver.count != count or receiver.wrong:
            raise AssertionError(f"{receiver.count} of {count} came, {len(receiver.wrong)} badly signed")
        return count / seconds, receiver.connections


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--stack", help="directory of a running stack with --worker manual")
    parser.add_argument("--count", type=int, default=10 * BATCH, help="a multiple of 1,000")
    options = parser.parse_args()
    with stack(options.stack) as running:
        rate, connections = measure(running, options.count)
    print(f"{rate:,.0f} deliveries/s over {connections} connections (wanted: {WANTED})")
    sys.exit(0 if rate >= WANTED else 1)


if __name__ == "__main__":
    main()
