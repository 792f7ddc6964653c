"""Cases of flows.py: the same thing at the same moment, by every way in, and what is gone meanwhile."""
import collections
import concurrent.futures
import random
import subprocess
import threading
import time

from .flowsite import DAY, HOUR, MANUAL, FlowSite, equal, every, expect, in_seconds, leaf, on

X = "@x.example"
CALLERS = 8
REST = ("DELAY", {"amount": 2, "unit": "hours"})


def at_once(site, *requests):
    """Statuses of requests that are sent together."""
    with concurrent.futures.ThreadPoolExecutor(len(requests)) as pool:
        replies = list(pool.map(lambda r: site.project.client().request(*r), requests))
    return sorted(r.status for r in replies)


def one_of_many_callers(running):
    """Eight put one contact in, send one campaign, enrol: one of them does."""
    site = FlowSite(running, "callers")
    ann = site.contact("ann" + X)
    workflow, _ = site.chain(MANUAL, REST, allowReentry=True)
    told = at_once(site, *[("POST", f"/workflows/{workflow}/executions", {"contactId": ann})] * CALLERS)
    equal(told, [201] + [409] * (CALLERS - 1), "executions")
    sequence = site.sequence({"type": "delay", "days": 1}, {"type": "email", "templateId": site.pm_template("x")})
    told = at_once(site, *[("POST", f"/api/v1/sequences/{sequence}/enrollments",
                            {"contactId": site.pm_id("ann" + X)})] * CALLERS)
    equal(told, [201] + [409] * (CALLERS - 1), "enrolments")
    made = site.campaign()
    told = at_once(site, *[("POST", f"/campaigns/{made}/send", {})] * CALLERS)
    equal(told, [200] + [400] * (CALLERS - 1), "sendings")
    workers = [site.start("schedule") for _ in range(3)]
    for worker in workers:
        expect(worker.wait(60) == 0, worker.stderr.read()[-500:])
    equal(len(site.claim_all()), 1, "messages")
    told = at_once(site, *[("POST", f"/campaigns/{made}/cancel", None)] * CALLERS)
    equal(told, [200] + [400] * (CALLERS - 1), "cancels")


def capped_by_two_workers(running):
    """Two workers put out mails of two sequences to the same people: under a cap each gets one."""
    site = FlowSite(running, "cap race")
    site.pm("PUT", "/sites/" + str(site.pm("GET", "/sites")["sites"][0]["id"]), {"sendFrequencyCapDays": 2})
    number = site.pm("POST", "/lists", {"siteId": 1, "name": "all"})["id"]
    for name in ("A", "B"):
        site.sequence({"type": "email", "templateId": site.pm_template(name)}, trigger="list_add",
                      config={"listId": number})
    site.contacts(600)
    rows = site.stack.sql(f"SELECT ordinal FROM contact WHERE project_id = {site.project.number}")
    site.pm("POST", f"/lists/{number}/contacts", {"contactIds": [int(r[0]) + 1 for r in rows]})
    for ahead, mails in ((0, 1), (2 * DAY + 120, 2)):
        for worker in [site.start("schedule", ahead=ahead) for _ in range(3)]:
            expect(worker.wait(60) == 0, worker.stderr.read()[-500:])
        site.work(ahead)
        told = collections.Counter(o for (kind, _), some in site.stored().items() if kind == 3 for _, _, o, _ in some)
        equal(collections.Counter(told.values()), {mails: 600}, f"mails of each after {ahead} s")


def a_wait_between(running):
    """What comes after the trigger, before the worker has looked, is what is waited for; before a delay is over it is not."""
    site = FlowSite(running, "between")
    wait = ("WAIT_FOR_EVENT", {"eventName": "paid", "timeout": DAY})
    outs = {"yes": ("EXIT", {"reason": "paid"}), "no": ("EXIT", {"reason": "not"})}
    straight, _ = site.workflow(on("ordered"), {"wait": wait, **outs}, ["trigger wait", "wait yes EVENT", "wait no TIMEOUT"])
    later, _ = site.workflow(on("ordered"), {"rest": REST, "wait": wait, **outs},
                             ["trigger rest", "rest wait", "wait yes EVENT", "wait no TIMEOUT"])
    site.track("ordered", "ann" + X)
    site.track("paid", "ann" + X)
    for ahead in (0, 3 * HOUR, 2 * DAY):
        site.work(ahead)
    equal([site.only(w)["exitReason"] for w in (straight, later)], ["paid", "not"], "how they ended")


