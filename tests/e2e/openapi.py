#!/usr/bin/python3
"""The OpenAPI documents say what the server does: routes, schemas, and every example.

    openapi.py [--stack DIR] [--only TEXT] [--record] [DIALECT ...]

For each of conf/openapi/{plunk,pushmail,mailpanda}.json: (a) it has the routes of app/api/routes.c and no others, with
their methods, path parameters, bodies and keys; together they have the query parameters that handlers read, and Plunk's has the
operators of app/filter/operators.c; (b) Redocly's linter finds nothing; (c) every example is sent, and the answer has the
documented status and the form of the schema and of the documented answer, which fits the schema too.
How a request is made of examples: lib/apidoc.py. What their ids mean: lib/exampleworld.py.

--only: operations whose "METHOD /path" has this text. --record: answers become the examples of answers that have no `value` yet.
The linter and the judge of schemas come from npm; where it cannot be reached, these parts say `skipped`.
"""
import argparse
import glob
import json
import os
import re
import subprocess
import sys
import tempfile
import urllib.parse

from lib.apidoc import Document, layout, unused_examples
from lib.client import Client
from lib.exampleworld import World
from lib.stack import ROOT, stack

HERE = os.path.dirname(os.path.realpath(__file__))
DIALECTS = {"plunk": "/openapi.json", "pushmail": "/api/v1/openapi.json", "mailpanda": "/api/openapi.json"}
PACKAGES = ["@redocly/cli@2.77.0", "ajv@8.20.0", "ajv-formats@3.0.1"]
LINTER_NODE = (20, 19)
ROUTE = re.compile(r'\{API_(\w+),\s*"([^"]+)",\s*\w+,\s*ROUTE_(\w+),\s*ROUTE_(\w+),\s*ROUTE_\w+,\s*ROUTE_\w+\}')
QUERY = re.compile(r'\b(?:api_query\w*|read_date|daterange_read|read_flag|either)\(req, "(\w+)"(?:, "(\w+)"\))?')
LIKE = {"sessionKey": "secretKey"}  # a session is a secret key, and the example must have one
KEYS = {"OPEN": set(), "SECRET": {"secretKey"}, "ACCOUNT": {"secretKey"}, "ANY_KEY": {"secretKey", "publicKey"}}


REQUEST_ID = "openapi-test"
# What differs from one time to the next: ids, instants; and numbers that were measured.
VOLATILE = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[.]\d{3}Z")
MEASURES = {"tookMs", "uptime", "uptimeSeconds", "oldestSeconds", "memoryUsage", "migration", "server",
            "answer.version.database"}
# What an example must not show as it was: random secrets, and where the test ran.
SECRETS = [(re.compile(pattern), text) for pattern, text in [
    (r"^http://127[.]0[.]0[.]1:\d+/contacts/public/[0-9A-Za-z_-]+/",
     "https://muster.example/contacts/public/wAAAAX1SSg6cEVK-bx0AAQMAAAABn4fKq2yTzV0sBhXuWm7d3Q/"),
    (r"whsec_[A-Za-z0-9+/=]+", "whsec_c2lnbmVkIGJ5IE11c3RlciwgbmV2ZXIgc2hvd24gdHdpY2U="),
    (r"\b\d+-[0-9a-f]{40}\b", "12-0f3c9a1be27d8456c1d09e8f7a6b5c4d3e2f1a0b"),
    (r"\b(sk_|pk_|pm_live_|ses_)[0-9A-Za-z]{12}_[0-9A-Za-z_-]+", r"\1a1b2c3d4e5f6_shownOnlyOnce"),
    (f"^{REQUEST_ID}$", "0f8b1c9e-7a52-4d36-9e84-c1d20b7f63a5")]]


class Tally:
    def __init__(self):
        self.passed = self.failed = 0

    def judge(self, what, faults):
        """One test: it passes when there are no faults."""
        if faults:
            print(f"FAIL {what}")
            for fault in faults:
                print(f"     {fault}")
        self.passed += not faults
        self.failed += bool(faults)


