"""Cases of flows.py: workflows with every trigger and step, the clock moved by hours and days."""
import datetime
import json
import signal
import time

from . import receiver as peers
from .flowsite import DAY, HOUR, MANUAL, MINUTE, OVER, FlowSite, equal, every, expect, leaf, on

REST = ("DELAY", {"amount": 2, "unit": "hours"})
PRO = every(leaf("data.plan", "equals", "pro"))


def mail(template):
    return "SEND_EMAIL", {"templateId": template}


def steps_of(execution, ids):
    """The log by the names of the steps, without the trigger."""
    names = {number: key for key, number in ids.items()}
    return [(names[s["stepId"]], s["outcome"]) if s["outcome"] in ("yes", "no", "EVENT", "TIMEOUT")
            else names[s["stepId"]] for s in execution["steps"] if names[s["stepId"]] != "trigger"]


def every_step(running, receiver):
    """Mail, delay, condition, update, webhook, exit; two ways through."""
    site = FlowSite(running, "every step")
    welcome, sorry = site.template("Welcome {{name}}: {{event.code ?? none}}"), site.template("Sorry")
    url = receiver.url("/every")
    workflow, ids = site.workflow(on("signed up"), {
        "welcome": mail(welcome), "rest": REST, "pro": ("CONDITION", {"filter": PRO}),
        "update": ("UPDATE_CONTACT", {"data": {"greeted": True, "temp": None}}), "call": ("WEBHOOK", {"url": url}),
        "out": ("EXIT", {"reason": "done with it"}), "sorry": mail(sorry)}, [
            "trigger welcome", "welcome rest", "rest pro", "pro update yes", "pro sorry no", "update call", "call out"])
    ann = site.contact("ann@x.example", data={"plan": "pro", "name": "Ann", "temp": 1})
    site.contact("bob@x.example", data={"plan": "free", "name": "Bob"})
    site.client.want(200, "POST", "/v1/track", {"email": "ann@x.example", "event": "signed up",
                                                "data": {"code": {"value": 7, "persistent": False}}})
    site.track("signed up", "bob@x.example")
    site.work()
    equal(site.mails(), [("ann@x.example", "Welcome Ann: 7"), ("bob@x.example", "Welcome Bob: none")], "first mails")
    for ahead in (1, 2 * HOUR - MINUTE):
        site.work(ahead)
        equal((site.claim(), [e["currentStepId"] for e in site.executions(workflow)], receiver.at("/every")),
              ([], [ids["rest"]] * 2, []), f"after {ahead} s")
    site.work(2 * HOUR + 1)
    equal(site.mails(), [("bob@x.example", "Sorry")], "second mails")
    kept = site.client.want(200, "GET", f"/contacts/{ann}")["data"]
    equal(kept, {"plan": "pro", "name": "Ann", "greeted": True}, "updated")
    equal(site.client.want(200, "POST", "/segments/preview", {
        "condition": every(leaf("data.greeted", "equals", True))})["count"], 1, "a key that no contact had before")
    message, = receiver.at("/every")
    execution = site.only(workflow, "ann@x.example")
    equal(json.loads(message.body), {
        "contact": {"email": "ann@x.example", "subscribed": True, "data": kept},
        "workflow": {"id": workflow, "name": "Workflow " + str(site.made)},
        "execution": {"id": execution["id"], "startedAt": execution["startedAt"]}, "event": {"code": 7}}, "default body")
    equal(message.headers["content-type"].split(";")[0], "application/json", "its type")
    equal((execution["status"], execution["exitReason"], execution["currentStepId"], execution["context"]),
          ("EXITED", "done with it", None, {"code": 7}), "ann's execution")
    expect(execution["completedAt"], execution)
    equal(steps_of(execution, ids), ["welcome", "rest", ("pro", "yes"), "update", "call", "out"], "her steps")
    other = site.only(workflow, "bob@x.example")
    equal((other["status"], steps_of(other, ids)), ("COMPLETED", ["welcome", "rest", ("pro", "no"), "sorry"]), "bob's")
    site.work(3 * HOUR)
    equal((site.claim(), len(receiver.at("/every"))), ([], 1), "and that is all")
    site.stack.program("muster", "verify", str(site.project.number))


