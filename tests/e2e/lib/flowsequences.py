"""Cases of flows.py: sequences of PushMail, over the same executor."""
import json

from .flowsite import DAY, HOUR, FlowSite, equal, every, expect, leaf

X = "@x.example"


def mail(template):
    return {"type": "email", "templateId": template}


def series(site, *subjects, days=1, **more):
    """Mails with so many days between them."""
    steps = []
    for subject in subjects:
        steps += ([{"type": "delay", "days": days}] if steps else []) + [mail(site.pm_template(subject))]
    return site.sequence(*steps, **more)


def by_hand(running):
    """Mail, delay, whether it was opened, one of two mails; enrolled once at a time; completed."""
    site = FlowSite(running, "sequence")
    first, good, bad = (site.pm_template(s) for s in ("First {{firstName ?? you}}", "Opened", "Not opened"))
    made = site.sequence(mail(first), {"type": "delay", "days": 2}, {"type": "condition", "opened": 0, "then": 3, "else": 5},
                         mail(good), {"type": "condition", "rules": {"operator": "AND", "conditions": [
                             {"type": "attribute", "field": "email", "op": "contains", "value": "nobody"}]},
                                      "then": 5, "else": "end"}, mail(bad))
    site.contact("ann" + X, data={"firstName": "Ann"})
    site.contact("bob" + X)
    told = site.enroll(made, "ann" + X)
    equal((told["sequenceId"], told["contactId"], told["status"], told["finishedAt"]),
          (made, site.pm_id("ann" + X), "active", None), "enrolment")
    site.enroll(made, "bob" + X)
    site.enroll(made, "bob" + X, 409)
    site.work()
    got = site.claim_all()
    equal(sorted(m["subject"] for m in got), ["First Ann", "First you"], "first mails")
    for message in got:
        expect("unsubscribeUrl" in message and "sequenceId" in message, message)
    site.report(got, "sent")
    site.report([m for m in got if m["to"].startswith("ann")], "opened")
    site.work(2 * DAY - 60)
    equal(site.claim(), [], "before two days are over")
    site.work(2 * DAY + 60)
    equal(site.mails(), [("ann" + X, "Opened"), ("bob" + X, "Not opened")], "second mails")
    equal(sorted(e["status"] for e in site.enrolled(made).values()), ["completed", "completed"], "enrolments")
    equal(len(site.enrolled(made, status="active")), 0, "still active")
    rules = {"operator": "AND", "conditions": [{"type": "send_history", "op": "completed_sequence", "targetId": made}]}
    equal(site.pm("POST", "/segments/preview-count", {"siteId": 1, "rules": rules})["count"], 2, "completed it")
    site.work(9 * DAY)
    equal(site.claim(), [], "and that is all")
    site.stack.program("muster", "verify", str(site.project.number))


def triggered(running):
    """Added to a list, given a tag, entered a segment: enrolled, once, while it is enabled."""
    site = FlowSite(running, "sequence triggers")
    made = {kind: site.pm("POST", "/" + kind, {"siteId": 1, "name": "vip"})["id"] for kind in ("lists", "tags")}
    segment = site.segment("Rich", every(leaf("data.rich", "equals", True)), tracked=True)
    site.work()
    number = next(s["id"] for s in site.pm("GET", "/segments")["segments"] if s["name"] == "Rich")
    expect(segment, "made")
    by_list = series(site, "List", trigger="list_add", config={"listId": made["lists"]})
    by_tag = series(site, "Tag", trigger="tag_add", config={"tagId": made["tags"]})
    by_segment = series(site, "Segment", trigger="segment_enter", config={"segmentId": number})
    off = series(site, "Off", trigger="tag_add", config={"tagId": made["tags"]}, enabled=False)
    for name in ("ann", "bob", "eve"):
        site.contact(name + X)
    site.pm("POST", f"/lists/{made['lists']}/contacts", {"contactId": site.pm_id("ann" + X)})
    site.pm("POST", f"/contacts/{site.pm_id('bob' + X)}/tags", {"tag": "vip"})
    site.contact("eve" + X, data={"rich": True})
    site.pm("POST", "/contacts", {"siteId": 1, "email": "new" + X, "tags": ["vip"], "lists": [made["lists"]]})
    for _ in range(2):  # twice in a row is no second enrolment
        site.pm("POST", f"/lists/{made['lists']}/contacts", {"contactId": site.pm_id("ann" + X)})
        site.work()
    equal(site.mails(), [("ann" + X, "List"), ("bob" + X, "Tag"), ("eve" + X, "Segment"), ("new" + X, "List"),
                         ("new" + X, "Tag")], "mails")
    equal([len(site.enrolled(s)) for s in (by_list, by_tag, by_segment, off)], [2, 2, 1, 0], "enrolments")