# ---- (a) routes ------------------------------------------------------------------------------


def dialect_of(path):
    if re.match(r"/api/v1(/|$)", path):
        return "pushmail"
    return "mailpanda" if re.match(r"/api(/|$)", path) else "plunk"


def routes_of(dialect):
    """{"GET /segments/{}": (kind of key, kind of body)} by the server's table, and what nginx answers."""
    with open(os.path.join(ROOT, "app", "api", "routes.c"), encoding="utf-8") as file:
        table = ROUTE.findall(file.read())
    found = {f"{method} {re.sub(r':[A-Za-z]+', '{}', path)}": (keys, body)
             for method, path, keys, body in table if dialect_of(path) == dialect}
    found[f"GET {DIALECTS[dialect]}"] = ("OPEN", "NO_BODY")
    return found


def route_faults(document, dialect):
    routes = routes_of(dialect)
    seen = set()
    for operation in document.operations():
        name = f"{operation.method} {re.sub(r'{[^}]+}', '{}', operation.path)}"
        if name not in routes:
            yield f"{operation.label}: no such route"
            continue
        seen.add(name)
        keys, body = routes[name]
        asked = {LIKE.get(scheme, scheme) for way in operation.security for scheme in way}
        if asked != KEYS[keys]:
            yield f"{operation.label}: security is {sorted(asked)}, the route is ROUTE_{keys}"
        if sorted(operation.path_names()) != sorted(re.findall(r"{([^}]+)}", operation.path)):
            yield f"{operation.label}: path parameters are {operation.path_names()}"
        if bool(operation.body_content) != (body != "NO_BODY") or (
                body == "JSON" and "application/json" not in operation.body_content):
            yield f"{operation.label}: its body is {list(operation.body_content)}, the route is ROUTE_{body}"
        if keys != "OPEN" and not {"401", "default"} <= operation.tree["responses"].keys():
            yield f"{operation.label}: it has no 401 or no default answer"
    for name in sorted(routes.keys() - seen):
        yield f"{name}: not in the document"
    if document.text != layout(document.tree) + "\n":
        yield "the file is not laid out as --record does it"


def query_faults():
    """All documents together have the query parameters that the handlers read (another name for one is told in its
    description)."""
    read = set()
    for file in glob.glob(os.path.join(ROOT, "app", "api", "*.c")):
        with open(file, encoding="utf-8") as source:
            for names in QUERY.findall(source.read()):
                read |= set(filter(None, names))
    told, words = set(), ""
    for dialect in DIALECTS:
        document = document_of(dialect)
        for parameter in (p for o in document.operations() for p in o.parameters if p["in"] == "query"):
            told.add(parameter["name"])
            words += parameter["description"]
    for name in sorted(told - read):
        yield f"{name} is documented, and no handler reads it"
    for name in sorted(read - told):
        if f"`{name}`" not in words:
            yield f"{name} is read by a handler, and not documented"


def operator_faults(document):
    """The words of filters are those of the server's table."""
    with open(os.path.join(ROOT, "app", "filter", "operators.c"), encoding="utf-8") as file:
        table = set(re.findall(r'\{"(\w+)", FILTER_', file.read()))
    told = set(document.tree["components"]["schemas"]["Operator"]["enum"])
    return [f"Operator: {name} is in one of document and table only" for name in sorted(told ^ table)]


# ---- (c) examples ----------------------------------------------------------------------------