def waits(running):
    """WAIT_FOR_EVENT: it came, it did not; one before the wait, or somebody else's, is none."""
    site = FlowSite(running, "waits")
    yes, no = site.template("Thanks"), site.template("Where are you?")
    workflow, ids = site.workflow(on("asked"), {
        "wait": ("WAIT_FOR_EVENT", {"eventName": "answered", "timeout": DAY}), "yes": mail(yes), "no": mail(no)},
        ["trigger wait", "wait yes EVENT", "wait no TIMEOUT"])
    site.track("answered", "early@x.example", "ann@x.example")
    site.track("asked", "ann@x.example", "bob@x.example", "early@x.example")
    site.work()
    equal(site.states(workflow), [(f"{n}@x.example", "WAITING") for n in ("ann", "bob", "early")], "all wait")
    site.track("answered", "ann@x.example", "stranger@x.example")
    site.work()
    equal(site.mails(), [("ann@x.example", "Thanks")], "the one that answered")
    site.work(DAY - MINUTE)
    equal(site.claim(), [], "a minute before it is over")
    site.work(DAY + 1)
    equal(site.mails(), [("bob@x.example", "Where are you?"), ("early@x.example", "Where are you?")], "those that did not")
    site.track("answered", "bob@x.example")
    site.work(2 * DAY)
    equal((site.claim(), steps_of(site.only(workflow, "bob@x.example"), ids)), ([], [("wait", "TIMEOUT"), "no"]), "too late")


def waits_after_a_delay(running):
    """The same once the clock has been moved: an event that comes when it waits counts."""
    site = FlowSite(running, "waits later")
    workflow, ids = site.workflow(on("asked"), {
        "rest": REST, "wait": ("WAIT_FOR_EVENT", {"eventName": "answered", "timeout": DAY}),
        "yes": mail(site.template("Yes")), "no": mail(site.template("No"))},
        ["trigger rest", "rest wait", "wait yes EVENT", "wait no TIMEOUT"])
    site.track("asked", "ann@x.example")
    site.work()
    site.work(3 * HOUR)
    equal(site.only(workflow)["currentStepId"], ids["wait"], "it waits")
    site.track("answered", "ann@x.example")
    site.work(3 * HOUR)
    equal(site.mails(), [("ann@x.example", "Yes")], "answered")


def triggers(running):
    """Flips, mail events, segments, by hand: each starts with its data as context."""
    site = FlowSite(running, "triggers")
    segment = site.segment("Big Spenders", every(leaf("data.spent", "greaterThan", 100)), tracked=True)
    site.work()
    names = ["contact.unsubscribed", "contact.subscribed", "email.open", "email.bounce", "segment.big-spenders.entry",
             "segment.big-spenders.exit"]
    made = {name: site.chain(on(name), ("EXIT", {}), allowReentry=True)[0] for name in names}
    ann = site.contact("ann@x.example", data={"spent": 10})
    site.work()
    equal([len(site.executions(w)) for w in made.values()], [0] * len(names), "nothing happened")
    started = set()

    def starts(*wanted):
        site.work()
        started.update(wanted)
        equal({n for n, w in made.items() if site.executions(w)}, started, f"after {wanted}")
    site.client.want(200, "PATCH", f"/contacts/{ann}", {"subscribed": False})
    starts("contact.unsubscribed")
    site.client.want(200, "POST", "/v1/track", {"email": "ann@x.example", "event": "x", "subscribed": True})
    starts("contact.subscribed")
    site.client.want(200, "PATCH", f"/contacts/{ann}", {"data": {"spent": 500}})
    starts("segment.big-spenders.entry")
    equal(site.only(made["segment.big-spenders.entry"])["context"], {"segmentId": segment, "segmentName": "Big Spenders"},
          "context of an entry")
    site.client.want(200, "PATCH", f"/contacts/{ann}", {"data": {"spent": None}})
    starts("segment.big-spenders.exit")
    told = {"to": "ann@x.example", "id": "mail-1"}
    site.report([told], "opened")
    starts("email.open")
    equal(site.only(made["email.open"])["context"].get("emailId"), "mail-1", "context of an opening")
    site.report([told], "opened")
    site.work()
    equal(len(site.executions(made["email.open"])), 1, "only the first opening of a message is an occurrence")
    site.report([told], "bounced", bounceType="hard")
    starts("email.bounce")
    equal(len(site.executions(made["contact.unsubscribed"])), 2, "a hard bounce unsubscribes")
    by_hand, _ = site.chain(MANUAL, ("EXIT", {}))
    site.execute(by_hand, ann, context={"why": ["by", "hand"]})
    site.work()
    told = site.only(by_hand)
    equal((told["status"], told["context"]), ("EXITED", {"why": ["by", "hand"]}), "by hand")


