#!/usr/bin/python3
"""One segment in three notations: written in one, read in the others, the same people in it; and for random
filters of each notation the members are the naive evaluator's.

    dialects.py [--filters 600] [--seed N] [--stack DIR]
"""
import argparse
import concurrent.futures
import json
import random
import sys
import time

from lib import drawother
from lib.ask import preview
from lib.client import Unexpected, query
from lib.draw import Draw, iso
from lib.model import same
from lib.naive import parse_date
from lib.otherwords import from_mailpanda, from_pushmail
from lib.stack import stack
from lib.world import Playground

PER_ROUND = 20
EMPTY = {"pushmail": {"operator": "AND", "conditions": []}, "mailpanda": []}
TO_PLUNK = {"plunk": lambda tree: tree, "pushmail": from_pushmail, "mailpanda": from_mailpanda}


def expect(truth, what):
    if not truth:
        raise AssertionError(what)


# ---- the routes of each dialect --------------------------------------------------------------------


def make(client, dialect, name, tree):
    """The integer of a new segment."""
    if dialect == "pushmail":
        return client.want(201, "POST", "/api/v1/segments", {"name": name, "rules": tree})["data"]["id"]
    if dialect == "mailpanda":
        return client.want(201, "POST", "/api/segments", {"name": name, "rules": tree})["id"]
    client.want(201, "POST", "/segments", {"name": name, "condition": tree})
    return max(s["id"] for s in client.want(200, "GET", "/api/segments"))


def read(client, number):
    """dialect -> (its form of the filter, what it says under x-muster, its count) of one segment."""
    push = client.want(200, "GET", f"/api/v1/segments/{number}")["data"]
    panda = next(s for s in client.want(200, "GET", "/api/segments") if s["id"] == number)
    plunk = next(s for s in client.want(200, "GET", "/segments") if s["name"] == push["name"])
    plunk = client.want(200, "GET", "/segments/" + plunk["id"])
    return {"plunk": (plunk["condition"], plunk.get("x-muster"), plunk["memberCount"]),
            "pushmail": (push["rules"], push.get("x-muster"), push["contactCount"]),
            "mailpanda": (panda["rules"], panda.get("x-muster"), panda["contacts_count"])}, plunk


def addresses(client, number, uuid):
    """dialect -> sorted addresses of a segment's members now."""
    found = {"plunk": [], "pushmail": []}
    for page in range(1, 1000):
        answer = client.want(200, "GET", query(f"/segments/{uuid}/contacts", page=page, pageSize=100))
        found["plunk"] += [c["email"] for c in answer["data"]]
        if page >= answer["totalPages"]:
            break
    for page in range(1, 1000):
        answer = client.want(200, "GET", query(f"/api/v1/segments/{number}/contacts", page=page,
                                               limit=100))["data"]
        found["pushmail"] += [c["email"] for c in answer["contacts"]]
        if page >= answer["pagination"]["totalPages"]:
            break
    found["mailpanda"] = [c["email"] for c in client.want(
        200, "GET", f"/api/segments/contacts?segment_id={number}")]
    return {dialect: sorted(emails) for dialect, emails in found.items()}


def convert(client, source, target, tree):
    answer = client.want(200, "POST", "/segments/convert",
                         {"from": source, "to": target, "filter": tree})
    expect(set(answer) == {"filter", "lossless", "notes"}, answer)
    expect(answer["filter"] is not None and not answer["notes"] if answer["lossless"]
           else answer["notes"], f"lossless, filter and notes do not agree: {json.dumps(answer)}")
    return answer["filter"] if answer["lossless"] else None


# ---- moving over -----------------------------------------------------------------------------------


