#!/usr/bin/python3
"""Runs the golden cases of this folder; see README.md there for their form.

    run.py [--stack DIR] [CASE-OR-PART-OF-A-NAME ...]
"""
import argparse
import glob
import json
import os
import re
import sys
import time
import urllib.parse

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "e2e"))

from lib.client import Client  # noqa: E402
from lib.draw import iso  # noqa: E402
from lib.stack import stack  # noqa: E402


class Step:
    def __init__(self, line):
        self.request, self.headers, self.body = line, [], []
        self.status, self.want_headers, self.want_body = None, [], []


def parse(path):
    """The steps of a case file."""
    steps, part = [], None
    with open(path, encoding="ascii") as file:
        for number, line in enumerate(file.read().splitlines(), 1):
            if line.startswith("#") and not steps:
                continue
            if line.startswith("> ") and (part != "request"):
                steps.append(Step(line[2:]))
                part = "request"
            elif line.startswith("> "):
                steps[-1].headers.append(line[2:])
            elif line.startswith("< ") and part != "answer":
                steps[-1].status = line[2:]
                part = "answer"
            elif line.startswith("< "):
                steps[-1].want_headers.append(line[2:])
            elif line.strip() or part == "request":
                if not steps:
                    raise ValueError(f"{path}:{number}: text before the first request")
                (steps[-1].body if part == "request" else steps[-1].want_body).append(line)
    if not steps or any(s.status is None for s in steps):
        raise ValueError(f"{path}: a request without an answer")
    return steps