def entries_of_a_segment(running):
    """Everybody who enters a segment gets an execution, whatever made them enter."""
    site = FlowSite(running, "entries")
    site.segment("Pro", PRO, tracked=True)
    site.work()
    workflow, _ = site.chain(on("segment.pro.entry"), mail(site.template("Hi {{n}} of {{event.segmentName}}")))
    site.contacts(2300, data={"plan": "pro"})
    site.work()
    equal((len(site.executions(workflow)), len(site.mails())), (2300, 2300), "executions and mails")
    number = site.client.want(200, "GET", f"/workflows/{workflow}/executions?status=COMPLETED")["total"]
    equal(number, 2300, "completed")


def run_by_a_calendar(running):
    """SCHEDULE: at each run of the cron line whoever the condition takes in; what was missed is made once."""
    site = FlowSite(running, "calendar")
    site.contacts(3, data={"plan": "pro"})
    site.contact("free@x.example")
    daily = {"triggerType": "SCHEDULE", "triggerConfig": {"cron": "30 9 * * *", "condition": PRO}}
    workflow, _ = site.chain(daily, mail(site.template("Good morning")), allowReentry=True)
    once, _ = site.chain({**daily, "triggerConfig": {"cron": "30 9 * * *"}}, ("EXIT", {}))
    at = datetime.datetime.fromisoformat(site.client.want(200, "GET", f"/workflows/{workflow}")["nextRunAt"][:-1] + "+00:00")
    equal((at.hour, at.minute, at.second), (9, 30, 0), "next run")
    until = int(at.timestamp() - time.time())
    expect(-1 <= until <= DAY, f"{until} s until the next run")
    site.work(until - MINUTE)
    equal(site.mails(), [], "a minute before")
    site.work(until + MINUTE)
    equal([m[0] for m in site.mails()], ["p0@example.com", "p1@example.com", "p2@example.com"], "the first run")
    site.work(until + HOUR)
    equal((site.mails(), len(site.executions(once))), ([], 4), "once, and without a condition everybody")
    site.work(until + 4 * DAY + HOUR)
    equal(len(site.mails()), 3, "four runs were missed: made once")
    site.work(until + 5 * DAY + HOUR)
    equal((len(site.mails()), len(site.executions(once))), (3, 4), "the next day; without re-entry nobody twice")
    site.client.want(200, "PATCH", f"/workflows/{workflow}", {"enabled": False})
    site.work(until + 9 * DAY)
    equal(site.mails(), [], "disabled")


def entering_again(running):
    """allowReentry: never twice, or not while one is under way."""
    site = FlowSite(running, "re-entry")
    once, _ = site.chain(on("go"), REST, ("EXIT", {}))
    often, _ = site.chain(on("go"), REST, ("EXIT", {}), allowReentry=True)
    site.track("go", *["ann@x.example"] * 3)
    site.work()
    site.track("go", "ann@x.example")
    site.work()
    equal((len(site.executions(once)), len(site.executions(often))), (1, 1), "while it is under way")
    site.work(3 * HOUR)
    site.track("go", "ann@x.example", "ann@x.example")
    site.work(3 * HOUR)
    equal((len(site.executions(once)), len(site.executions(often))), (1, 2), "after its end")
    ann = site.only(once)["contactId"]
    for workflow in (once, often):
        site.execute(workflow, ann, 409)