def fill(client):
    people = [("ann@acme.example", "US", "Acme Inc", ["vip"]), ("bob@globex.example", "DE", "Globex", []),
              ("cyd@acme.example", "US", "acme inc", ["beta"]), ("dan@nowhere.example", None, None, [])]
    for email, country, company, tags in people:
        body = {"email": email, "tags": tags, "firstName": email[:3].title()}
        body.update({k: v for k, v in (("country", country), ("company", company)) if v})
        client.want(201, "POST", "/api/v1/contacts", body)
    client.want(201, "POST", "/api/v1/lists", {"name": "News"})
    client.want(200, "POST", "/api/v1/lists/1/contacts", {"contactIds": [1, 4]})
    at = iso(int(time.time() * 1000) - 3_600_000)
    client.want(200, "POST", "/v1/email-events", {"events": [
        {"email": "ann@acme.example", "type": "opened", "emailId": "1", "timestamp": at}]})
    client.want(200, "POST", "/v1/track", {"email": "dan@nowhere.example", "event": "purchase"})


def attribute(field, op, value):
    return {"type": "attribute", "field": field, "op": op, "value": value}


def plunk(*filters, logic="AND"):
    return {"logic": logic, "groups": [{"filters": list(filters)}]}


# (dialect, filter, members, dialects that can say it too)
STORIES = [
    ("pushmail", {"operator": "AND", "conditions": [
        attribute("status", "eq", "subscribed"), attribute("country", "eq", "US")]},
     ["ann", "cyd"], ["mailpanda"]),
    ("pushmail", {"operator": "OR", "conditions": [
        {"type": "tag", "op": "has", "tagId": 1}, {"type": "list", "op": "in", "listId": 1}]},
     ["ann", "dan"], []),
    ("pushmail", {"operator": "AND", "conditions": [
        {"type": "engagement", "metric": "opened", "op": "within_days", "days": 30},
        {"type": "group", "operator": "OR", "conditions": [
            attribute("country", "eq", "US"), attribute("country", "eq", "FR")]}]}, ["ann"], []),
    ("mailpanda", [{"field": "status", "operator": "equals", "value": "active"},
                   {"field": "company", "operator": "contains", "value": "Inc"}],
     ["ann", "cyd"], ["pushmail"]),
    ("mailpanda", [{"field": "created_at", "operator": "after", "value": "2026-01-01"}],
     ["ann", "bob", "cyd", "dan"], ["pushmail"]),
    ("plunk", plunk({"field": "data.country", "operator": "in", "value": ["US", "DE"]}),
     ["ann", "bob", "cyd"], ["pushmail"]),
    ("plunk", plunk({"field": "event.purchase", "operator": "triggered"}), ["dan"], []),
    ("plunk", {"logic": "AND", "groups": [{"not": True, "filters": [
        {"field": "data.company", "operator": "startsWith", "value": "acme"}]}]}, ["bob", "dan"], []),
    ("plunk", plunk({"field": "tag.1", "operator": "notHas"},
                    {"field": "email", "operator": "contains", "value": "ACME"}), ["cyd"], ["pushmail"]),
]


def moving_over(running):
    """Each segment of three dialects, read in all of them, and made again from what was read."""
    client = running.project("moving over").client()
    fill(client)
    for place, (dialect, tree, members, also) in enumerate(STORIES):
        number = make(client, dialect, f"story {place}", tree)
        forms, plunk_object = read(client, number)
        expect(plunk_object["dialect"] == dialect, f"{dialect}: {plunk_object}")
        expect(forms[dialect][0] == tree, f"{dialect}: not as it was given: {forms[dialect][0]}")
        expect(all(count == len(members) for _, _, count in forms.values()), f"{tree}: {forms}")
        told = addresses(client, number, plunk_object["id"])
        for reader, (form, extra, _) in forms.items():
            expect([e[:3] for e in told[reader]] == members, f"{tree} by {reader}: {told[reader]}")
            said = reader in (dialect, "plunk", *also)
            expect(said == (extra is None), f"{tree} in {reader}: {form}, x-muster {extra}")
            if not said:
                expect(form == EMPTY[reader], f"{tree} in {reader}: {form}")
                expect(extra == forms["plunk"][0], f"{tree} in {reader}: {extra}")
                continue
            again = make(client, reader, f"story {place} from {reader}", form)
            _, copy = read(client, again)
            expect(copy["memberCount"] == len(members), f"{tree} again from {form}")


