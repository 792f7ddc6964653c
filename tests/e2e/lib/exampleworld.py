"""The project in which the examples of an OpenAPI document are tried, one for each operation.

The documents name things by the ids in PLACES. Each thing is made when the first request or answer of the operation names it,
and its real id takes the place of that one. An id that is not in PLACES is sent as it is: nothing has it.
PushMail's and MailPanda's ids are small numbers, which a new account counts from 1: there everything is made at
once, in the order of `number_things`.
"""
import datetime
import json
import re

from .client import Client

CONTACTS = {
    "c0000001-7d52-4a0e-9c11-52be6f1d0001": "ada@example.com",
    "c0000002-7d52-4a0e-9c11-52be6f1d0002": "grace@example.com",
    "c0000003-7d52-4a0e-9c11-52be6f1d0003": "alan@example.com",
}
PLACES = {
    **{place: "contact" for place in CONTACTS},
    "3eb00001-2c8e-4d15-bf39-e04a6b970001": "webhook",   # before "teams": it is told of them
    "5e600001-3b1f-4c64-8a70-19d0c2f40001": "teams",     # dynamic, tracked, computed twice, edited once
    "5e600002-3b1f-4c64-8a70-19d0c2f40002": "launch",    # static: ada, grace
    "5e600003-3b1f-4c64-8a70-19d0c2f40003": "germans",   # dynamic; "nested" names it
    "5e600004-3b1f-4c64-8a70-19d0c2f40004": "nested",    # dynamic
    "ca000001-90d3-4b7a-a1e6-7cf3d85b0001": "campaign",  # to the segment "teams"
    "ca000002-90d3-4b7a-a1e6-7cf3d85b0002": "scheduled_campaign",
    "7e000001-8b3c-4d21-9f60-2ac4e7d10001": "template",
    "7e000002-8b3c-4d21-9f60-2ac4e7d10002": "used_template",  # of the enabled workflow
    "f1000001-4e2a-47c9-8d13-b60f95a20001": "workflow",  # not enabled: trigger -> a letter -> two days
    "f2000001-4e2a-47c9-8d13-b60f95a20001": "workflow_step",  # the letter
    "f2000002-4e2a-47c9-8d13-b60f95a20002": "second_step",
    "f3000001-4e2a-47c9-8d13-b60f95a20001": "transition",
    "f1000002-4e2a-47c9-8d13-b60f95a20002": "enabled_workflow",  # the other template, then two days
    "f4000001-4e2a-47c9-8d13-b60f95a20001": "execution",  # ada, who waits in it
    "3a000001-62d9-4f0b-a7c4-91be0d350001": "message",  # to ada, by /v1/send
    "de100001-6f3a-4e82-9b5d-c81f27a40001": "delivery",  # of that webhook
    "50900001-1e4d-4f96-8d2b-a7305cb80001": "rule",
    "1b000002-8a6c-4903-be57-3f92d4e10002": "finished_import",
    "1b000003-8a6c-4903-be57-3f92d4e10003": "event_import",
    "1b000004-8a6c-4903-be57-3f92d4e10004": "bulk_job",
    "1b000001-8a6c-4903-be57-3f92d4e10001": "waiting_import",  # behind those: they are worked on
    "1b000005-8a6c-4903-be57-3f92d4e10005": "waiting_events",
    "a5000001-4d7b-4e28-93fc-6b0e1d850001": "sns_hook",
    "kP3vXb8TqLw5ZsYd2RjNf7HgMc0AeUo9": "sns_token",
    "wAAAAX1SSg6cEVK-bx0AAQMAAAABn4fKq2yTzV0sBhXuWm7d3Q": "public_token",
    "2026-11-21T12:34:56.789Z": "now",
    "e0000001-5c9d-4a3f-87b2-d16e0f4a0001": "tracked_event",
    "sk_a1b2c3d4e5f6_shownOnlyOnce": "secret_key",
    "b7c8d9e0f1a2": "public_key_id",
    "AAAAB2v0mT9wYkq3ZcR5sXeL8hU": "login_token",
    "letter-2026-03-02": "letter",  # a message that ada opened; grace's bounced
}
SECRET_KEY_ID = "a1b2c3d4e5f6"
KEY_PLACE = 7001  # keys are numbered over all accounts
PEOPLE = [
    {"email": "ada@example.com", "data": {"plan": "team", "seats": 12, "country": "DE", "trialEndsAt": "2031-01-31"}},
    {"email": "grace@example.com", "data": {"plan": "free", "seats": 1, "country": "US"}},
    {"email": "alan@example.com", "data": {"plan": "team", "seats": 40, "country": "GB"}},
]
HISTORY = [
    {"email": "ada@example.com", "event": "purchase", "timestamp": "2026-03-01T09:30:00Z",
     "data": {"amount": {"value": 120, "persistent": False}, "sku": {"value": "seat-12", "persistent": False}}},
    {"email": "ada@example.com", "event": "login"},
    {"email": "alan@example.com", "event": "login", "timestamp": "2026-02-01T08:00:00Z"},
]
UNSUBSCRIBED = "grace@example.com"