class Attempt:
    """A run as it went."""

    def __init__(self, run, world):
        self.run, self.world = run, world
        self.reply = self.answer = None
        self.faults = []
        self.jobs = []  # for the judge of schemas
        self.recorded = False

    def send(self):
        url, headers, body = self.request()
        client = self.world.client
        if self.run.operation.servers:
            client = Client(self.world.stack.env["MUSTER_METRICS_URL"])
        self.reply = client.request(self.run.operation.method, url, body, headers)
        self.look()
        if self.faults:
            self.faults.append(f"sent {url} {body!r:.600}")

    def request(self):
        path, pairs, headers = self.run.operation.path, [], {"X-Request-ID": REQUEST_ID}
        for place, name, value in self.world.place([list(p) for p in self.run.parameters]):
            text = as_text(value)
            if place == "path":
                path = path.replace("{" + name + "}", urllib.parse.quote(text, safe=""))
            elif place == "query":
                pairs.append((name, text))
            else:
                headers[name] = text
        if self.run.key:
            headers["Authorization"] = "Bearer " + self.world.keys[self.run.key]
        body = None
        if self.run.has_body:
            body, headers["Content-Type"] = encoded(self.world.place(self.run.body), self.run.content_type)
        return path + ("?" + urllib.parse.urlencode(pairs) if pairs else ""), headers, body

    def look(self):
        run, reply = self.run, self.reply
        if reply.status != run.status:
            self.faults.append(f"answer is {reply!r:.1000}, documented is {run.status}")
            return
        if reply.headers.get("X-Request-ID") != REQUEST_ID and not run.operation.servers:
            self.faults.append(f"X-Request-ID is {reply.headers.get('X-Request-ID')}")
        for name, header in run.response.get("headers", {}).items():
            if reply.headers.get(name) is None and run.operation.document.resolve(header, None)[0].get("required"):
                self.faults.append(f"no header {name}")
        if run.media_type is None:
            if reply.body and not run.response.get("content") and reply.status != 302:
                self.faults.append(f"documented is no body, answer is {reply!r:.300}")
            return
        told = (reply.headers.get("Content-Type") or "").split(";")[0]
        if told != run.media_type:
            self.faults.append(f"answer is {told}, documented is {run.media_type}")
            return
        self.answer = reply.json() if told == "application/json" else reply.body.decode()
        self.jobs.append((run.pointer, self.answer, f"{run.label} answer"))
        self.compare()

    def compare(self):
        example = self.run.example
        if "value" not in example:
            self.faults.append("the answer has no example yet (--record writes it)")
            return
        self.jobs.append((self.run.pointer, example["value"], f"{self.run.label} documented answer"))
        if self.run.media_type != "application/json":
            return
        if self.run.status >= 400:
            if words_of(self.world.unplace(self.answer)) != words_of(example["value"]):
                self.faults.append(f"error is {words_of(self.answer)}, documented is {words_of(example['value'])}")
        elif not example.get("x-varies"):
            self.faults += differences(example["value"], tidy(self.world.unplace(self.answer)), "answer")

    def record(self):
        if self.run.example is not None and "value" not in self.run.example and self.answer is not None:
            self.run.example["value"] = tidy(self.world.unplace(self.answer))
            self.recorded = True
        return self.recorded


def as_text(value):
    """As it stands in a URL or a header: texts as they are, the rest as JSON says it."""
    return value if isinstance(value, str) else json.dumps(value)


def encoded(body, content_type):
    """(bytes, Content-Type)"""
    if content_type == "application/json":
        return json.dumps(body).encode(), content_type
    if content_type != "multipart/form-data":
        return as_text(body).encode(), content_type
    parts = [f'--muster\r\nContent-Disposition: form-data; name="{name}"'
             + ('; filename="people.csv"\r\nContent-Type: text/csv' if name == "file" else "")
             + f"\r\n\r\n{as_text(value)}\r\n" for name, value in body.items()]
    return ("".join(parts) + "--muster--\r\n").encode(), "multipart/form-data; boundary=muster"


def words_of(answer):
    """What an error says, without what differs each time."""
    if isinstance(answer, dict) and isinstance(answer.get("error"), dict):
        error = answer["error"]
        items = [(i.get("field"), i.get("message"), i.get("code")) for i in error.get("errors", [])]
        return error.get("code"), error.get("statusCode"), error.get("message"), items
    return answer.get("error") if isinstance(answer, dict) else answer