def stopped(running):
    """Who unsubscribes, bounces, complains, is suppressed or erased gets no more, and is told as stopped."""
    site = FlowSite(running, "sequence stops")
    made = series(site, "One", "Two", "Three")
    names = ["stays", "unsubscribes", "bounces", "complains", "blocked", "erased"]
    ids = {n: site.contact(n + X) for n in names}
    numbers = {n: site.pm_id(n + X) for n in names}
    for name in names:
        site.enroll(made, name + X)
    site.work()
    equal(len(site.mails()), len(names), "the first mail")
    site.client.want(200, "PATCH", f"/contacts/{ids['unsubscribes']}", {"subscribed": False})
    site.report([{"to": "bounces" + X, "id": "1"}], "bounced", bounceType="hard")
    site.report([{"to": "complains" + X, "id": "2"}], "complained")
    site.client.want(201, "POST", "/suppressions", {"name": "no", "kind": "PREFIX", "pattern": "blocked"})
    site.client.want(204, "DELETE", f"/contacts/{ids['erased']}")
    site.work()
    site.work(DAY + 60)
    equal(site.mails(), [("stays" + X, "Two")], "the second mail")
    told = {n: site.enrolled(made).get(number) for n, number in numbers.items()}
    equal({n: e["status"] for n, e in told.items() if e}, {"stays": "active", **{n: "stopped" for n in names[1:5]}}, "enrolments")
    reasons = {n: e["reason"] for n, e in told.items() if e and e["status"] == "stopped"}
    for name, word in {"unsubscribes": "unsubscribed", "bounces": "bounced", "complains": "complained",
                       "blocked": "suppressed"}.items():
        expect(word in reasons[name], f"{name}: {reasons}")
    site.client.want(200, "PATCH", f"/contacts/{ids['unsubscribes']}", {"subscribed": True})
    site.work(9 * DAY)
    site.work(18 * DAY)
    equal(site.mails(), [("stays" + X, "Three")], "who came back is not enrolled again")


def capped(running):
    """sendFrequencyCapDays puts mails of sequences off, never out; other mail does not count."""
    site = FlowSite(running, "cap")
    site.pm("PUT", "/sites/" + str(site.pm("GET", "/sites")["sites"][0]["id"]), {"sendFrequencyCapDays": 3})
    one, two = series(site, "A1", "A2"), series(site, "B1")
    site.contact("ann" + X)
    site.client.want(200, "POST", "/v1/send", {"to": "ann" + X, "subject": "Receipt", "body": "b"})
    site.enroll(one, "ann" + X)
    site.work()
    site.enroll(two, "ann" + X)
    site.work()
    equal(site.mails(), [("ann" + X, "A1"), ("ann" + X, "Receipt")], "the first; the second sequence waits")
    site.work(DAY + 60)
    site.work(3 * DAY - 60)
    equal(site.mails(), [], "for three days nothing")
    site.work(3 * DAY + 60)
    third = site.mails()
    equal(len(third), 1, "one mail then")
    site.work(3 * DAY + HOUR)
    equal(site.mails(), [], "and the other waits once more")
    site.work(6 * DAY + HOUR)
    equal(sorted(third + site.mails()), [("ann" + X, "A2"), ("ann" + X, "B1")], "none is left out")
    equal([e["status"] for s in (one, two) for e in site.enrolled(s).values()], ["completed"] * 2, "both come to the end")