def leaf(field, operator, **more):
    return {"field": field, "operator": operator, **more}


def condition(*leaves):
    return {"logic": "AND", "groups": [{"filters": list(leaves)}]}


class World:
    def __init__(self, stack, dialect):
        self.stack, self.dialect = stack, dialect
        self.project = number = stack.program("muster", "project", "create", "Examples").split()[0]

        def key(kind):
            return stack.program("muster", "key", "create", number, kind).split()[-1]

        # PushMail's account routes want a key of the account.
        self.keys = {"secretKey": key("account" if dialect == "pushmail" else "secret"), "publicKey": key("public")}
        self.plunk = Client(stack.url, key("secret") if dialect == "pushmail" else self.keys["secretKey"])
        self.client = Client(stack.url)
        self.found = {SECRET_KEY_ID: re.search("_([0-9A-Za-z]{12})_", self.keys["secretKey"])[1]}
        self.made, self.numbers = set(), {}
        self.people()
        if dialect == "plunk":
            self.further_keys()
        else:
            self.number_things()

    def close(self):
        self.plunk.close()
        self.client.close()

    # -- places --

    def place(self, value):
        """The value with real ids."""
        if isinstance(value, dict):
            return {self.place(k): self.place(v) for k, v in value.items()}
        if isinstance(value, (list, tuple)):
            return [self.place(v) for v in value]
        if isinstance(value, str):
            return re.sub("|".join(map(re.escape, PLACES)), lambda m: self.real(m[0]), value)
        return value if isinstance(value, bool) else self.numbers.get(value, value)

    def unplace(self, value):
        """The value with the ids of the document."""
        if isinstance(value, dict):
            return {self.unplace(k): self.unplace(v) for k, v in value.items()}
        if isinstance(value, list):
            return [self.unplace(v) for v in value]
        if isinstance(value, str):
            for place, real in self.found.items():
                value = value.replace(real, place)
        return value

    def prepare(self, values):
        """Makes what they name, in the order of PLACES."""
        text = json.dumps(values)
        for place in PLACES:
            if place in text:
                self.real(place)

    def real(self, place):
        if place not in self.found:
            self.make(PLACES[place])
        return self.found[place]

    def make(self, name):
        if name not in self.made:
            self.made.add(name)
            getattr(self, "make_" + name)()

    def keep(self, name, real):
        place = next(p for p, n in PLACES.items() if n == name)
        self.found[place] = real
        return real

    # -- what everybody has --

    def people(self):
        self.plunk.want(200, "POST", "/contacts/batch", {"contacts": PEOPLE})
        self.plunk.want(200, "POST", "/v1/track/batch", {"events": HISTORY})
        self.plunk.want(200, "POST", "/contacts", {"email": UNSUBSCRIBED, "subscribed": False})
        ids = {c["email"]: c["id"] for c in self.plunk.want(200, "GET", "/contacts")["data"]}
        self.found.update({place: ids[email] for place, email in CONTACTS.items()})

    # -- Plunk's things --

    def further_keys(self):
        """A session, and a key that may only read (no scheme of the document: examples name it)."""
        self.keys["sessionKey"] = self.plunk.want(200, "POST", "/session", {"key": self.keys["secretKey"]})["key"]
        self.keys["readKey"] = self.plunk.want(201, "POST", "/keys", {
            "name": "Reports", "kind": "secret", "scopes": ["read"]})["key"]

    def make_secret_key(self):
        self.keep("secret_key", self.keys["secretKey"])

    def make_public_key_id(self):
        self.keep("public_key_id", re.search("_([0-9A-Za-z]{12})_", self.keys["publicKey"])[1])

    def make_login_token(self):
        link = self.stack.program("muster", "login-link", "--project", self.project).strip()
        self.keep("login_token", link.partition("#login=")[2])

    def make_teams(self):
        found = self.plunk.want(201, "POST", "/segments", {
            "name": "Teams", "trackMembership": True, "condition": condition(leaf("data.plan", "equals", value="team"))})
        segment = self.keep("teams", found["id"])
        self.plunk.want(200, "POST", f"/segments/{segment}/compute")
        self.plunk.want(200, "PATCH", f"/segments/{segment}", {"condition": condition(
            leaf("data.plan", "equals", value="team"), leaf("data.seats", "greaterThanOrEqual", value=10))})
        self.plunk.want(200, "POST", "/contacts", {"email": "alan@example.com", "data": {"seats": 4}})
        self.plunk.want(200, "POST", f"/segments/{segment}/compute")
        self.plunk.want(200, "POST", "/contacts", {"email": "alan@example.com", "data": {"seats": 40}})

    def make_launch(self):
        segment = self.keep("launch", self.plunk.want(201, "POST", "/segments", {
            "name": "Invited to the launch", "type": "STATIC"})["id"])
        self.plunk.want(200, "POST", f"/segments/{segment}/members",
                        {"emails": ["ada@example.com", "grace@example.com"]})

    def make_germans(self):
        self.made.add("nested")
        inner = self.keep("germans", self.plunk.want(201, "POST", "/segments", {
            "name": "Germany", "condition": condition(leaf("data.country", "equals", value="DE"))})["id"])
        self.keep("nested", self.plunk.want(201, "POST", "/segments", {
            "name": "German teams", "condition": condition(
                leaf(f"segment.{inner}", "memberOfSegment"),
                leaf("event.login", "triggeredWithin", value=30, unit="days"))})["id"])

    make_nested = make_germans

    def make_campaign(self):
        self.make("teams")
        segment = next(self.found[p] for p, n in PLACES.items() if n == "teams")
        self.keep("campaign", self.plunk.want(201, "POST", "/campaigns", {
            "name": "News for teams", "subject": "What is new", "body": "<p>Hello</p>", "from": "news@example.com",
            "audienceType": "SEGMENT", "segmentId": segment})["data"]["id"])

    def make_scheduled_campaign(self):
        found = self.keep("scheduled_campaign", self.plunk.want(201, "POST", "/campaigns", {
            "name": "Later", "subject": "Soon", "body": "<p>Soon</p>", "from": "news@example.com",
            "audienceType": "ALL"})["data"]["id"])
        self.plunk.want(200, "POST", f"/campaigns/{found}/send", {"scheduledFor": "2035-06-01T08:00:00Z"})

    def new_template(self, name):
        return self.keep(name, self.plunk.want(201, "POST", "/templates", {
            "name": "Welcome", "subject": "Hello {{firstName ?? there}}", "body": "<p>Hello</p>",
            "from": "news@example.com"})["id"])

    def make_template(self):
        self.new_template("template")

    def new_workflow(self, name, template, **more):
        """Trigger -> a letter -> two days. Returns its id and those of its steps and transitions."""
        flow = self.keep(name, self.plunk.want(201, "POST", "/workflows", {
            "name": "Welcome", "eventName": "signup", **more})["id"])
        for kind, config in (("SEND_EMAIL", {"templateId": template}), ("DELAY", {"amount": 2, "unit": "days"})):
            self.plunk.want(201, "POST", f"/workflows/{flow}/steps", {
                "type": kind, "name": kind, "position": {"x": 0, "y": 100}, "config": config, "autoConnect": True})
        found = self.plunk.want(200, "GET", f"/workflows/{flow}")
        return flow, [s["id"] for s in found["steps"]], [t["id"] for t in found["transitions"]]

    def make_workflow(self):
        self.made |= {"workflow_step", "second_step", "transition"}
        _flow, steps, links = self.new_workflow("workflow", self.real("7e000001-8b3c-4d21-9f60-2ac4e7d10001"))
        self.keep("workflow_step", steps[1])
        self.keep("second_step", steps[2])
        self.keep("transition", links[0])

    make_workflow_step = make_second_step = make_transition = make_workflow

    def make_enabled_workflow(self):
        self.made |= {"used_template", "execution"}
        flow, _steps, _links = self.new_workflow("enabled_workflow", self.new_template("used_template"))
        self.plunk.want(200, "PATCH", f"/workflows/{flow}", {"enabled": True})
        self.keep("execution", self.plunk.want(201, "POST", f"/workflows/{flow}/executions", {
            "contactId": self.found[next(iter(CONTACTS))], "context": {"plan": "team"}})["id"])
        self.work("flows")

    make_used_template = make_execution = make_enabled_workflow

    def make_message(self):
        self.keep("message", self.plunk.want(200, "POST", "/v1/send", {
            "to": "ada@example.com", "subject": "Your receipt", "body": "<p>Thank you, {{email}}.</p>",
            "from": "shop@example.com"})["data"]["emails"][0]["email"])

    def make_webhook(self):
        self.keep("webhook", self.plunk.want(201, "POST", "/webhooks", {
            "url": "https://example.com/hooks", "description": "CRM"})["id"])

    def make_delivery(self):
        self.make("webhook")
        webhook = next(self.found[p] for p, n in PLACES.items() if n == "webhook")
        self.keep("delivery", self.plunk.want(202, "POST", f"/webhooks/{webhook}/test")["id"])

    def make_rule(self):
        found = self.plunk.want(201, "POST", "/suppressions", {
            "name": "Competitors", "kind": "DOMAIN", "pattern": "rival.example"})
        self.keep("rule", found.get("data", found)["id"])

    def upload(self, kind, body):
        return self.plunk.want(202, "POST", f"/{kind}/import", body, {"Content-Type": "text/csv"})["jobId"]

    def make_waiting_import(self):
        self.keep("waiting_import", self.upload("contacts", b"email,plan\nhedy@example.com,team\n"))

    def make_finished_import(self):
        self.keep("finished_import", self.upload("contacts", b"email,plan\nhedy@example.com,team\nnobody,free\n"))
        self.work("import")

    def make_event_import(self):
        self.keep("event_import", self.upload(
            "events", b"email,event,timestamp\nada@example.com,login,2026-01-02T03:04:05Z\nnobody,login,\n"))
        self.work("import")

    def make_waiting_events(self):
        self.keep("waiting_events", self.upload("events", b"email,event\nada@example.com,login\n"))

    def make_bulk_job(self):
        self.keep("bulk_job", self.plunk.want(202, "POST", "/contacts/bulk-unsubscribe", {
            "contactIds": [place for place in map(self.found.get, CONTACTS)]})["jobId"])
        self.work("import")

    def work(self, job):
        self.stack.program("muster-worker", job, "--now")

    def make_sns_hook(self):
        found = self.plunk.want(201, "POST", "/hooks/sns", {})
        self.keep("sns_hook", found["id"])
        self.keep("sns_token", found["token"])

    make_sns_token = make_sns_hook

    def make_public_token(self):
        contact = self.found[next(iter(CONTACTS))]
        url = self.plunk.want(200, "GET", f"/contacts/{contact}")["manageUrl"]
        self.keep("public_token", url.split("/contacts/public/")[1].split("/")[0])

    def make_now(self):
        self.keep("now", datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z"))

    def make_tracked_event(self):
        found = self.plunk.want(200, "POST", "/v1/track", {"email": "ada@example.com", "event": "signup"})
        self.keep("tracked_event", found["data"]["event"])

    def make_letter(self):
        name = self.keep("letter", next(p for p, n in PLACES.items() if n == "letter"))
        told = {"emailId": name, "timestamp": "2026-03-02T08:00:00Z"}
        self.plunk.want(200, "POST", "/v1/email-events", {"events": [
            {**told, "email": "ada@example.com", "type": "opened"},
            {**told, "email": "grace@example.com", "type": "bounced", "bounceType": "hard", "reason": "550 no such user"}]})

    # -- PushMail's and MailPanda's: numbers --

    def number_things(self):
        """Contacts 1-3; list 1 (contact 1), tag 1 (contact 1), segment 1, segment 2 (not in 1; in words of Plunk only),
        templates 1 and 2 (unused), campaign 1, campaign 2 (scheduled), sequence 1 (started by list 1), sequences 2 and 3 (by
        hand; contact 1 is in both: enrolments 1 and 2); in PushMail's world import 1 too, which is done, and a key,
        KEY_PLACE."""
        account = Client(self.stack.url, self.keys["secretKey"])

        def make(path, body):
            return account.want((200, 201), "POST", "/api/v1" + path, body)["data"]

        make("/lists", {"name": "Newsletter"})
        make("/tags", {"name": "vip"})
        make("/contacts/1/lists", {"listId": 1})
        make("/contacts/1/tags", {"tag": "vip"})
        make("/segments", {"siteId": 1, "name": "Germany", "rules": {
            "operator": "AND", "conditions": [{"type": "attribute", "field": "country", "op": "eq", "value": "DE"}]}})
        germans = self.keep("germans", self.plunk.want(200, "GET", "/segments")[0]["id"])
        self.plunk.want(201, "POST", "/segments", {"name": "Not Germany", "condition": {"logic": "AND", "groups": [
            {"not": True, "filters": [leaf("segment." + germans, "memberOfSegment")]}]}})
        make("/templates", {"siteId": 1, "name": "News", "subject": "News", "htmlBody": "<p>News</p>"})
        make("/templates", {"siteId": 1, "name": "Unused", "subject": "News", "htmlBody": "<p>News</p>"})
        make("/campaigns", {"siteId": 1, "name": "News", "templateId": 1, "segmentId": 1})
        make("/campaigns", {"siteId": 1, "name": "Later", "templateId": 1, "listId": 1, "sendingConfigId": 1})  # campaign 2
        make("/campaigns/2/schedule", {"scheduledAt": "2035-06-01T08:00:00Z"})
        make("/sequences", {"siteId": 1, "name": "Welcome", "triggerType": "list_add", "triggerConfig": {"listId": 1}})
        for number, name in ((2, "Onboarding"), (3, "Tips")):
            make("/sequences", {"siteId": 1, "name": name, "steps": [
                {"type": "email", "templateId": 1}, {"type": "delay", "days": 3}, {"type": "email", "templateId": 1}]})
            make(f"/sequences/{number}/enrollments", {"contactId": 1})
        if self.dialect == "pushmail":
            keys = account.want(200, "GET", "/api/v1/api-keys")["data"]["apiKeys"]
            self.numbers[KEY_PLACE] = next(k["id"] for k in keys if k["prefix"].startswith("pk_"))
            self.upload("contacts", b"email,firstName\nemmy@example.com,Emmy\nnobody,X\n")
            self.work("import")
        account.close()