class Case:
    def __init__(self, running, path):
        self.running, self.path = running, path
        self.project = running.project(os.path.basename(path)[:60])
        now = int(time.time() * 1000)
        self.names = {"case": os.path.basename(path)[:-5], "now": iso(now),
                      "in2min": iso(now + 120_000), "in10min": iso(now + 600_000),
                      "in1h": iso(now + 3_600_000), "hourAgo": iso(now - 3_600_000),
                      "today": iso(now)[:10], "project": str(self.project.number)}
        env = running.env
        self.keys = {"secret": self.project.secret, "public": self.project.public,
                     "pm": None,
                     "revoked": env["MUSTER_REVOKED_KEY"], "account": env["MUSTER_PM_KEY"],
                     "second": env["MUSTER_SECRET_KEY2"]}
        self.client = Client(running.url)

    def expand(self, text):
        """Names and macros of a request or a wanted answer."""
        text = re.sub(r"\$([A-Za-z]\w*)", lambda m: self.names.get(m[1], m[0]), text)
        text = re.sub(r"%\{([^{}*]+)\*(\d+)\}", lambda m: m[1] * int(m[2]), text)
        text = re.sub(r"%\[(.*?)\*(\d+)\]%", lambda m: m[1] * int(m[2]), text)
        text = re.sub(r"%\{nest:(\d+)\}", lambda m: "[" * int(m[1]) + "]" * int(m[1]), text)
        return re.sub(r"%\{q:(.*?)\}q", lambda m: urllib.parse.quote(m[1], safe=""), text)

    def run(self):
        """Lines that say what was wrong."""
        for step in parse(self.path):
            wrong = self.step(step)
            if wrong:
                return [f"> {step.request}"] + wrong
        return []

    def step(self, step):
        method, _, path = self.expand(step.request).partition(" ")
        body, headers = self.body_of(step), self.headers_of(step)
        time.sleep(float(headers.pop("Wait", 0)))
        reply = self.client.request(method, path, body, headers)
        wrong = []
        if str(reply.status) not in step.status.split("|"):
            wrong.append(f"status: wanted {step.status}, got {reply.status}")
        for line in step.want_headers:
            name, _, value = self.expand(line).partition(": ")
            wrong += self.header(name, value, reply.headers.get(name))
        wanted = [self.expand(line) for line in step.want_body if line.strip()]
        if wanted and wanted[0].startswith("! "):
            wrong += self.error(wanted, reply)
        elif wanted and wanted[0].startswith("!! "):
            wrong += self.json_body(json.dumps({"error": wanted[0][3:]}), reply)
        elif wanted and wanted[0].startswith("| "):
            wrong += self.text_body([line[2:] for line in wanted], reply)
        elif wanted == ["(empty)"]:
            wrong += ["wanted no body"] if reply.body else []
        elif wanted:
            wrong += self.json_body("\n".join(wanted), reply)
        return wrong + ["answer: " + repr(reply)] if wrong else []

    def body_of(self, step):
        while step.body and not step.body[-1].strip():
            step.body.pop()
        if not step.body:
            return None
        text = self.expand("\n".join(step.body))
        parts = re.split(r"%\{hex:([0-9a-f]*)\}", text)
        return b"".join(bytes.fromhex(part) if i % 2 else part.encode()
                        for i, part in enumerate(parts))

    def headers_of(self, step):
        headers, key = {}, "secret"
        for line in step.headers:
            name, _, value = self.expand(line).partition(": ")
            if name == "Key":
                key = value
            else:
                headers[name] = value.encode("ascii") if value.isascii() else value
        if key == "pm" and not self.keys["pm"]:  # few cases need one, and it takes a program
            self.keys["pm"] = self.running.program(
                "muster", "key", "create", str(self.project.number), "account").split()[-1]
        if key != "none":
            headers["Authorization"] = "Bearer " + self.keys[key] if key in self.keys else key
        return headers

    def header(self, name, wanted, got):
        if wanted == "-":
            return [f"header {name}: wanted none, got {got}"] if got is not None else []
        return [] if got is not None and self.match(wanted, got, "") == [] else [
            f"header {name}: wanted {wanted}, got {got}"]

    def json_body(self, text, reply):
        try:
            got = reply.json()
        except ValueError:
            return ["the body is no JSON"]
        return self.match(json.loads(text), got, "$")

    def text_body(self, wanted, reply):
        got = reply.body.decode("utf-8", "replace").splitlines()
        if len(got) != len(wanted):
            return [f"wanted {len(wanted)} lines, got {len(got)}"]
        return [line for n, (w, g) in enumerate(zip(wanted, got), 1)
                for line in self.match(w, g, f"line {n}")]

    def error(self, wanted, reply):
        code, _, message = wanted[0][2:].partition(" ")
        try:
            body = reply.json()
        except ValueError:
            return ["the body is no JSON"]
        error = {"code": "@any" if code == "*" else f"@re {code}",
                 "message": "@any" if message == "*" else message, "statusCode": reply.status,
                 "requestId": reply.headers.get("X-Request-ID"), "...": 0}
        wrong = self.match({"success": False, "error": error, "timestamp": "@iso"}, body, "$")
        for line, item in zip(wanted[1:], (body.get("error") or {}).get("errors") or []):
            field, _, rest = line[len("! item "):].partition(" ")
            item_code, _, received = rest.partition(" ")
            pattern = {"field": field, "message": "@any", "...": 0}
            if item_code:
                pattern["code"] = item_code
            if received:
                pattern["received"] = received
            wrong += self.match(pattern, item, "$.error.errors")
        if len((body.get("error") or {}).get("errors") or []) < len(wanted) - 1:
            wrong.append("errors: fewer than wanted")
        return wrong

    def match(self, wanted, got, at):
        """Differences between a pattern and a value."""
        if isinstance(wanted, str):
            wanted = self.expand(wanted)  # a name that this very answer gave
            if wanted.startswith("@"):
                return self.match_kind(wanted, got, at)
        if isinstance(wanted, dict) and isinstance(got, dict):
            wrong = [f"{at}.{k}: missing" for k in wanted if k not in got and k != "..."]
            if "..." not in wanted:
                wrong += [f"{at}.{k}: not wanted" for k in got if k not in wanted]
            return wrong + [line for k in wanted if k in got
                            for line in self.match(wanted[k], got[k], f"{at}.{k}")]
        if isinstance(wanted, list) and isinstance(got, list):
            return self.match_list(wanted, got, at)
        if isinstance(wanted, bool) or isinstance(got, bool):
            equal = wanted is got
        else:
            equal = wanted == got
        return [] if equal else [f"{at}: wanted {json.dumps(wanted)}, got {json.dumps(got)}"]

    def match_list(self, wanted, got, at):
        if wanted and wanted[0] in ("@set", "@has"):
            left = list(got)
            for pattern in wanted[1:]:
                found = next((g for g in left if self.match(pattern, g, at) == []), None)
                if found is None and None not in left:
                    return [f"{at}: none is {json.dumps(pattern)} in {json.dumps(got)[:500]}"]
                left.remove(found)
            return [f"{at}: more than wanted"] if left and wanted[0] == "@set" else []
        if len(wanted) != len(got):
            return [f"{at}: wanted {len(wanted)} items, got {len(got)}"]
        return [line for i, (w, g) in enumerate(zip(wanted, got))
                for line in self.match(w, g, f"{at}[{i}]")]

    def match_kind(self, wanted, got, at):
        if wanted.startswith("@re "):
            right, name = isinstance(got, str) and re.fullmatch(wanted[4:], got), ""
        else:
            kind, _, name = wanted[1:].partition(":")
            right = KINDS[kind](got)
        if not right:
            return [f"{at}: wanted {wanted}, got {json.dumps(got)}"]
        if name:
            self.names[name] = got if isinstance(got, str) else json.dumps(got)
        return []


def is_text(pattern):
    return lambda value: isinstance(value, str) and bool(re.fullmatch(pattern, value))


KINDS = {
    "any": lambda v: v is not None and v != "",
    "string": lambda v: isinstance(v, str),
    "int": lambda v: isinstance(v, int) and not isinstance(v, bool),
    "number": lambda v: isinstance(v, (int, float)) and not isinstance(v, bool),
    "uuid": is_text(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"),
    "iso": is_text(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"),
}


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--stack", help="directory of a running stack")
    arguments.add_argument("cases", nargs="*")
    given = arguments.parse_args()
    paths = sorted(glob.glob(os.path.join(HERE, "*.case")))
    if given.cases:
        paths = [p for p in paths if any(c in p for c in given.cases)]
    passed = failed = 0
    with stack(given.stack) as running:
        for path in paths:
            try:
                wrong = Case(running, path).run()
            except Exception as failure:  # a case must not end the others
                wrong = [f"{type(failure).__name__}: {failure}"]
            if wrong:
                failed += 1
                print(f"FAIL {os.path.basename(path)}\n    " + "\n    ".join(wrong), flush=True)
            else:
                passed += 1
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