def edited_on_the_way(running):
    """Who is under way keeps the workflow that he entered; who enters later has the new one."""
    site = FlowSite(running, "edits")
    before, after = site.template("Before"), site.template("After")
    workflow, ids = site.workflow(on("go"), {"rest": REST, "mail": mail(before), "more": mail(before)},
                                  ["trigger rest", "rest mail", "mail more"])
    at = "/workflows/" + workflow
    site.track("go", "old@x.example")
    site.work()
    site.client.want(200, "PATCH", f"{at}/steps/{ids['mail']}", {"config": {"templateId": after}})
    site.client.want(204, "DELETE", f"{at}/steps/{ids['more']}?splice=true")
    site.track("go", "new@x.example")
    site.work()
    site.client.want(204, "DELETE", f"{at}/steps/{ids['rest']}?splice=true")
    site.track("go", "newest@x.example")
    site.work()
    equal(site.mails(), [("newest@x.example", "After")], "without the delay")
    site.work(3 * HOUR)
    equal(site.mails(), [("new@x.example", "After"), ("old@x.example", "Before"), ("old@x.example", "Before")], "after it")
    site.client.want(200, "PATCH", at, {"enabled": False})
    site.track("go", "never@x.example")
    site.work(4 * HOUR)
    site.client.want(200, "PATCH", at, {"enabled": True})
    site.work(4 * HOUR)
    equal((site.mails(), len(site.executions(workflow))), ([], 3), "nobody enters a disabled one")


def ended_from_outside(running):
    """Cancelled executions, deleted workflows and erased contacts do nothing any more."""
    site = FlowSite(running, "ends")
    workflow, _ = site.chain(on("go"), REST, mail(site.template("Late")))
    doomed, _ = site.chain(on("go"), REST, mail(site.template("Doomed")))
    people = [f"{n}@x.example" for n in ("stays", "cancelled", "gone", "also")]
    site.track("go", *people)
    site.work()
    number = {e["email"]: e for e in site.executions(workflow)}
    site.client.want(204, "DELETE", f"/workflows/{workflow}/executions/{number[people[1]]['id']}")
    site.client.want(204, "DELETE", f"/contacts/{number[people[2]]['contactId']}")
    site.client.want(204, "DELETE", f"/workflows/{doomed}")
    equal(site.client.request("GET", f"/workflows/{doomed}/executions").status, 404, "executions of a deleted one")
    site.work(3 * HOUR)
    equal(site.mails(), [(people[3], "Late"), (people[0], "Late")], "mails")
    told = dict(site.states(workflow))
    equal({k: v for k, v in told.items() if "gone" not in k},
          {people[0]: "COMPLETED", people[1]: "CANCELLED", people[3]: "COMPLETED"}, "states")
    again, _ = site.chain(on("go"), REST, mail(site.template("Again")))
    site.track("go", *people[:2], people[3])
    site.work()
    equal(site.client.want(200, "POST", f"/workflows/{again}/executions/cancel-all"), {"cancelled": 3}, "cancel all")
    site.work(3 * HOUR)
    equal((site.mails(), {s for _, s in site.states(again)}), ([], {"CANCELLED"}), "after it")
    equal(site.stack.sql("SELECT COUNT(*) FROM execution e LEFT JOIN contact c USING (project_id, ordinal) "
                         f"WHERE project_id = {site.project.number} AND c.ordinal IS NULL"), [["0"]], "rows of the erased")


def opted_out_on_the_way(running):
    """A marketing mail of a workflow is not handed out to who is unsubscribed by then; a transactional one is."""
    site = FlowSite(running, "opt out")
    workflow, _ = site.chain(on("go"), mail(site.template("News")), mail(site.template("Receipt", type="TRANSACTIONAL")))
    site.track("go", "ann@x.example", "bob@x.example")
    site.work()
    equal(len(site.executions(workflow)), 2, "executions")
    site.contact("ann@x.example", subscribed=False)
    got = site.claim_all()
    equal(sorted((m["to"], m["subject"]) for m in got), [("ann@x.example", "Receipt"), ("bob@x.example", "News"),
                                                         ("bob@x.example", "Receipt")], "mails")
    equal({m["subject"]: "unsubscribeUrl" in m for m in got}, {"News": True, "Receipt": False}, "unsubscribe data")
    equal({m["workflowId"] for m in got}, {workflow}, "workflowId")