def two_ids(running):
    """The same object by its UUID and its integer; the other site's are not there."""
    client = running.project("two ids").client()
    client.want(201, "POST", "/contacts", {"email": "a@example.com", "data": {"firstName": "Ann"}})
    uuid = client.want(200, "GET", "/contacts")["data"][0]["id"]
    client.want(200, "PUT", "/api/v1/contacts/1", {"firstName": "Anna"})
    expect(client.want(200, "GET", "/contacts/" + uuid)["data"] == {"firstName": "Anna"}, "Plunk sees it")
    client.want(200, "PUT", "/api/contacts/1", {"name": "A. B."})
    expect(client.want(200, "GET", "/contacts/" + uuid)["data"] ==
           {"firstName": "Anna", "name": "A. B."}, "MailPanda's name is data.name")
    for path in ("/api/v1/contacts/2", "/api/v1/contacts/4294967297", "/api/v1/segments/1",
                 "/api/v1/contacts/0", "/api/v1/contacts/99999999999999999999", "/api/v1/contacts/1x"):
        reply = client.request("GET", path)
        expect(reply.status == 404 and set(reply.json()) == {"error"}, f"{path}: {reply!r}")


SITE_2 = 1 << 32  # integers of the second site begin here


def refused(client, status, method, path, body=None):
    reply = client.request(method, path, body)
    expect(reply.status == status, f"{method} {path} {body}: wanted {status}, got {reply!r}")
    expect(set(reply.json()) == {"error"} and reply.json()["error"], f"{method} {path}: {reply!r}")