def every_way_in(running):
    """Tags and lists by each route, files and bulk actions: flows hear of all."""
    site = FlowSite(running, "ways")
    number = site.pm("POST", "/lists", {"siteId": 1, "name": "news"})["id"]
    tag = site.pm("POST", "/tags", {"siteId": 1, "name": "vip"})["id"]
    by_tag, by_list = (site.sequence({"type": "delay", "days": 1}, trigger=kind, config=config)
                       for kind, config in (("tag_add", {"tagId": tag}), ("list_add", {"listId": number})))
    gone, _ = site.chain(on("contact.unsubscribed"), ("EXIT", {}))
    signed, _ = site.chain(on("signed"), ("EXIT", {}))
    site.contact("one" + X)
    site.pm("POST", "/contacts", {"siteId": 1, "email": "two" + X, "tags": ["vip"], "lists": [number]})
    site.pm("POST", "/contacts/bulk", {"siteId": 1, "contacts": [
        {"email": "three" + X, "tags": ["vip"], "lists": [number]}, {"email": "one" + X, "tags": ["vip"]}]})
    reply = site.client.request("POST", "/contacts/import?tag=vip", ("email\nfour" + X + "\n").encode(),
                                {"Content-Type": "text/csv"})
    expect(reply.status == 202, reply)
    now = in_seconds(-1)
    reply = site.client.request("POST", "/events/import", f"email,event,timestamp\nfour{X},signed,{now}\n".encode(),
                                {"Content-Type": "text/csv"})
    expect(reply.status == 202, reply)
    site.work()
    site.work()
    equal((len(site.enrolled(by_tag)), len(site.enrolled(by_list)), site.states(signed)),
          (4, 2, [("four" + X, "EXITED")]), "who is in")
    site.client.want(202, "POST", "/contacts/bulk-unsubscribe", {"mode": "query", "filter": every(
        leaf("email", "contains", "t"))})
    site.work()
    site.work()
    equal(len(site.executions(gone)), 2, "executions by a bulk action")
    equal(sorted(e["status"] for e in site.enrolled(by_tag).values()), ["active", "active", "stopped", "stopped"],
          "enrolments after it")


def what_is_named_goes(running):
    """Templates in use stay; one that goes under a disabled workflow fails who is under way, and says so."""
    site = FlowSite(running, "named")
    template = site.template("Hi")
    workflow, _ = site.chain(on("go"), REST, ("SEND_EMAIL", {"templateId": template}))
    site.track("go", "ann" + X)
    site.work()
    equal(site.client.request("DELETE", f"/templates/{template}").status, 409, "a template of an enabled workflow")
    usage = site.client.want(200, "GET", f"/templates/{template}/usage")
    equal(([w["id"] for w in usage["usedInWorkflows"]], usage["canDelete"]), ([workflow], False), "usage")
    site.client.want(200, "PATCH", f"/workflows/{workflow}", {"enabled": False})
    site.client.want(204, "DELETE", f"/templates/{template}")
    site.work(3 * HOUR)
    told = site.only(workflow)
    equal(told["status"], "FAILED", "its execution")
    expect("emplate" in str(told["exitReason"]) + str(told["steps"]), told)
    other = FlowSite(running, "named by another")
    foreign = other.template("Foreign")
    reply = site.client.request("POST", f"/workflows/{workflow}/steps", {
        "type": "SEND_EMAIL", "name": "x", "position": {"x": 0, "y": 0}, "config": {"templateId": foreign}})
    equal(reply.status, 404, "a template of another project in a workflow")
    reply = site.client.request("POST", "/v1/send", {"to": "ann" + X, "template": foreign})
    equal(reply.status, 404, "and in /v1/send")
    by_hand, _ = site.chain(MANUAL, ("EXIT", {}))
    site.execute(by_hand, other.contact("eve" + X), 404)


def rendered_safely(running):
    """No data break out of a subject, a header or a body; the address is the one of the moment."""
    site = FlowSite(running, "safely")
    ann = site.contact("ann" + X, data={"name": "A\r\nBcc: eve@x.example\x01", "html": "<script>&\"'", "deep": {"a": [1, {"b": None}]},
                                        "brace": "{{email}}"})
    site.send(site.campaign(subject="Hi {{name}} {{missing}}", body="{{html}}|{{{html}}}|{{deep.a}}|{{brace}}|{{data.html}}|"
                            "{{ name }}|{{nothing ?? \"x\"}}|{{unknown.a.b}}|{{", fromName="{{name}}"))
    site.work()
    site.client.want(200, "PATCH", f"/contacts/{ann}", {"email": "anna" + X})
    message, = site.claim()
    expect(not any(ord(c) < 32 or c == "\x7f" for c in message["subject"] + (message["fromName"] or "")), message)
    equal(message["to"], "anna" + X, "to whom")
    parts = message["body"].split("|")
    expect("<script>" not in parts[0] and parts[0].startswith("&lt;script&gt;&amp;"), parts)
    equal(parts[1:5], ["<script>&\"'", "[1,{&quot;b&quot;:null}]", "{{email}}", parts[0]], "parts")
    equal(parts[6:], ["x", "", "{{"], "fallbacks and what is no variable")