def differences(example, actual, place):
    """Where an answer is not the documented one: members, items of lists, values that are no ids, times or measures."""
    if isinstance(example, dict) and isinstance(actual, dict):
        return [fault for key in example for fault in (
            differences(example[key], actual[key], f"{place}.{key}") if key in actual and MEASURES.isdisjoint((key, f"{place}.{key}"))
            else [f"{place}.{key} is missing"] * (key not in actual))]
    if isinstance(example, list) and isinstance(actual, list):
        if len(example) != len(actual):
            return [f"{place} has {len(actual)} items, documented are {len(example)}"]
        return [fault for number, item in enumerate(example) for fault in min(
            (differences(item, other, f"{place}.{number}") for other in actual), key=len)]
    alike = example == actual or (isinstance(example, str) and isinstance(actual, str)
                                  and VOLATILE.sub("", example) == VOLATILE.sub("", actual))
    return [] if alike else [f"{place} is {actual!r}, documented is {example!r}"]


def tidy(value):
    """An answer for the document, without real secrets."""
    if isinstance(value, dict):
        return {k: tidy(v) for k, v in value.items()}
    if isinstance(value, list):
        return [tidy(v) for v in value]
    for pattern, text in SECRETS if isinstance(value, str) else []:
        value = pattern.sub(text, value)
    return value


def try_operation(operation, running, dialect):
    """Attempts of all its examples, one after the other in one project."""
    world = World(running, dialect)
    attempts = []
    try:
        runs = operation.runs()
        # What a documented answer names is there before anything is asked.
        world.prepare([[run.parameters, run.body, run.example] for run in runs])
        for run in runs:
            attempts.append(Attempt(run, world))
            attempts[-1].send()
            if run.is_example and run.status < 400:
                attempts[-1].jobs.append((f"{body_pointer(operation)}/content/{run.content_type.replace('/', '~1')}"
                                          "/schema", run.body, f"{run.label} request"))
    finally:
        world.close()
    return attempts


def body_pointer(operation):
    return operation.document.resolve(operation.tree["requestBody"], f"{operation.pointer}/requestBody")[1]


# ---- what nginx serves -----------------------------------------------------------------------


def served_faults(running, document, path):
    """The file as it is, without a key, and HEAD; anything else is refused in the dialect's words."""
    client = Client(running.url)
    got = client.request("GET", path, headers={"X-Request-ID": "abc"})
    head = client.request("HEAD", path)
    if (got.status, got.body.decode()) != (200, document.text):
        yield f"GET {path}: {got!r:.300}"
    if got.headers.get("Content-Type") != "application/json" or got.headers.get("X-Request-ID") != "abc":
        yield f"GET {path}: {got.headers}"
    if document.tree["info"]["version"] != client.request("GET", "/config").json()["version"]:
        yield "info.version is not the server's"
    if head.status != 200 or head.body or not head.headers.get("X-Request-ID"):
        yield f"HEAD {path}: {head.status} {head.headers}"
    posted = client.request("POST", path, {})
    if posted.status != 405 or "error" not in posted.json():
        yield f"POST {path}: {posted!r}"
    client.close()


# ---- npm -------------------------------------------------------------------------------------


def install(folder):
    """Why it cannot be tried, or None."""
    try:
        done = subprocess.run(["npm", "install", "--no-audit", "--no-fund", "--prefer-offline", "--fetch-retries=1",
                               "--prefix", folder, *PACKAGES],
                              capture_output=True, text=True, timeout=30, cwd=folder, check=False)
    except FileNotFoundError:
        return "npm is not installed"
    except subprocess.TimeoutExpired:
        return "npm's registry does not answer"
    errors = [line for line in done.stderr.splitlines() if line.startswith("npm error")]
    return None if done.returncode == 0 else f"npm: {(errors or [done.returncode])[0]}"