def two_sites(running):
    """One account, two sites, and a key for both, for one, or for neither any more."""
    first = running.project("first of two")
    account = running.sql(f"SELECT account_id FROM project WHERE project_id = {first.number}")[0][0]
    second = running.program("muster", "project", "create", "second of two", "--account", account).split()[0]
    both = first.client(running.program("muster", "key", "create", second, "account").split()[-1])
    one, two = first.client(), first.client(
        running.program("muster", "key", "create", second, "secret").split()[-1])
    for site in (1, 2):
        made = both.want(201, "POST", "/api/v1/contacts", {"siteId": site, "email": "a@example.com",
                                                           "tags": ["t"], "customFields": {"s": site}})["data"]
        expect((made["id"], made["siteId"]) == ((site - 1) * SITE_2 + 1, site), made)
        both.want(201, "POST", "/api/v1/segments", {"siteId": site, "name": f"of {site}", "rules": {
            "operator": "AND", "conditions": [{"type": "tag", "op": "has",
                                               "tagId": (site - 1) * SITE_2 + 1}]}})
    for site, client in ((1, one), (2, two)):
        mine, other = (site - 1) * SITE_2 + 1, (2 - site) * SITE_2 + 1
        for kind in ("contacts", "segments", "tags"):
            listed = client.want(200, "GET", f"/api/v1/{kind}")["data"][kind]
            expect([o["id"] for o in listed] == [mine] and listed[0].get("siteId", site) == site, listed)
            expect(both.want(200, "GET", f"/api/v1/{kind}?siteId={site}")["data"][kind] == listed, kind)
        for kind in ("contacts", "segments"):
            expect(both.want(200, "GET", f"/api/v1/{kind}/{mine}")["data"]["id"] == mine, kind)
            client.want(200, "GET", f"/api/v1/{kind}/{mine}?siteId={site}")
            refused(client, 404, "GET", f"/api/v1/{kind}/{other}")
            refused(client, 404, "DELETE", f"/api/v1/{kind}/{other}")
            refused(client, 403, "GET", f"/api/v1/{kind}/{mine}?siteId={3 - site}")
            refused(client, 403, "GET", f"/api/v1/{kind}?siteId={3 - site}")
            refused(both, 403, "GET", f"/api/v1/{kind}?siteId=3")
        refused(client, 403, "POST", "/api/v1/tags", {"siteId": 3 - site, "name": "x"})
        refused(client, 403, "POST", "/api/v1/segments/preview-count", {
            "siteId": 3 - site, "rules": {"operator": "AND", "conditions": [
                {"type": "attribute", "field": "s", "op": "exists"}]}})
        expect(client.want(200, "GET", f"/api/v1/segments/{mine}")["data"]["contactCount"] == 1, "count")
        # The other site's tag is nobody's here.
        told = client.want(200, "POST", "/api/v1/segments/preview-count", {"rules": {
            "operator": "AND", "conditions": [{"type": "tag", "op": "has", "tagId": other}]}})
        expect(told == {"data": {"count": 0}}, told)
    for method, path, body in [("GET", "/api/v1/contacts", None), ("POST", "/api/v1/tags", {"name": "x"}),
                               ("GET", "/api/v1/events", None), ("GET", "/api/v1/sequences", None)]:
        refused(both, 400, method, path, body)
    reply = both.request("GET", "/contacts")
    expect(reply.status == 400 and reply.json()["error"]["code"] == "BAD_REQUEST", f"Plunk: {reply!r}")
    expect([s["name"] for s in both.want(200, "GET", "/api/segments")] == ["of 1"], "MailPanda's first site")
    made = both.want(201, "POST", "/api/v1/api-keys", {"name": "narrow", "siteId": 2})["data"]
    narrow = first.client(made["key"])
    expect([c["data"]["s"] for c in narrow.want(200, "GET", "/contacts")["data"]] == [2], "Plunk by pm_live_")
    expect(narrow.want(200, "GET", "/api/v1/contacts")["data"]["pagination"]["total"] == 1, "PushMail")
    refused(narrow, 404, "GET", "/api/v1/contacts/1")
    wide = both.want(201, "POST", "/api/v1/api-keys", {"name": "wide"})["data"]
    for key in (narrow, two):  # a key for one site makes nothing wider than itself
        own = key.want(201, "POST", "/api/v1/api-keys", {"name": "child"})["data"]
        expect(own["siteId"] == 2, own)
        shown = key.want(200, "GET", "/api/v1/api-keys")["data"]["apiKeys"]
        expect({k["siteId"] for k in shown} == {2}, shown)
        refused(key, 403, "POST", "/api/v1/api-keys", {"name": "x", "siteId": 1})
        refused(key, 404, "DELETE", f"/api/v1/api-keys/{wide['id']}")
        refused(key, 403, "POST", "/api/v1/sites", {"name": "x"})
        refused(key, 404, "PUT", "/api/v1/sites/1", {"name": "x"})
        refused(key, 404, "DELETE", "/api/v1/sites/1")
        refused(key, 403, "DELETE", "/api/v1/sites/2")
    both.want((200, 204), "DELETE", f"/api/v1/api-keys/{made['id']}")
    refused(narrow, 401, "GET", "/api/v1/contacts")
    hashes = running.sql("SELECT COUNT(*) FROM api_key WHERE LOCATE('" + made["key"] + "', CONCAT_WS(' ', name))")
    expect(hashes == [["0"]], "the key's text is stored")
    both.want((200, 204), "DELETE", "/api/v1/sites/2")
    refused(both, 404, "GET", f"/api/v1/contacts/{SITE_2 + 1}")
    expect(two.request("GET", "/contacts").status in (401, 403, 404), "the key of a site that is gone")
    running.program("muster-worker", "all", "--now")
    left = running.sql(f"SELECT COUNT(*) FROM contact WHERE project_id = {second}")
    expect(left == [["0"]], "contacts of a site that is gone")
    expect(len(both.want(200, "GET", "/api/v1/contacts")["data"]["contacts"]) == 1, "the only site needs no siteId")
    made = both.want(201, "POST", "/api/v1/sites", {"name": "third"})["data"]
    expect(made["id"] == 3, f"a number twice: {made}")