def nothing_is_left(running):
    """After an erasure no table knows the address, wherever flows and messages had put it."""
    site = FlowSite(running, "erased")
    secret = "only.hers.4711@erase.example"
    ann = site.contact(secret, data={"name": "Ann " + secret})
    site.chain(on("go"), ("SEND_EMAIL", {"templateId": site.template("{{email}}")}), REST)
    site.client.want(200, "POST", "/v1/track", {"email": secret, "event": "go", "data": {
        "mine": {"value": secret, "persistent": False}}})
    site.client.want(200, "POST", "/v1/send", {"to": secret, "subject": secret, "body": secret, "data": {"also": secret}})
    site.send(site.campaign(subject="{{email}}"))
    site.sequence({"type": "email", "templateId": site.pm_template("x")}, trigger="manual")
    site.work()
    site.report(site.claim(1), "sent", reason=secret)
    site.client.want(200, "POST", "/v1/track", {"email": secret, "event": "go", "data": {
        "mine": {"value": secret, "persistent": False}}})  # still in the queue
    kept = site.client.want(200, "GET", f"/contacts/{ann}/export")
    equal(len(kept["messages"]), 3, "messages in her export")
    equal([len(kept[k]) for k in ("executions", "flowEvents")], [1, 1], "what else her export has")
    site.client.want(204, "DELETE", f"/contacts/{ann}")
    site.work()
    equal(site.claim(), [], "messages")
    dump = subprocess.run(["mariadb-dump", "--no-defaults", "--skip-extended-insert", "--compact", "--socket",
                           running.env["MUSTER_DB_SOCKET"], "--user", running.env["MUSTER_DB_USER"],
                           "--ignore-table-data=muster.base_chunk", "--where", f"project_id = {site.project.number}",
                           running.env["MUSTER_DB_NAME"], "message", "flow_event", "execution", "execution_step",
                           "execution_due", "event", "email_event", "contact"], capture_output=True, timeout=60)
    expect(dump.returncode == 0, dump.stderr)
    found = [line[:300] for line in dump.stdout.split(b"\n") if secret.encode() in line]
    equal(found, [], "rows that still have it")


def opting_out_beside_senders(running):
    """Senders claim without a rest while people opt out, come back, are erased and report: no error, and nothing for
    anybody whose opt-out was answered before the claim was asked for."""
    site = FlowSite(running, "opting out")
    site.contacts(400)
    ids = {c["email"]: c["id"] for n in range(0, 400, 100) for c in site.client.want(200, "POST", "/contacts/lookup", {
        "emails": [f"p{i}@example.com" for i in range(n, n + 100)]})["found"]}
    for _ in range(3):
        site.send(site.campaign())
    site.work()
    over, wrong, out = threading.Event(), [], {}

    def forever(act):
        client, chance = site.project.client(), random.Random(act.__name__)
        try:
            while not over.is_set():
                act(client, chance)
        except Exception as failure:  # told below
            wrong.append(f"{act.__name__}: {failure}")

    def claim(client, chance):
        asked = time.monotonic()
        for message in site.claim(chance.choice([5, 60]), lease=1, client=client):
            if out.get(message["to"], asked) < asked:
                wrong.append(f"{message['to']} got {message['id']} after the opt-out")
            if chance.random() < 0.1:
                client.want(200, "POST", "/v1/email-events", {"events": [{
                    "email": message["to"], "type": "delivered", "emailId": message["id"], "timestamp": in_seconds(0)}]})

    def leave(client, chance):
        email = chance.choice(sorted(ids))
        if email in out:
            return
        if chance.random() < 0.3:
            client.want((204, 404), "DELETE", f"/contacts/{ids[email]}")
        elif chance.random() < 0.5:
            client.want(200, "PATCH", f"/contacts/{ids[email]}", {"subscribed": False})
        else:
            client.want(200, "POST", "/v1/email-events", {"events": [{
                "contactId": ids[email], "type": "unsubscribed", "emailId": email, "timestamp": in_seconds(0)}]})
        out[email] = time.monotonic()
        time.sleep(0.005)

    def work(_client, _chance):
        site.work(0, "schedule")
    threads = [threading.Thread(target=forever, args=(act,)) for act in (claim, claim, claim, leave, work)]
    for thread in threads:
        thread.start()
    time.sleep(2.5)
    over.set()
    for thread in threads:
        thread.join(30)
    equal(wrong[:3], [], "faults")
    expect(len(out) > 50, f"only {len(out)} opted out")


CASES = [opting_out_beside_senders, one_of_many_callers, capped_by_two_workers, a_wait_between, every_way_in, what_is_named_goes, rendered_safely,
         nothing_is_left]