def conditions(running):
    """CONDITION takes any filter; it sees what the step before it did."""
    site = FlowSite(running, "conditions")
    vip = site.segment("Vip", every(leaf("data.score", "greaterThan", 5)))
    filters = {
        "field": every(leaf("data.plan", "in", ["pro", "team"])), "segment": every(leaf("segment." + vip, "memberOfSegment")),
        "count": every(leaf("event.buy", "countAtLeast", 2, window={"value": 30, "unit": "days"})),
        "window": every(leaf("event.buy", "triggeredWithin", 1, unit="days")), "not": every(leaf("subscribed", "equals", False)),
        "either": {"logic": "OR", "groups": [{"filters": [leaf("data.score", "lessThan", 0)]},
                                             {"filters": [leaf("email", "contains", "eve")]}]}}
    site.contact("ann@x.example", data={"plan": "pro", "score": 9})
    site.contact("bob@x.example", data={"plan": "free", "score": -1}, subscribed=False)
    site.contact("eve@x.example", data={"score": 6})
    site.track("buy", "ann@x.example", "ann@x.example", "eve@x.example")
    for name, condition in filters.items():
        inside = {c["email"] for c in site.client.want(200, "POST", "/segments/preview", {
            "condition": condition, "limit": 10})["sample"]}
        workflow, ids = site.workflow(on("go " + name), {"if": ("CONDITION", {"filter": condition}), "a": ("EXIT", {"reason": "yes"}),
                                                         "b": ("EXIT", {"reason": "no"})}, ["trigger if", "if a yes", "if b no"])
        site.track("go " + name, "ann@x.example", "bob@x.example", "eve@x.example")
        site.work()
        equal({e["email"] for e in site.executions(workflow) if e["exitReason"] == "yes"}, inside, name)
    workflow = ask_and_see(site, filters["segment"])
    site.track("grow", "ann@x.example", "bob@x.example")
    site.contact("bob@x.example", subscribed=True)
    site.work()
    got = site.claim_all()
    equal(len(got), 2, "both are in the segment by the update")
    site.report([m for m in got if m["to"] == "bob@x.example"], "sent", "opened")
    site.work(3 * HOUR)
    equal(sorted((e["email"], e["exitReason"]) for e in site.executions(workflow)),
          [("ann@x.example", "ignored"), ("bob@x.example", "opened")], "who opened")


def ask_and_see(site, condition):
    """Update, condition, a mail, and two hours later whether it was opened."""
    workflow, ids = site.workflow(on("grow"), {
        "set": ("UPDATE_CONTACT", {"data": {"score": 10}}), "if": ("CONDITION", {"filter": condition}),
        "ask": mail(site.template("Open me")), "rest": REST, "a": ("EXIT", {"reason": "opened"}),
        "b": ("EXIT", {"reason": "ignored"})}, ["trigger set", "set if", "if ask yes", "if b no", "ask rest"], enabled=False)
    ids["opened"] = site.client.want(201, "POST", f"/workflows/{workflow}/steps", {
        "type": "CONDITION", "name": "opened", "position": {"x": 0, "y": 0}, "config": {"opened": ids["ask"]}})["id"]
    for link in ("rest opened", "opened a yes", "opened b no"):
        site.link(workflow, ids, link)
    site.client.want(200, "PATCH", f"/workflows/{workflow}", {"enabled": True})
    return workflow


def a_loop_that_rests(running):
    """A circle with a delay in it is taken again and again; each time is a message of its own."""
    site = FlowSite(running, "loop")
    done = every(leaf("data.done", "equals", True))
    workflow, _ = site.workflow(on("go"), {
        "mail": mail(site.template("Reminder")), "rest": REST, "done": ("CONDITION", {"filter": done}), "out": ("EXIT", {})},
        ["trigger mail", "mail rest", "rest done", "done out yes", "done mail no"])
    site.track("go", "ann@x.example")
    site.work()
    equal(len(site.mails()), 1, "the first")
    for turn in (1, 2):
        site.work(turn * (2 * HOUR + 60))
        equal(len(site.mails()), 1, f"turn {turn}")
    site.contact("ann@x.example", data={"done": True})
    site.work(3 * (2 * HOUR + 60))
    equal((site.mails(), site.only(workflow)["status"]), ([], "EXITED"), "until it is done")


# ---- webhooks --------------------------------------------------------------------------------------


