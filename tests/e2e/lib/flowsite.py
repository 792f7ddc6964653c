"""A project with campaigns, workflows and sequences, for tests that play its users and its sender of mail."""
import os
import subprocess
import time

from .client import query
from .draw import iso

MINUTE, HOUR, DAY = 60, 3600, 86400  # seconds, as --ahead counts
MANUAL = {"triggerType": "MANUAL"}
OVER = ("COMPLETED", "EXITED", "FAILED", "CANCELLED")
ME = "me@sender.example"


def expect(truth, what):
    if not truth:
        raise AssertionError(what)


def equal(got, wanted, what):
    expect(got == wanted, f"{what}: got {got!r}, wanted {wanted!r}")


def leaf(field, operator, value=None, **more):
    return {"field": field, "operator": operator, **({} if value is None else {"value": value}), **more}


def every(*filters):
    return {"logic": "AND", "groups": [{"filters": list(filters)}]}


def on(event):
    return {"triggerType": "EVENT", "triggerConfig": {"eventName": event}}


def in_seconds(seconds):
    return iso(int((time.time() + seconds) * 1000))


class FlowSite:
    def __init__(self, running, name):
        self.stack, self.project = running, running.project(name)
        self.client = self.project.client(timeout=120)
        self.made = 0
        self.jobs = ("import", "schedule", "call")  # everything, once there is a tracked segment

    # --- the worker ---

    def environment(self, ahead=0, **more):
        return {**os.environ, **self.stack.env, "MUSTER_ENVIRONMENT": "stack",
                "MUSTER_CLOCK_AHEAD_S": str(ahead), **more}

    def start(self, *jobs, ahead=0, **more):
        """A worker on its way."""
        return subprocess.Popen([os.path.join(self.stack.env["MUSTER_BIN"], "muster-worker"),
                                 *(jobs or self.jobs), "--now"], env=self.environment(ahead, **more),
                                stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, start_new_session=True)

    def work(self, ahead=0, *jobs):
        """What is due now, by a clock that is so many seconds ahead, is done when this returns."""
        worker = self.start(*jobs, ahead=ahead)
        told = worker.communicate(timeout=120)[1]
        expect(worker.returncode == 0, f"the worker failed: {told[-2000:]}")

    # --- contacts ---

    def contact(self, email, **more):
        return self.client.want((200, 201), "POST", "/contacts", {"email": email, **more})["id"]

    def contacts(self, count, start=0, **more):
        for first in range(start, start + count, 1000):
            self.client.want(200, "POST", "/contacts/batch", {"contacts": [
                {"email": f"p{n}@example.com", "data": {"n": n}, **more}
                for n in range(first, min(first + 1000, start + count))]})

    def track(self, event, *emails, **data):
        self.client.want(200, "POST", "/v1/track/batch", {"events": [
            {"email": email, "event": event, **({"data": data} if data else {})} for email in emails]})

    def segment(self, name, condition, tracked=False):
        self.jobs = ("all",) if tracked else self.jobs
        return self.client.want(201, "POST", "/segments", {
            "name": name, "condition": condition, "trackMembership": tracked})["id"]

    def status_of(self, email):
        found = self.client.want(200, "POST", "/contacts/lookup", {"emails": [email]})["found"]
        return found[0]["subscribed"] if found else None

    # --- what goes out ---

    def template(self, subject="Subject", body="<p>Body</p>", **more):
        self.made += 1
        return self.client.want(201, "POST", "/templates", {
            "name": f"Template {self.made}", "subject": subject, "body": body, "from": ME, **more})["id"]

    def campaign(self, audience="ALL", **more):
        return self.client.want(201, "POST", "/campaigns", {
            "name": "Campaign", "subject": "Hello", "body": "<p>Hello {{name ?? you}}</p>", "from": ME,
            "audienceType": audience, **more})["data"]["id"]

    def send(self, campaign, **body):
        return self.client.want(200, "POST", f"/campaigns/{campaign}/send", body)

    def show(self, campaign):
        return self.client.want(200, "GET", f"/campaigns/{campaign}")["data"]

    def claim(self, limit=1000, lease=300, client=None):
        return (client or self.client).want(200, "POST", "/v1/outbox/claim",
                                            {"limit": limit, "leaseSeconds": lease})["messages"]

    def claim_all(self, lease=300):
        """Everything that is to be had, and nothing of it twice."""
        told = []
        while got := self.claim(1000, lease):
            told += got
        ids = [m["id"] for m in told]
        equal(len(set(ids)), len(ids), "a message was handed out twice in its lease")
        return told

    def report(self, messages, *types, **more):
        events = [{"email": m["to"], "type": kind, "emailId": m["id"], "timestamp": in_seconds(0), **more}
                  for m in messages for kind in types]
        for first in range(0, len(events), 1000):
            told = self.client.want(200, "POST", "/v1/email-events", {"events": events[first:first + 1000]})["data"]
            equal(told["errors"], [], "errors of reports")

    def mails(self, lease=300):
        """What a sender gets and sends: (address, subject) of each, sorted."""
        got = self.claim_all(lease)
        if got:
            self.report(got, "sent")
        return sorted((m["to"], m["subject"]) for m in got)

    def stored(self):
        """Rows of messages: {(source, source_id): [(execution, step, ordinal, state)]}."""
        rows = {}
        for source, number, *more in self.stack.sql(
                "SELECT source, source_id, execution_id, step, ordinal, state FROM message "
                f"WHERE project_id = {self.project.number}"):
            rows.setdefault((int(source), int(number)), []).append(tuple(map(int, more)))
        return rows

    # --- workflows ---

    def workflow(self, trigger, steps, links, enabled=True, **more):
        """steps: {key: (type, config)}; links: "a b", "a b yes" (of WAIT_FOR_EVENT: EVENT, TIMEOUT), where
        "trigger" is the step that each workflow has. Returns its id and those of its steps."""
        self.made += 1
        made = self.client.want(201, "POST", "/workflows", {"name": f"Workflow {self.made}", **trigger, **more})
        at = "/workflows/" + made["id"]
        ids = {"trigger": next(s["id"] for s in made["steps"] if s["type"] == "TRIGGER")}
        for key, (kind, config) in steps.items():
            ids[key] = self.client.want(201, "POST", at + "/steps", {
                "type": kind, "name": key, "position": {"x": 0, "y": 0}, "config": config})["id"]
        for link in links:
            self.link(made["id"], ids, link)
        if enabled:
            self.client.want(200, "PATCH", at, {"enabled": True})
        return made["id"], ids

    def link(self, workflow, ids, link):
        start, end, *branch = link.split()
        condition = {"condition": {"branch": branch[0]} if branch[0] in ("yes", "no")
                     else {"waitOutcome": branch[0]}} if branch else {}
        self.client.want(201, "POST", f"/workflows/{workflow}/transitions", {
            "fromStepId": ids[start], "toStepId": ids[end], **condition})

    def chain(self, trigger, *steps, **more):
        """Steps (type, config), one after the other; ids are those of "1", "2" …"""
        keys = ["trigger", *(str(n + 1) for n in range(len(steps)))]
        return self.workflow(trigger, dict(zip(keys[1:], steps)),
                             [f"{a} {b}" for a, b in zip(keys, keys[1:])], **more)

    def execute(self, workflow, contact, status=201, **more):
        return self.client.want(status, "POST", f"/workflows/{workflow}/executions", {"contactId": contact, **more})

    def executions(self, workflow, **filters):
        told, page = [], 1
        while True:
            answer = self.client.want(200, "GET", query(f"/workflows/{workflow}/executions", page=page,
                                                        pageSize=100, **filters))
            told += answer["data"]
            if page >= answer["totalPages"]:
                equal(answer["total"], len(told), "total of executions")
                return told
            page += 1

    def states(self, workflow):
        """Status of each execution, by address."""
        return sorted((e["email"], e["status"]) for e in self.executions(workflow))

    def only(self, workflow, email=None):
        """The one execution (of this contact), whole."""
        found = [e for e in self.executions(workflow) if email in (None, e["email"])]
        equal(len(found), 1, f"executions of {email}")
        return self.client.want(200, "GET", f"/workflows/{workflow}/executions/{found[0]['id']}")

    # --- PushMail ---

    def pm(self, method, path, body=None, status=(200, 201)):
        answer = self.client.want(status, method, "/api/v1" + path, body)
        return answer.get("data", answer) if answer else None

    def pm_id(self, email):
        """The number of a contact."""
        return next(c["id"] for c in self.pm("GET", query("/contacts", q=email))["contacts"]
                    if c["email"] == email)

    def pm_template(self, subject, **more):
        self.made += 1
        return self.pm("POST", "/templates", {"name": f"Template {self.made}", "subject": subject,
                                              "htmlBody": "<p>x</p>", "fromEmail": ME, **more})["id"]

    def sequence(self, *steps, trigger="manual", config=None, enabled=True):
        return self.pm("POST", "/sequences", {
            "name": "Sequence", "triggerType": trigger, "triggerConfig": config or {}, "steps": list(steps),
            "enabled": enabled})["id"]

    def enroll(self, sequence, email, status=201):
        return self.pm("POST", f"/sequences/{sequence}/enrollments", {"contactId": self.pm_id(email)}, status)

    def enrolled(self, sequence, **filters):
        """(status, reason, step) of each enrolment, by the contact's number."""
        told = self.pm("GET", query(f"/sequences/{sequence}/enrollments", limit=100, **filters))["enrollments"]
        return {e["contactId"]: e for e in told}

    def enrolment(self, sequence, email):
        return self.enrolled(sequence)[self.pm_id(email)]
