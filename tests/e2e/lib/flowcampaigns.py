"""Cases of flows.py: campaigns in both dialects, and the outbox that every message leaves by."""
import concurrent.futures
import json
import re
import time
import urllib.parse

from .client import Unexpected
from .flowsite import DAY, HOUR, ME, FlowSite, equal, every, expect, in_seconds, leaf

PRO = every(leaf("data.plan", "equals", "pro"))


def people(site):
    """One of each kind."""
    for email, more in {"ann": {}, "bob": {}, "out": {"subscribed": False}, "free": {"data": {"plan": "free"}},
                        "odd": {}, "not": {"data": {"plan": "pro", "skip": True}}}.items():
        host = "blocked.example" if email == "odd" else "x.example"
        site.contact(f"{email}@{host}", **{"data": {"plan": "pro", "name": f"<{email}>"}, **more})
    site.client.want(201, "POST", "/suppressions", {"name": "no", "kind": "DOMAIN", "pattern": "blocked.example"})
    return site.segment("Skipped", every(leaf("data.skip", "equals", True)))


def addresses(messages):
    return sorted(m["to"].split("@")[0] for m in messages)


def whole_life(running):
    """From the draft to SENT: who receives it, what stands in it, what its counts say."""
    site = FlowSite(running, "campaign")
    skipped = people(site)
    audience = {"audienceCondition": PRO, "excludeSegmentIds": [skipped]}
    made = site.campaign("FILTERED", subject="Dear {{name ?? friend}}", body="<p>{{name}} {{{name}}} {{gone ?? 'none'}} "
                         "{{unsubscribeUrl}}</p>", fromName="Us", replyTo="re@sender.example", **audience)
    told = site.show(made)
    equal([told[k] for k in ("status", "excludeSegmentIds", "totalRecipients", "sentAt", "type")],
          ["DRAFT", [skipped], 0, None, "MARKETING"], "draft")
    will = site.client.want(200, "POST", "/audience/preview", {
        "audienceType": "FILTERED", "condition": PRO, "excludeSegmentIds": [skipped]})["willReceive"]
    answer = site.send(made)
    equal((answer["message"], answer["data"]["status"]), ("Campaign is being sent", "SENDING"), "sent")
    equal(site.claim(), [], "before the worker ran")
    site.work()
    got = site.claim_all()
    equal((addresses(got), will, site.show(made)["totalRecipients"]), (["ann", "bob"], 2, 2), "recipients")
    first = next(m for m in got if m["to"] == "ann@x.example")
    equal((first["subject"], first["campaignId"], first["from"], first["fromName"], first["replyTo"], first["type"]),
          ("Dear <ann>", made, ME, "Us", "re@sender.example", "MARKETING"), "message")
    equal(first["body"].split(" ")[:3], ["<p>&lt;ann&gt;", "<ann>", "none"], "rendered")
    expect(first["unsubscribeUrl"] in first["body"].replace("&amp;", "&"), first["body"])
    one_click(site, first)
    site.work()
    equal(site.show(made)["status"], "SENDING", "while messages are claimed")
    site.report(got, "sent", "delivered")
    site.report(got[:1], "opened", "opened", "clicked", url="https://a.example")
    site.work()
    told = site.show(made)
    equal([told[k] for k in ("status", "totalRecipients", "sentCount", "deliveredCount", "openedCount", "clickedCount",
                             "bouncedCount")], ["SENT", 2, 2, 2, 1, 1, 0], "counts")
    expect(told["sentAt"] is not None, told)
    stats = site.client.want(200, "GET", f"/campaigns/{made}/stats")["data"]
    equal([stats[k] for k in ("totalRecipients", "sentCount", "openRate", "clickRate", "bounceRate", "deliveryRate")],
          [2, 2, 50, 50, 0, 100], "stats")
    for refused in (("PUT", f"/campaigns/{made}", {"name": "late"}), ("POST", f"/campaigns/{made}/cancel", None),
                    ("POST", f"/campaigns/{made}/send", {})):
        equal(site.client.request(*refused).status, 400, f"{refused[1]} once it is SENT")
    received = site.client.want(200, "POST", "/segments/preview", {
        "condition": every(leaf(f"campaign.{made}", "has"))})["count"]
    equal(received, 2, "members of campaign.<id>")