def interpolation(running, receiver):
    """{{…}} in url, headers and body, as each place needs it; not in the method."""
    site = FlowSite(running, "interpolation")
    ann = site.contact("ann+x@x.example", data={"name": 'A "quoted" & <b>', "n": 5})
    workflow, _ = site.chain(on("go"), ("WEBHOOK", {
        "url": receiver.url("/in/{{data.n}}?who={{email}}&name={{name}}&code={{event.code}}"), "method": "PUT",
        "headers": {"X-Who": "{{email}}", "X-Name": "{{name}}"},
        "body": {"id": "{{id}}", "text": "n is {{n}}, {{name}}", "deep": [{"code": "{{event.code}}"}], "plain": 1}}))
    site.client.want(200, "POST", "/v1/track", {"email": "ann+x@x.example", "event": "go", "data": {
        "code": {"value": "a b\r\nX-Bad: 1", "persistent": False}}})
    site.work()
    equal(site.only(workflow)["status"], "COMPLETED", "status")
    message = next(m for path in list(receiver.messages) if path.startswith("/in/5") for m in receiver.at(path))
    expect("who=ann%2Bx%40x.example" in message.path and "code=a%20b%0D%0A" in message.path, message.path)
    equal(json.loads(message.body), {"id": ann, "text": 'n is 5, A "quoted" & <b>',
                                     "deep": [{"code": "a b\r\nX-Bad: 1"}], "plain": 1}, "body")
    equal((message.headers["x-who"], "x-bad" in message.headers), ("ann+x@x.example", False), "headers")


def calls_again(running, receiver):
    """A receiver that fails is called again, by the schedule, for a day; then the execution has failed."""
    site = FlowSite(running, "retries")
    receiver.behave("/again", peers.status(500), peers.status(503), peers.OK)
    receiver.behave("/never", peers.status(500))
    good, _ = site.chain(on("go"), ("WEBHOOK", {"url": receiver.url("/again")}), mail(site.template("Called")))
    bad, _ = site.chain(on("go"), ("WEBHOOK", {"url": receiver.url("/never")}), mail(site.template("Never")))
    site.track("go", "ann@x.example")
    site.work()
    equal((len(receiver.at("/again")), site.claim()), (1, []), "the first attempt")
    for ahead in (MINUTE, HOUR, 5 * HOUR, 12 * HOUR):
        site.work(ahead)
    equal((len(receiver.at("/again")), site.only(good)["status"]), (3, "COMPLETED"), "the third is taken")
    equal(site.mails(), [("ann@x.example", "Called")], "and then the next step")
    expect(site.only(bad)["status"] not in OVER, "it is tried for a day")
    for hours in (24, 25, 30, 50, 100):
        site.work(hours * HOUR)
    told = site.only(bad)
    equal(told["status"], "FAILED", "after a day")
    expect("500" in json.dumps([told["exitReason"], told["steps"]]), f"the reason: {told}")
    expect(3 <= len(receiver.at("/never")) <= 12, f"{len(receiver.at('/never'))} attempts")
    equal(site.mails(), [], "the next step is not taken")


def one_slow_receiver(running, receiver):
    """Whoever hangs holds up nobody else; a worker killed in a call calls again, and says so."""
    site = FlowSite(running, "slow")
    receiver.behave("/hang", peers.hang)
    slow, _ = site.chain(on("slow"), ("WEBHOOK", {"url": receiver.url("/hang")}))
    fast, _ = site.chain(on("fast"), ("WEBHOOK", {"url": receiver.url("/fast")}))
    site.track("slow", *(f"s{n}@x.example" for n in range(3)))
    site.track("fast", *(f"f{n}@x.example" for n in range(40)))
    worker, started = site.start("schedule", "call"), time.monotonic()
    try:
        receiver.wait("/fast", 40, 8)
        receiver.wait("/hang", 1, 8)
        expect(time.monotonic() - started < 6, f"{time.monotonic() - started:.1f} s")
    finally:
        worker.send_signal(signal.SIGKILL)
        worker.wait(30)
    receiver.behave("/hang", peers.OK)
    time.sleep(5.2)  # the lease of tools/stack
    site.work()
    equal({s for w in (slow, fast) for _, s in site.states(w)}, {"COMPLETED"}, "in the end")
    told = [site.only(slow, f"s{n}@x.example")["steps"] for n in range(3)]
    expect("more than once" in json.dumps(told), f"does not say that it may have been called twice: {told}")