def at_once(running):
    """Eight callers with the same wish: one contact, one tag, one deletion, and no 500."""
    project = running.project("at once")
    client = project.client()

    def eight(method, path, bodies):
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            return sorted(pool.map(lambda body: project.client().request(method, path, body).status, bodies))
    for n in range(5):
        body = {"email": f"same{n}@example.com", "tags": [f"new {n}", "shared"], "firstName": "x"}
        told = eight("POST", "/api/v1/contacts", [body] * 8)
        expect(told == [201] + [409] * 7, f"contacts: {told}")
        told = eight("POST", "/api/contacts", [{"email": f"panda{n}@example.com"}] * 8)
        expect(told[0] in (200, 201) and told[1:] == [409] * 7, f"MailPanda's: {told}")
        newest = client.want(200, "GET", "/api/v1/contacts")["data"]["contacts"][0]["id"]
        told = eight("POST", f"/api/v1/contacts/{newest}/tags", [{"tag": f"raced {n}"}] * 8)
        expect(set(told) <= {200, 201}, f"tags: {told}")
    names = sorted(t["name"] for t in client.want(200, "GET", "/api/v1/tags?limit=100")["data"]["tags"])
    expect(names == sorted([f"new {n}" for n in range(5)] + [f"raced {n}" for n in range(5)] + ["shared"]), names)
    client.want(201, "POST", "/api/v1/segments", {"name": "s", "rules": {"operator": "AND", "conditions": [
        {"type": "attribute", "field": "firstName", "op": "exists"}]}})
    told = eight("DELETE", "/api/v1/segments/1", [None] * 8)
    expect(told[0] in (200, 204) and told[1:] == [404] * 7, f"deletions: {told}")
    numbers = [c["id"] for c in client.want(200, "GET", "/api/v1/contacts?limit=100")["data"]["contacts"]]
    expect(sorted(numbers) == sorted(set(numbers)) and len(numbers) == 10, numbers)


# ---- random filters --------------------------------------------------------------------------------