def several(running):
    """Who is in more than one sequence at a time."""
    site = FlowSite(running, "several")
    one, two = series(site, "A", "B"), series(site, "C", "D")
    for name in ("ann", "bob"):
        site.contact(name + X)
        site.enroll(one, name + X)
    site.enroll(two, "ann" + X)
    site.work()
    told = site.client.want(200, "GET", "/api/v1/reports/multi-sequence?siteId=1")["data"]
    equal([(c["email"], sorted(c["sequences"])) for c in told["contacts"]], [("ann" + X, sorted([one, two]))], "report")
    equal(told["pagination"]["total"], 1, "total")
    site.work(2 * DAY)
    told = site.client.want(200, "GET", "/api/v1/reports/multi-sequence?siteId=1")["data"]
    equal(told["contacts"], [], "when they are through")


def edited_on_the_way(running):
    """An enrolment goes on with the steps of when it began; a disabled sequence takes nobody in."""
    site = FlowSite(running, "sequence edits")
    made = series(site, "Old 1", "Old 2")
    for name in ("old", "new", "late"):
        site.contact(name + X)
    site.enroll(made, "old" + X)
    site.work()
    site.pm("PUT", f"/sequences/{made}", {"steps": [mail(site.pm_template("New 1"))]})
    site.enroll(made, "new" + X)
    site.work()
    equal(site.mails(), [("new" + X, "New 1"), ("old" + X, "Old 1")], "first mails")
    site.pm("PUT", f"/sequences/{made}", {"enabled": False})
    refused = site.client.request("POST", f"/api/v1/sequences/{made}/enrollments", {"contactId": site.pm_id("late" + X)})
    expect(400 <= refused.status < 500, f"enrolled in a disabled one: {refused!r}")
    site.pm("PUT", f"/sequences/{made}", {"enabled": True})
    site.work(DAY + 60)
    equal(site.mails(), [("old" + X, "Old 2")], "the old one's second")


def refused_steps(running):
    """Steps that lead nowhere, in circles or to nothing are refused with their place."""
    site = FlowSite(running, "sequence refused")
    template = site.pm_template("x")
    opened = {"type": "condition", "opened": 0, "then": 0, "else": 2}
    for steps, word in (([mail(template), {**opened, "then": 9}], "steps.1"), ([mail(999)], "steps.0"),
                        ([{"type": "delay", "days": 0}], "steps.0"), ([{"type": "delay"}], "steps.0"),
                        ([mail(template), {**opened, "opened": 5}], "steps.1"),
                        ([mail(template), {"type": "condition", "rules": {"operator": "AND", "conditions": [
                            {"type": "nonsense"}]}, "then": 0, "else": "end"}], "steps.1")):
        reply = site.client.request("POST", "/api/v1/sequences", {
            "name": "s", "triggerType": "manual", "steps": steps, "enabled": True})
        expect(reply.status in (400, 404) and (reply.status == 404 or word in reply.body.decode()),
               f"{json.dumps(steps)}: {reply!r}")
    circle = site.client.request("POST", "/api/v1/sequences", {
        "name": "s", "triggerType": "manual", "enabled": True,
        "steps": [mail(template), {**opened, "then": 0, "else": "end"}]})
    expect(circle.status == 400, f"a circle without a delay: {circle!r}")
    equal(site.pm("GET", "/sequences")["pagination"]["total"], 0, "nothing is stored")


CASES = [by_hand, triggered, stopped, capped, several, edited_on_the_way, refused_steps]