def forbidden_urls(running, receiver):
    """What points inside is refused, when it is written and when it is called."""
    site = FlowSite(running, "forbidden")
    workflow, _ = site.workflow(MANUAL, {}, [], enabled=False)
    for url in ("http://10.0.0.1/x", "http://169.254.169.254/latest", "ftp://x.example/", "http://[::1]/", "nonsense",
                "https://u:p@x.example/", "https://{{data.host}}/", "https://10.0.0.{{data.n}}/"):
        reply = site.client.request("POST", f"/workflows/{workflow}/steps", {
            "type": "WEBHOOK", "name": "call", "position": {"x": 0, "y": 0}, "config": {"url": url}})
        expect(reply.status in (400, 422) and b"config.url" in reply.body, f"{url}: {reply!r}")
    workflow, _ = site.chain(on("go"), ("WEBHOOK", {"url": receiver.url("/forbidden")}))
    site.track("go", "ann@x.example")
    for hours in (0, 30, 60):
        worker = site.start("schedule", "call", ahead=hours * HOUR, MUSTER_WEBHOOK_ALLOW="")
        expect(worker.wait(30) == 0, "the worker failed")
    equal((site.only(workflow)["status"], receiver.at("/forbidden")), ("FAILED", []), "not allowed where it is called from")


def refused_shapes(running):
    """A circle without a rest is told with its path; what is not reached and what is missing by name."""
    site = FlowSite(running, "shapes")

    def refused(steps, links, *words):
        workflow, ids = site.workflow(on("go"), steps, links, enabled=False)
        reply = site.client.request("PATCH", f"/workflows/{workflow}", {"enabled": True})
        expect(reply.status == 422 and all(w in reply.body.decode() for w in words), f"{links}: {reply!r}")
        told = site.client.want(200, "GET", f"/workflows/{workflow}")
        equal(told["enabled"], False, "it stays disabled")
        return workflow, ids
    update, condition = ("UPDATE_CONTACT", {"data": {"a": 1}}), ("CONDITION", {"filter": PRO})
    refused({"Alpha": update, "Beta": update, "Gamma": update},
            ["trigger Alpha", "Alpha Beta", "Beta Gamma", "Gamma Alpha"], "cycle", "Alpha", "Beta", "Gamma")
    refused({"Self": condition, "Out": ("EXIT", {})}, ["trigger Self", "Self Self yes", "Self Out no"], "cycle", "Self")
    refused({"Alpha": update, "Island": update}, ["trigger Alpha"], "unreachable", "Island")
    refused({"Fork": condition, "Out": ("EXIT", {})}, ["trigger Fork", "Fork Out yes"], "missing_branch", "Fork", "no")
    refused({"Rest": ("WAIT_FOR_EVENT", {"eventName": "x", "timeout": 5}), "Out": ("EXIT", {})},
            ["trigger Rest", "Rest Out EVENT"], "missing_branch", "Rest", "TIMEOUT")
    workflow, ids = site.workflow(on("go"), {"Alpha": update, "Rest": REST}, ["trigger Alpha", "Alpha Rest", "Rest Alpha"])
    reply = site.client.request("DELETE", f"/workflows/{workflow}/steps/{ids['Rest']}?splice=true")
    expect(reply.status == 422 and b"Alpha" in reply.body, f"a change that closes a circle: {reply!r}")
    equal(len(site.client.want(200, "GET", f"/workflows/{workflow}")["steps"]), 3, "nothing is stored")
    bad = site.client.request("POST", f"/workflows/{workflow}/steps", {
        "type": "CONDITION", "name": "c", "position": {"x": 0, "y": 0},
        "config": {"filter": every(leaf("data.a", "nonsense", 1))}})
    expect(bad.status == 400 and b"config.filter.groups.0.filters.0" in bad.body, f"{bad!r}")


CASES = [every_step, waits, waits_after_a_delay, triggers, entries_of_a_segment, run_by_a_calendar, entering_again,
         edited_on_the_way, ended_from_outside, opted_out_on_the_way, conditions, a_loop_that_rests, interpolation,
         calls_again, one_slow_receiver, forbidden_urls, refused_shapes]