class Rounds:
    def __init__(self, running, seed):
        chance = random.Random(seed)
        now = int(time.time() * 1000)
        self.at = now // 60_000 * 60_000 + 3_600_000
        self.playground = Playground(running, Draw(chance, self.at), now)
        self.playground.populate(chance.choice([10, 40, 90]))
        self.chance, self.client = chance, self.playground.secret
        self.world, self.emails, self.made = None, [], 0

    def run(self, filters):
        done = 0
        while done < filters:
            for _ in range(self.chance.choice([0, 2, 6])):
                self.playground.write()
            self.playground.upkeep()
            self.world = self.playground.world()
            self.emails = [c["email"] for c in self.world.contacts] or ["a@b.c"]
            for _ in range(min(PER_ROUND, filters - done)):
                dialect = self.chance.choice(["plunk", "pushmail", "pushmail", "mailpanda"])
                self.one(dialect, self.draw(dialect))
                done += 1

    def draw(self, dialect):
        draw = self.playground.draw
        if dialect == "pushmail":
            return drawother.pushmail(draw, self.emails, self.playground.sets)
        if dialect == "mailpanda":
            return drawother.mailpanda(draw, self.emails)
        return draw.tree(self.emails, list(self.playground.segments))

    def one(self, dialect, tree):
        try:
            wanted = self.world.members(TO_PLUNK[dialect](tree), self.at)
            canonical = self.same_members(dialect, tree, wanted)
            for target in ("pushmail", "mailpanda"):
                self.said_in(target, dialect, canonical, wanted)
            if self.chance.random() < 0.3:
                self.stored(dialect, tree, wanted)
        except (Unexpected, AssertionError) as failure:
            raise AssertionError(f"{dialect} {json.dumps(tree)}\n  {failure}") from None

    def same_members(self, dialect, tree, wanted):
        canonical = convert(self.client, dialect, "plunk", tree)
        expect(canonical is not None, "Plunk cannot say it")
        self.compare(canonical, wanted, f"as {json.dumps(canonical)}")
        expect(convert(self.client, "plunk", "plunk", canonical) == canonical, "printed twice differs")
        return canonical

    def compare(self, condition, wanted, what):
        count, ids = preview(self.client, condition, self.at)
        expect(count == len(wanted) and (count > 100 or set(ids) == wanted),
               f"{what}: told {count}, wanted {len(wanted)}; "
               f"odd {sorted(set(ids) ^ wanted)[:3]}")

    def said_in(self, target, source, canonical, wanted):
        """Where another dialect can say it, it says the same, and it comes back unchanged."""
        said = convert(self.client, "plunk", target, canonical)
        if said is None:
            expect(source != target, f"{target} cannot say what was written in it")
            return
        meant = self.world.members(TO_PLUNK[target](said), self.at)
        expect(meant == wanted, f"in {target} it is {json.dumps(said)}, which means others")
        back = convert(self.client, target, "plunk", said)
        again = convert(self.client, "plunk", target, back)
        expect(again == said, f"{target}: {json.dumps(said)} comes back as {json.dumps(again)}")
        self.compare(back, wanted, f"and back from {target}")

    def stored(self, dialect, tree, wanted):
        """Made by its own route: comes back as given, and has the same people."""
        self.made += 1
        number = make(self.client, dialect, f"random {self.made}", tree)
        forms, plunk_object = read(self.client, number)
        expect(same(forms[dialect][0], tree), f"read back as {json.dumps(forms[dialect][0])}")
        self.compare(forms["plunk"][0], wanted, "as Plunk reads it")
        ids, page = set(), 1
        while True:
            answer = self.client.want(200, "GET", query(
                f"/segments/{plunk_object['id']}/contacts", page=page, pageSize=100, at=iso(self.at)))
            ids |= {c["id"] for c in answer["data"]}
            if page >= answer["totalPages"]:
                break
            page += 1
        expect(ids == wanted, f"its contacts: odd {sorted(ids ^ wanted)[:3]}")
        self.counted_now(dialect, tree, number)
        self.client.want((200, 204), "DELETE", f"/api/v1/segments/{number}")

    def counted_now(self, dialect, tree, number):
        """What the dialect itself counts, where the clock cannot matter."""
        condition = TO_PLUNK[dialect](tree)
        before = parse_date(self.client.want(200, "GET", "/health")["time"])
        push = self.client.want(200, "GET", f"/api/v1/segments/{number}")["data"]["contactCount"]
        wanted = self.world.members(condition, before)
        if wanted == self.world.members(condition, before + 2000):
            expect(push == len(wanted), f"contactCount {push}, wanted {len(wanted)}")
        if dialect == "pushmail":
            told = self.client.want(200, "POST", "/api/v1/segments/preview-count", {"rules": tree})
            expect(told == {"data": {"count": push}}, f"preview-count {told}, contactCount {push}")


# ---- what is no filter -----------------------------------------------------------------------------

JUNK = [None, True, False, 0, -1, 1.5, 1e308, 2**53, -2**63, 2**64, 4294967297, "", " ", "x", "eq", "AND", "or", "tag",
        "1", "0x1", "2026-02-30", "2026-13-01T00:00:00Z", "\u0000", "\ud7ff", "%", [], [[]], [None], {}, {"a": 1},
        {"type": "attribute"}, {"operator": "AND", "conditions": []}, "a.b", ".", "a..b", "customFields.",
        "customFields", "data.x", "x" * 600, ["x"] * 3, [1, "x"], "status", "email", "opened"]


def places(tree, path=()):
    """Paths of everything in it."""
    yield path
    pairs = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    for key, value in pairs:
        yield from places(value, (*path, key))