def one_click(site, message):
    """RFC 8058: a POST to the header's address unsubscribes."""
    headers = message["headers"]
    equal(headers["List-Unsubscribe-Post"], "List-Unsubscribe=One-Click", "header")
    url = re.fullmatch("<(.*)>", headers["List-Unsubscribe"])[1]
    equal(url, message["unsubscribeUrl"], "List-Unsubscribe")
    reply = site.client.request("POST", urllib.parse.urlsplit(url).path, b"List-Unsubscribe=One-Click",
                                {"Content-Type": "application/x-www-form-urlencoded", "Authorization": "none"})
    equal((reply.status // 100, site.status_of(message["to"])), (2, False), "one click")
    site.client.want(200, "POST", "/contacts", {"email": message["to"], "subscribed": True})


def types(running):
    """MARKETING and HEADLESS skip who is unsubscribed, TRANSACTIONAL reaches all; the preview said so."""
    site = FlowSite(running, "types")
    people(site)
    for kind in ("MARKETING", "HEADLESS", "TRANSACTIONAL"):
        will = site.client.want(200, "POST", "/audience/preview", {"audienceType": "ALL", "type": kind})["willReceive"]
        made = site.campaign(type=kind)
        site.send(made)
        site.work()
        got = site.claim_all()
        wanted = ["ann", "bob", "free", "not"] + (["out"] if kind == "TRANSACTIONAL" else [])
        equal((addresses(got), will, site.show(made)["totalRecipients"]), (wanted, len(wanted), len(wanted)), kind)
        for message in got:
            equal("unsubscribeUrl" in message, kind != "TRANSACTIONAL", f"unsubscribe data of {kind}")
        site.report(got, "sent")


def pinned(running):
    """Recipients are those of the moment of the resolution, whatever becomes of the segment then."""
    site = FlowSite(running, "pinned")
    site.contacts(4, data={"plan": "pro"})
    segment = site.segment("Pro", PRO)
    made = site.campaign("SEGMENT", segmentId=segment)
    site.send(made)
    site.work()
    site.contact("p0@example.com", data={"plan": "free"})
    site.contact("late@example.com", data={"plan": "pro"})
    site.client.want(200, "PATCH", f"/segments/{segment}", {"condition": every(leaf("data.plan", "equals", "none"))})
    site.work()
    equal(addresses(site.claim_all()), ["p0", "p1", "p2", "p3"], "recipients")
    reply = site.client.request("DELETE", f"/segments/{segment}")
    equal(reply.status, 409, "a segment of a campaign that is SENDING")


def nobody(running):
    """Without recipients it ends SENT, with zero, and says so."""
    site = FlowSite(running, "nobody")
    site.contact("out@example.com", subscribed=False)
    made = site.campaign()
    site.send(made)
    site.work()
    told = site.show(made)
    equal((told["status"], told["totalRecipients"], told["sentCount"]), ("SENT", 0, 0), "campaign")
    expect(told["sentAt"], told)
    expect(re.search(r"(?i)no (recipient|one)|nobody|0 recipients", json.dumps(told)), f"does not say so: {told}")
    stats = site.client.want(200, "GET", f"/campaigns/{made}/stats")["data"]
    equal((stats["totalRecipients"], stats["openRate"]), (0, 0), "stats")


def scheduled_over_an_outage(running):
    """Due while no worker ran: sent once, late, by whichever of two workers."""
    site = FlowSite(running, "outage")
    site.contacts(30)
    made = site.campaign()
    answer = site.send(made, scheduledFor=in_seconds(HOUR))
    equal((answer["data"]["status"], answer["message"]),
          ("SCHEDULED", "Campaign scheduled for " + answer["data"]["scheduledFor"]), "scheduled")
    site.work()
    site.work(HOUR - 60)
    equal((site.show(made)["status"], site.stored()), ("SCHEDULED", {}), "before it is due")
    for worker in [site.start(ahead=3 * DAY) for _ in range(2)]:
        expect(worker.wait(60) == 0, worker.stderr.read()[-1000:])
    site.work(3 * DAY)
    site.work(4 * DAY)
    equal({k[0]: len(rows) for k, rows in site.stored().items()}, {4: 30}, "messages")
    got = site.claim_all()
    equal(len(got), 30, "handed out")
    site.report(got, "sent")
    site.work(5 * DAY)
    told = site.show(made)
    equal((told["status"], told["totalRecipients"], told["sentCount"]), ("SENT", 30, 30), "campaign")
    moved = site.campaign()
    site.send(moved, scheduledFor=in_seconds(HOUR))
    site.send(moved, scheduledFor=in_seconds(40 * DAY))
    site.work(2 * HOUR)
    equal(site.show(moved)["status"], "SCHEDULED", "moved to later")
    site.client.want(200, "POST", f"/campaigns/{moved}/cancel")
    site.work(41 * DAY)
    equal((site.show(moved)["status"], site.claim()), ("CANCELLED", []), "cancelled before it was due")


def cancelled_on_the_way(running):
    """Of a campaign that is cancelled nothing is handed out any more; what was, is still told of."""
    site = FlowSite(running, "cancel")
    site.contacts(2500)
    made, other = site.campaign(), site.campaign(type="TRANSACTIONAL", subject="Other")
    site.send(made)
    site.work()
    first = site.claim(700)
    second = site.claim(300, lease=1)
    site.client.want(200, "POST", f"/campaigns/{made}/cancel")
    time.sleep(1.1)
    equal(site.claim(), [], "after the cancel, leases that are over among them")
    site.report(first, "sent", "delivered")
    site.report(second[:5], "sent")
    site.work()
    told = site.show(made)
    equal((told["status"], told["totalRecipients"], told["sentCount"], told["deliveredCount"]),
          ("CANCELLED", 2500, 705, 700), "campaign")
    site.send(other)
    site.client.want(200, "POST", f"/campaigns/{other}/cancel")
    site.work()
    equal((site.claim(), site.show(other)["status"]), ([], "CANCELLED"), "cancelled before the worker came")
    again = site.client.want(201, "POST", f"/campaigns/{made}/duplicate")["data"]
    equal((again["status"], again["totalRecipients"], again["sentCount"], again["sentAt"]), ("DRAFT", 0, 0, None),
          "duplicate")


def pushmail(running):
    """A list, a tag, a segment; the template's text; both dialects see one campaign."""
    site = FlowSite(running, "pushmail")
    template = site.pm_template("Hi {{firstName ?? you}}")
    number, tag = (site.pm("POST", "/" + kind, {"siteId": 1, "name": "news"})["id"] for kind in ("lists", "tags"))
    for name, more in {"ann": {"lists": [number]}, "bob": {"tags": ["news"]}, "eve": {"lists": [number], "tags": ["news"]},
                       "off": {"lists": [number]}}.items():
        site.pm("POST", "/contacts", {"siteId": 1, "email": f"{name}@x.example", "firstName": name.title(), **more})
    site.client.want(200, "POST", "/contacts", {"email": "off@x.example", "subscribed": False})
    rules = {"operator": "AND", "conditions": [
        {"type": "attribute", "field": "email", "op": "contains", "value": "bob"}]}
    segment = site.pm("POST", "/segments", {"siteId": 1, "name": "Bobs", "rules": rules})["id"]
    for audience, wanted in (({"listId": number}, ["ann", "eve"]), ({"tagId": tag}, ["bob", "eve"]),
                             ({"segmentId": segment}, ["bob"])):
        made = site.pm("POST", "/campaigns", {"siteId": 1, "name": str(audience), "templateId": template,
                                              "sendingConfigId": 1, **audience})
        equal((made["status"], made["totalRecipients"]), ("draft", 0), "made")
        site.pm("POST", f"/campaigns/{made['id']}/schedule", {"scheduledAt": in_seconds(HOUR)})
        site.work(2 * HOUR)
        got = site.claim_all()
        equal(sorted((m["to"], m["subject"]) for m in got),
              [(f"{n}@x.example", f"Hi {n.title()}") for n in wanted], f"recipients of {audience}")
        site.report(got, "sent", "delivered", "opened")
        site.report(got[:1], "bounced", bounceType="soft")
        site.work()
        told = site.pm("GET", f"/campaigns/{made['id']}")
        equal([told[k] for k in ("status", "totalRecipients", "sentCount", "deliveredCount", "openedCount")],
              ["sent"] + [len(wanted)] * 4, "counts")
        plunk = site.show(got[0]["campaignId"])
        equal((plunk["name"], plunk["status"], plunk["sentCount"]), (str(audience), "SENT", len(wanted)), "Plunk's view")


# ---- the outbox ------------------------------------------------------------------------------------


def many_senders(running):
    """Six senders at once: each message goes to one of them."""
    site = FlowSite(running, "senders")
    site.contacts(1500)
    site.send(site.campaign())
    site.work()

    def take(_):
        client, told = site.project.client(), []
        while got := site.claim(70, client=client):
            told += got
        return told
    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        told = [m for got in pool.map(take, range(6)) for m in got]
    equal((len(told), len({m["id"] for m in told}), len({m["to"] for m in told})), (1500,) * 3, "handed out")


def leases(running):
    """Nothing is handed out twice in a lease; what is not reported by its end is, until it is."""
    site = FlowSite(running, "leases")
    site.contacts(6)
    site.send(site.campaign())
    site.work()
    first = site.claim(6, lease=1)
    equal(site.claim(6), [], "within the lease")
    site.report(first[:2], "sent")
    time.sleep(1.1)
    second = site.claim(6, lease=1)
    equal({m["id"] for m in second}, {m["id"] for m in first[2:]}, "after the lease")
    time.sleep(1.1)
    site.report(second[:2], "delivered")  # late, and still true
    equal({m["id"] for m in site.claim(6)}, {m["id"] for m in second[2:]}, "after the second lease")


def judged_again(running):
    """Between resolution and hand-out, and between two hand-outs: who may not receive it any more does not."""
    site = FlowSite(running, "judged")
    names = ["stays", "unsubscribes", "clicks", "bounces", "complains", "goes", "blocked"]
    ids = {n: site.contact(f"{n}@x.example") for n in names}
    for _ in range(2):
        site.send(site.campaign())
        site.work()
    equal(addresses(site.claim(len(names), lease=1)), sorted(names), "the first campaign is claimed")
    site.client.want(200, "PATCH", f"/contacts/{ids['unsubscribes']}", {"subscribed": False})
    url = site.client.want(200, "GET", f"/contacts/{ids['clicks']}")["unsubscribeUrl"]
    site.client.request("POST", urllib.parse.urlsplit(url).path, b"", {"Authorization": "none"})
    site.report([{"to": "bounces@x.example", "id": "elsewhere"}], "bounced", bounceType="hard")
    site.report([{"to": "complains@x.example", "id": "elsewhere2"}], "complained")
    site.client.want(204, "DELETE", f"/contacts/{ids['goes']}")
    site.client.want(201, "POST", "/suppressions", {"name": "no", "kind": "PREFIX", "pattern": "blocked"})
    time.sleep(1.1)
    got = site.claim()
    equal(addresses(got), ["stays", "stays"], "of both campaigns")
    site.report(got, "sent")
    site.client.want(200, "PATCH", f"/contacts/{ids['unsubscribes']}", {"subscribed": True})
    site.work()
    equal(site.claim(), [], "what was dropped does not come back")
    equal([c["status"] for c in site.client.want(200, "GET", "/campaigns")["data"]], ["SENT", "SENT"], "both are over")


def outbox_is_private(running):
    """Other keys and projects see nothing of it."""
    site, other = FlowSite(running, "private"), FlowSite(running, "other")
    site.contact("a@x.example")
    site.send(site.campaign())
    site.work()
    equal(other.claim(), [], "another project's sender")
    equal(site.project.client(site.project.public).request("POST", "/v1/outbox/claim", {}).status, 401, "public key")
    got = site.claim()
    told = other.client.want(200, "POST", "/v1/email-events", {"events": [
        {"email": "a@x.example", "type": "sent", "emailId": got[0]["id"], "timestamp": in_seconds(0)}]})["data"]
    equal((told["accepted"], site.show(got[0]["campaignId"])["sentCount"]), (0, 0), "reported by another project")


def send_route(running):
    """/v1/send by a template, by text; what is refused stores nothing; it stands before a campaign's."""
    site = FlowSite(running, "send")
    site.contacts(3)
    site.send(site.campaign())
    site.work()
    template = site.template("Code {{code}}", "<b>{{code}}</b>", type="TRANSACTIONAL")
    told = site.client.want(200, "POST", "/v1/send", {
        "to": {"name": "New", "email": "New@x.example"}, "template": template,
        "data": {"code": {"value": "<7>", "persistent": False}, "plan": "pro"}})["data"]
    first = site.claim(1)[0]
    equal((first["id"], first["to"], first["subject"], first["body"]),
          (told["emails"][0]["email"], "new@x.example", "Code <7>", "<b>&lt;7&gt;</b>"), "the first message")
    expect("unsubscribeUrl" not in first, first)
    kept = site.client.want(200, "GET", "/contacts/" + told["emails"][0]["contact"]["id"])
    equal((kept["subscribed"], kept["data"]), (False, {"plan": "pro"}), "contact")
    for body in ({"to": "bad", "subject": "s", "body": "b"}, {"to": "x@x.example"}, {"to": "x@x.example", "template": "no"},
                 {"to": ["x@x.example", "bad"], "subject": "s", "body": "b"}, {"subject": "s", "body": "b"}, {"to": 5},
                 {"to": [], "subject": "s", "body": "b"}, {"to": "x@x.example", "subject": {}, "body": "b"},
                 {"to": "x@x.example", "template": "00000000-0000-4000-8000-000000000000"}):
        reply = site.client.request("POST", "/v1/send", body)
        expect(400 <= reply.status < 500, f"{body}: {reply!r}")
    equal(site.status_of("x@x.example"), None, "nothing is stored")
    equal(len(site.claim()), 3, "messages left")


def schedule_in_the_past(running):
    site = FlowSite(running, "past")
    made = site.campaign()
    try:
        site.send(made, scheduledFor=in_seconds(-60))
    except Unexpected as refused:
        expect(" 400 " in f" {str(refused).rsplit('got ', 1)[1]}" and "scheduledFor must be in the future"
               in str(refused), refused)
    else:
        raise AssertionError("taken")
    equal(site.show(made)["status"], "DRAFT", "it stays a draft")


def what_it_names_goes(running):
    """A scheduled campaign whose audience was deleted meanwhile goes to nobody, and says why; never to everybody."""
    site = FlowSite(running, "gone")
    site.contacts(3)
    template = site.pm_template("x")
    segment = site.segment("Skipped", every(leaf("data.n", "equals", 1)))
    number = next(s["id"] for s in site.pm("GET", "/segments")["segments"] if s["name"] == "Skipped")
    made = [site.campaign("SEGMENT", segmentId=segment), site.campaign(excludeSegmentIds=[segment])]
    for campaign in made:
        site.send(campaign, scheduledFor=in_seconds(HOUR))
    equal(site.client.request("DELETE", f"/segments/{segment}").status, 409, "Plunk's DELETE")
    site.pm("DELETE", f"/segments/{number}")
    for kind, path in (("listId", "/lists"), ("tagId", "/tags")):
        thing = site.pm("POST", path, {"siteId": 1, "name": "news"})["id"]
        one = site.pm("POST", "/campaigns", {"siteId": 1, "name": kind, "templateId": template, "sendingConfigId": 1,
                                             kind: thing})
        site.pm("POST", f"/campaigns/{one['id']}/schedule", {"scheduledAt": in_seconds(HOUR)})
        site.pm("DELETE", f"{path}/{thing}")
    site.work(2 * HOUR)
    equal(site.claim(), [], "messages")
    for told in site.client.want(200, "GET", "/campaigns")["data"]:
        told = site.show(told["id"])
        expect(told["status"] == "CANCELLED" and told["totalRecipients"] == 0 and told["note"], told)


CASES = [what_it_names_goes, whole_life, types, pinned, nobody, scheduled_over_an_outage, cancelled_on_the_way, pushmail, many_senders,
         leases, judged_again, outbox_is_private, send_route, schedule_in_the_past]