def node_version():
    told = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True).stdout
    return tuple(int(n) for n in told.strip().lstrip("v").split("."))


def lint_faults(folder, document):
    done = subprocess.run(
        ["node_modules/.bin/redocly", "lint", "--config", os.path.join(HERE, "lib", "redocly.yaml"),
         "--format", "json", "--max-problems", "1000", document.file],
        cwd=folder, capture_output=True, text=True, timeout=60, check=False,
        env={**os.environ, "REDOCLY_TELEMETRY": "off", "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true"})
    try:
        told = json.loads(done.stdout[done.stdout.index("{"):])
    except ValueError:
        return [f"the linter: exit {done.returncode} {done.stdout} {done.stderr}"]
    return [f"{p['ruleId']}: {p['message']} ({p['location'][0].get('pointer', '')})" for p in told["problems"]]


def schema_faults(folder, document, jobs):
    order = {"document": document.tree, "jobs": [dict(zip(("pointer", "value", "label"), j)) for j in jobs]}
    done = subprocess.run(["node", os.path.join(HERE, "lib", "schemas.js")], input=json.dumps(order), text=True,
                          capture_output=True, timeout=60, check=False, cwd=folder,
                          env={**os.environ, "NODE_PATH": os.path.join(folder, "node_modules")})
    return json.loads(done.stdout) if done.returncode == 0 else [done.stderr]


# ----------------------------------------------------------------------------------------------


def document_of(dialect):
    return Document(os.path.join(ROOT, "conf", "openapi", dialect + ".json"))


def check(dialect, given, running, folder, tally):
    document = document_of(dialect)
    tally.judge(f"{dialect}: routes", list(route_faults(document, dialect)))
    tally.judge(f"{dialect}: served", list(served_faults(running, document, DIALECTS[dialect])))
    if dialect == "plunk":
        tally.judge("plunk: operators", operator_faults(document))
    operations = [o for o in document.operations() if given.only in o.label]
    attempts, recorded = [], 0
    for operation in operations:
        try:
            attempts += try_operation(operation, running, dialect)
        except Exception as failure:  # pylint: disable=broad-exception-caught
            tally.judge(operation.label, [f"{type(failure).__name__}: {failure}"])
    if given.record:
        recorded = sum(attempt.record() for attempt in attempts)
        document.save()
        print(f"{dialect}: {recorded} answers recorded")
    for attempt in attempts:
        if not (given.record and attempt.recorded):
            tally.judge(attempt.run.label, attempt.faults)
    if not given.only:
        try:
            tally.judge(f"{dialect}: examples of parameters", list(unused_examples(document)))
        except ValueError as failure:
            tally.judge(f"{dialect}: examples of parameters", [str(failure)])
    if folder:
        tally.judge(f"{dialect}: schemas", schema_faults(folder, document, [j for a in attempts for j in a.jobs]))
        if node_version() >= LINTER_NODE:
            tally.judge(f"{dialect}: linter", lint_faults(folder, document))
    print(f"{dialect}: {len(operations)} operations, {len(attempts)} examples sent")


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--stack", help="directory of a running stack with --worker manual")
    arguments.add_argument("--only", default="", metavar="TEXT")
    arguments.add_argument("--record", action="store_true")
    arguments.add_argument("dialects", nargs="*", metavar="DIALECT")
    given = arguments.parse_args()
    tally = Tally()
    with tempfile.TemporaryDirectory() as folder, stack(given.stack) as running:
        reason = install(folder)
        if reason:
            print(f"skipped linter and schemas: {reason}")
        elif node_version() < LINTER_NODE:
            print("skipped linter: it needs node 20.19")
        tally.judge("query parameters", list(query_faults()))
        for dialect in given.dialects or DIALECTS:
            check(dialect, given, running, None if reason else folder, tally)
    print(f"{tally.passed} passed, {tally.failed} failed")
    return 1 if tally.failed else 0


if __name__ == "__main__":
    sys.exit(main())
