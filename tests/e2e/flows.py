#!/usr/bin/python3
"""What segments are for, as its users see it: campaigns in both dialects, the outbox, workflows of every step and
trigger, sequences; the worker's clock is moved by hours and days.

    flows.py [--stack DIR] [CASE ...]
"""
import argparse
import sys
import time

from lib import flowcampaigns, flowraces, flowsequences, flowworkflows
from lib.client import Unexpected
from lib.receiver import Receiver
from lib.stack import stack


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--stack", help="directory of a running stack with --worker manual")
    arguments.add_argument("cases", nargs="*")
    given = arguments.parse_args()
    failed = passed = 0
    with stack(given.stack) as running, Receiver() as receiver:
        for case in (*flowcampaigns.CASES, *flowworkflows.CASES, *flowsequences.CASES, *flowraces.CASES):
            name = f"{case.__module__.removeprefix('lib.flow')}.{case.__name__}"
            if given.cases and not any(c in name for c in given.cases):
                continue
            started = time.monotonic()
            try:
                case(*(running, receiver)[:case.__code__.co_argcount])
                passed += 1
                print(f"ok   {name} {time.monotonic() - started:.1f} s", flush=True)
            except (AssertionError, Unexpected, RuntimeError, KeyError, StopIteration, ValueError, TypeError) as failure:
                failed += 1
                print(f"FAIL {name} {type(failure).__name__}: {str(failure)[:2000]}", flush=True)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