def spoil(chance, tree):
    """Something replaced by something else, taken away, doubled or moved."""
    tree = json.loads(json.dumps(tree))
    for _ in range(chance.choice([1, 1, 2, 3])):
        path = chance.choice([p for p in places(tree) if p] or [None])
        if path is None:
            return chance.choice(JUNK)
        *way, last = path
        holder = tree
        for key in way:
            holder = holder[key]
        what = chance.random()
        if what < 0.6:
            holder[last] = json.loads(json.dumps(chance.choice(JUNK)))
        elif what < 0.8:
            del holder[last]
        elif isinstance(holder, list):
            holder.append(json.loads(json.dumps(holder[last])))
        else:
            holder[chance.choice(["op", "operator", "value", "field", "type", "conditions", "days"])] = \
                json.loads(json.dumps(holder[last]))
    return tree if chance.random() < 0.95 else chance.choice(JUNK)


def malformed(running, seed, count):
    """Spoilt filters are refused in a sentence or mean something: nothing else, and nothing is stored."""
    client = running.project("malformed").client()
    client.want(201, "POST", "/contacts", {"email": "a@example.com", "data": {"x": 1}})
    chance = random.Random(seed)
    draw, refused = Draw(chance, int(time.time() * 1000)), 0
    for _ in range(count):
        dialect = chance.choice(["pushmail", "mailpanda"])
        tree = drawother.pushmail(draw, ["a@example.com"], ["tag.1", "list.1", "campaign.1", "sequence.1"]) \
            if dialect == "pushmail" else drawother.mailpanda(draw, ["a@example.com"])
        tree = spoil(chance, tree)
        name = None if chance.random() < 0.05 else "x"
        path = "/api/v1/segments" if dialect == "pushmail" else "/api/segments"
        reply = client.request("POST", path, {"name": name, "rules": tree})
        expect(reply.status in (201, 400), f"{path} {json.dumps(tree)}: {reply!r}")
        refused += reply.status == 400
        if reply.status == 400:
            answer = reply.json()
            expect(set(answer) == {"error"} and len(answer["error"]) > 5, f"{json.dumps(tree)}: {answer}")
            told = client.request("POST", "/segments/convert", {"from": dialect, "to": "plunk", "filter": tree})
            expect(name is None or told.status == 400, f"{json.dumps(tree)}: convert says {told!r}")
        else:
            made = reply.json()
            made = made["data"] if dialect == "pushmail" else made
            expect(made["rules"] == tree or same(made["rules"], tree), f"{json.dumps(tree)}: stored {made}")
            client.want((200, 204), "DELETE", f"/api/v1/segments/{made['id']}")
    expect(client.want(200, "GET", "/segments") == [], "something was stored")
    expect(refused > count / 4, f"only {refused} of {count} were refused")


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--filters", type=int, default=600)
    arguments.add_argument("--seed", type=int, default=None)
    arguments.add_argument("--stack", help="directory of a running stack with --worker manual")
    given = arguments.parse_args()
    seed = given.seed if given.seed is not None else random.SystemRandom().randrange(10**9)
    print(f"seed {seed}", flush=True)
    passed = failed = 0

    def part(name, run):
        nonlocal passed, failed
        try:
            run()
            passed += 1
            print(f"ok   {name}", flush=True)
        except (Unexpected, AssertionError, RuntimeError, LookupError, TypeError, ValueError,
                StopIteration) as failure:
            failed += 1
            print(f"FAIL {name}: {type(failure).__name__}: {str(failure)[:3000]}", flush=True)

    with stack(given.stack) as running:
        part("moving over", lambda: moving_over(running))
        part("two ids", lambda: two_ids(running))
        part("two sites", lambda: two_sites(running))
        part("at once", lambda: at_once(running))
        part(f"malformed filters (again: --seed {seed})", lambda: malformed(running, seed, given.filters))
        worlds = max(1, given.filters // 100)
        for world in range(worlds):
            each = given.filters // worlds
            part(f"random filters (again: --seed {seed + world} --filters {each})",
                 lambda world=world, each=each: Rounds(running, seed + world).run(each))
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
