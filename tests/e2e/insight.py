#!/usr/bin/python3
"""A segment explains itself: explain, diff, overlap, snapshot, audience arithmetic and lint against the naive
evaluator, and every window one millisecond before and after it turns.

    insight.py [--trees 100] [--seed N] [--stack DIR] [CASE ...]
"""
import argparse
import itertools
import json
import random
import re
import sys
import time

from lib import drawother
from lib.client import Unexpected, query
from lib.counterexample import Imagined, Inventor
from lib.draw import Draw, iso
from lib.explained import Explained, next_flip, turns_of
from lib.lab import Lab
from lib.model import same
from lib.naive import DAY, NEGATIVE, WINDOWS, matches, month_and_day
from lib.rows import read
from lib.stack import stack
from lib.warned import expect, groups_of, judge_warning
from lib.windows import windows_of
from lib.world import Playground

MINUTE, HOUR = 60_000, 3_600_000
VERSIONS_KEPT = 200
AUDIENCE_TYPES = ["MARKETING", "TRANSACTIONAL", "HEADLESS"]


def now_ms():
    return int(time.time() * 1000)


def one(leaf, **more):
    return {"logic": "AND", "groups": [{"filters": [leaf], **more}]}


# --- every window, one millisecond before and after ---------------------------------------------

def in_words(condition):
    return json.dumps(condition["groups"][0]["filters"][0])


def clock(running, _given, _seed):
    """For each: what it says one millisecond before and at each instant that the page's words give."""
    project = running.project("clock")
    client, base = project.client(), (now_ms() // MINUTE + 4) * MINUTE
    soon = base + 3 * HOUR
    person = client.want(201, "POST", "/contacts", {"email": "eva@example.com", "data": {
        "soon": iso(soon), "birthday": f"1980-{iso((base // DAY + 10) * DAY)[5:10]}" if month_and_day(
            base // DAY + 10) != (2, 29) else "1980-02-29", "leap": "2000-02-29"}})["id"]
    events = [(base - 10 * DAY, {}), (base - 5 * DAY, {"price": 90}), (base - DAY, {"price": 5, "due": iso(soon)})]
    client.want(200, "POST", "/v1/track/batch", {"events": [
        {"email": "eva@example.com", "event": "buy", "timestamp": iso(t),
         "data": {k: {"value": v, "persistent": False} for k, v in data.items()}} for t, data in events]})
    client.want(200, "POST", "/v1/email-events", {"events": [
        {"email": "eva@example.com", "type": "opened", "emailId": "m1", "timestamp": iso(base - HOUR)}]})
    lab = Lab(running, project.number)
    lab.contact(read(running, project.number).contacts[0]["ordinal"], created=base - DAY, updated=base - DAY,
                subscribed=base - DAY)
    lab.run()
    judge_the_judge(running, project, base)
    wrong, asked = [], 0
    for number, (leaf, instants) in enumerate(windows_of(base)):
        if number == len(windows_of(base)) // 2:
            running.program("muster-worker", "fold", "--now")
        for turned in (False, True):
            try:
                asked += walk(client, person, one(leaf, **({"not": True} if turned else {})), base, instants)
            except (AssertionError, Unexpected) as failure:
                wrong.append(f"{json.dumps(leaf)}{' turned' if turned else ''}: {failure}")
    expect(not wrong, f"{len(wrong)} wrong:\n" + "\n".join(wrong[:6]))
    nested(client, person, base, soon)
    print(f"    {len(windows_of(base))} windows, {asked} questions")


def judge_the_judge(running, project, base):
    """What the random cases are judged by finds the same instants."""
    world = read(running, project.number)
    for leaf, instants in windows_of(base):
        at, condition = base, one(leaf)
        found = turns_of(world, world.contacts[0], condition)
        for instant in [*instants, *([] if "anniversary" in leaf["operator"] else [None])]:
            turn = next_flip(lambda t, c=condition: matches(world, world.contacts[0], c, t), found, at)
            expect(turn == instant, f"the test itself: {json.dumps(leaf)} turns at {turn and iso(turn)}, not "
                                    f"{instant and iso(instant)}")
            at = turn


def walk(client, person, condition, base, instants):
    """Goes from turn to turn, and asks a preview too; returns how many were asked."""
    segment = client.want(201, "POST", "/segments", {"name": "w", "condition": condition})["id"]

    def ask(at):
        answer = client.want(200, "GET", query(f"/segments/{segment}/contacts/{person}/explain", at=iso(at)))
        count = client.want(200, "GET", query(f"/segments/{segment}/contacts", at=iso(at)))["total"]
        expect(count == int(answer["member"]), f"at {iso(at)} the list has {count}, explain says {answer['member']}")
        leaf = answer["tree"]
        while leaf["kind"] != "leaf":
            leaf = leaf["children"][0]
        for node in (answer["tree"], leaf):
            expect(node["flipsAt"] == (iso(following) if following else None),
                   f"at {iso(at)}: flipsAt {node['flipsAt']}, wanted {following and iso(following)} in {node}")
        return answer["member"]
    following = instants[0] if instants else None
    member = ask(base)
    for number, instant in enumerate(instants):
        expect(ask(instant - 1) is member, f"at {iso(instant - 1)} it has turned already")
        following = instants[number + 1] if number + 1 < len(instants) else None
        if following is None and "anniversary" in in_words(condition):
            break  # they come again for ever
        expect(ask(instant) is not member, f"at {iso(instant)} it has not turned")
        member = not member
    client.want(204, "DELETE", "/segments/" + segment)
    return 1 + 2 * len(instants)


def nested(client, person, base, soon):
    """A window in a segment in a segment, turned round, turns the outermost; a side that is false does not."""
    inner = client.want(201, "POST", "/segments", {"name": "inner", "condition": one(
        {"field": "data.soon", "operator": "within", "value": 2, "unit": "hours"})})["id"]
    middle = client.want(201, "POST", "/segments", {"name": "middle", "condition": one(
        {"field": "segment." + inner, "operator": "memberOfSegment"}, **{"not": True})})["id"]
    leaf = {"field": "segment." + middle, "operator": "notMemberOfSegment"}
    for more, instants in ([], [soon, soon + 2 * HOUR + 1]), (
            [{"field": "data.none", "operator": "exists"}], []):
        outer = client.want(201, "POST", "/segments", {"name": "outer", "condition": {
            "logic": "AND", "groups": [{"filters": [leaf, *more]}]}})["id"]
        at = base
        for instant in [*instants, None]:
            tree = client.want(200, "GET", query(f"/segments/{outer}/contacts/{person}/explain", at=iso(at)))["tree"]
            expect(tree["flipsAt"] == (instant and iso(instant)), f"nested, at {iso(at)}: {tree}")
            at = instant


# --- random filters ------------------------------------------------------------------------------

class Site:
    """A playground whose one segment is changed again and again."""

    def __init__(self, running, seed, size):
        self.running, self.random = running, random.Random(seed)
        self.at = now_ms() // MINUTE * MINUTE + HOUR
        self.playground = Playground(running, Draw(self.random, self.at), now_ms())
        self.playground.populate(size)
        self.client = self.playground.secret

    def tree(self, timely=0.0):
        """timely: the share of leaves that are made windows."""
        emails = list(self.playground.model.contacts) or ["a@b.c"]
        tree = self.playground.draw.tree(emails, list(self.playground.segments))
        for group in groups_of(tree):
            group["filters"] = [self.window() if self.random.random() < timely else leaf
                                for leaf in group.get("filters", [])]
        return tree

    def window(self):
        """A leaf that the clock may turn."""
        draw = self.playground.draw
        while True:
            leaf = draw.pick([draw.event_leaf, draw.event_leaf, draw.instant_leaf, draw.data_leaf])()
            if "unit" in leaf or "window" in leaf or leaf["operator"] in WINDOWS:
                return leaf

    def world(self):
        """What the naive evaluator judges by, and all contacts newest first."""
        world = self.playground.world()
        world.contacts.sort(key=lambda c: -c["ordinal"])
        return world

    def disturb(self):
        for _ in range(self.random.choice([0, 1, 4])):
            self.playground.write()
        self.playground.upkeep()


def explain(running, given, seed):
    """Random filters and contacts, edited and diffed, with writes and folds between."""
    site = Site(running, seed, 60)
    client, chance, nodes, asked, turned = site.client, site.random, 0, 0, 0
    for _ in range(12):
        site.playground.track_batch(0)
    before = site.tree()
    segment = client.want(201, "POST", "/segments", {"name": "explained", "condition": before})["id"]
    written = [before]
    world = site.world()
    for number in range(given.trees):
        if number % 5 == 0:
            site.disturb()
            world = site.world()
        if not world.contacts:
            continue
        tree = site.tree(chance.choice([0, 0.5, 1]))
        diff(client, world, segment, before, tree, site)
        version = client.want(200, "PATCH", "/segments/" + segment, {"condition": tree})["version"]
        written = written[:version - 1] + [tree]  # the same in other words is no version
        expect(len(written) == version, f"version {version} after {len(written)} edits")
        before = tree
        for contact in chosen(chance, world, tree, site.at):
            path = f"/segments/{segment}/contacts/{contact['id']}/explain"
            judge = Explained(world, contact, site.at)
            answer = client.want(200, "GET", query(path, at=iso(site.at)))
            try:
                member = judge.check(tree, answer)
            except (AssertionError, KeyError, TypeError) as failure:
                raise AssertionError(f"{failure!r:.1800}\n  filter {json.dumps(tree)}\n  contact "
                                     f"{show(contact)}\n  answer {json.dumps(answer)[:3000]}") from failure
            nodes, asked = nodes + judge.nodes, asked + 1
            turned += at_the_turn(client, path, world, contact, tree, site.at, member)
    in_other_words(client, site)
    check_static(client, world, site)
    check_versions(client, segment, written)
    print(f"    {asked} explained, {nodes} nodes, {turned} turns asked about")


def in_other_words(client, site):
    """A filter of PushMail or MailPanda is explained in the words in which GET /segments/:id shows it."""
    world, draw = site.world(), site.playground.draw
    for number in range(16):
        if number % 2:
            body = {"rules": drawother.mailpanda(draw, list(site.playground.model.contacts))}
        else:
            body = {"rules": drawother.pushmail(draw, list(site.playground.model.contacts), site.playground.sets)}
        client.want(201, "POST", "/api/segments" if number % 2 else "/api/v1/segments", {"name": "other", **body})
        segment = client.want(200, "GET", "/segments")[0]
        for contact in world.contacts[:4]:
            answer = client.want(200, "GET", query(f"/segments/{segment['id']}/contacts/{contact['id']}/explain",
                                                   at=iso(site.at)))
            try:
                Explained(world, contact, site.at).check(segment["condition"], answer)
            except (AssertionError, KeyError, TypeError) as failure:
                raise AssertionError(f"{failure!r:.1500}\n  shown as {json.dumps(segment['condition'])}\n  rules "
                                     f"{json.dumps(body)}\n  answer {json.dumps(answer)[:2000]}") from failure


def chosen(chance, world, tree, at):
    """Some contacts, those whom the clock turns among them."""
    some = chance.sample(world.contacts, min(25, len(world.contacts)))
    turning = [c for c in some if next_flip(lambda t, c=c: matches(world, c, tree, t), {
        t for t in turns_of(world, c, tree) if isinstance(t, int)}, at)]
    return turning[:3] + [c for c in some if c not in turning[:3]][:2]


def show(contact):
    return json.dumps({k: sorted(v) if isinstance(v, set) else v for k, v in contact.items() if k != "events"})[:1500]


def at_the_turn(client, path, world, contact, tree, at, member):
    """One millisecond before the turn, and at it, explain says so itself."""
    turn = next_flip(lambda t: matches(world, contact, tree, t), turns_of(world, contact, tree), at)
    if turn is None or turn - at > 4000 * DAY:
        return 0
    for instant, wanted in ((turn - 1, member), (turn, not member)):
        told = client.want(200, "GET", query(path, at=iso(instant)))
        expect(told["member"] is wanted and told["at"] == iso(instant),
               f"at {iso(instant)} member must be {wanted}: {json.dumps(tree)} {show(contact)}")
    return 1


def diff(client, world, segment, before, after, site):
    """What an edit would do."""
    old, new = world.members(before, site.at), world.members(after, site.at)
    limit = site.random.choice([None, 1, 3, 100])
    body = {"condition": after, "at": iso(site.at), **({} if limit is None else {"limit": limit})}
    told = client.want(200, "POST", f"/segments/{segment}/diff", body)
    expect(set(told) == {"entering", "leaving", "staying", "sample", "tookMs"}, f"diff has {sorted(told)}")
    counts = (told["entering"], told["leaving"], told["staying"])
    expect(counts == (len(new - old), len(old - new), len(old & new)),
           f"diff told {counts}, wanted {(len(new - old), len(old - new), len(old & new))}: {json.dumps(before)} → "
           f"{json.dumps(after)}")
    for side, wanted in (("entering", new - old), ("leaving", old - new)):
        first = [c["id"] for c in world.contacts if c["id"] in wanted][:limit or 10]
        sample = told["sample"][side]
        expect([c["id"] for c in sample] == first, f"sample.{side} told {sample}, wanted {first}")
        expect(all({"email", "subscribed", "data", "createdAt"} <= set(c) for c in sample), f"no contacts: {sample}")


def check_static(client, world, site):
    """A static segment is a tree of one leaf."""
    for number, segment in site.playground.segments.items():
        if segment["type"] != "STATIC":
            continue
        for contact in world.contacts[:12]:
            told = client.want(200, "GET", f"/segments/{number}/contacts/{contact['id']}/explain")
            inside = number in contact["sets"]
            expect(told["member"] is inside and told["tree"]["result"] is inside, f"{told} of {show(contact)}")
            expect(told["tree"]["flipsAt"] is None and told["tree"]["actual"]["member"] is inside, told)
            entered = contact["entered"].get(number)
            expect(told["tree"]["actual"]["enteredAt"] == (entered and iso(entered)), told)


def check_versions(client, segment, written):
    """Each edit is a version, the newest first, as it was written."""
    told, page = [], 1
    while True:
        answer = client.want(200, "GET", query(f"/segments/{segment}/versions", page=page, pageSize=20))
        told += answer["data"]
        if page >= answer["totalPages"]:
            break
        page += 1
    kept = written[::-1][:VERSIONS_KEPT]
    odd = [f"{json.dumps(v['condition'])} was written as {json.dumps(w)}" for v, w in zip(told, kept)
           if not same(v["condition"], w)]
    expect(not odd and len(told) == answer["total"] == len(kept),
           f"{len(told)} versions told, {answer['total']} in all, {len(written)} written\n{odd[:1]}")
    numbers = [v["version"] for v in told]
    expect(numbers == sorted(set(numbers), reverse=True) and [v["current"] for v in told] == [True] + [False] * (
        len(told) - 1), f"versions {numbers}")
    current = client.want(200, "GET", "/segments/" + segment)["version"]
    expect(numbers[0] == current, f"the segment says version {current}, the list {numbers[0]}")
    old = told[len(told) // 2]
    restored = client.want(200, "POST", f"/segments/{segment}/versions/{old['version']}/restore")
    expect(restored["condition"] == old["condition"] and (
        restored["version"] > current or old["condition"] == written[-1]), f"restored {restored}")


# --- several segments at once --------------------------------------------------------------------

def agreed(site, of):
    """(value, when): `of(world, now)` when it is the same a minute around now, else None."""
    world = site.world()
    values = [of(world, world.now + off) for off in (0, MINUTE)]
    return values[0] if values[0] == values[1] else None


def together(running, _given, seed):
    """Overlaps, audiences and snapshots of random segments are the naive evaluator's sets."""
    site = Site(running, seed + 1, 95)
    client, chance = site.client, site.random
    for _ in range(7):
        site.playground.add_segment(site.tree())
    add_rules(client, chance, list(site.playground.model.contacts))
    tally = {"overlaps": 0, "audiences": 0, "snapshots": 0}
    for number in range(12):
        if number % 3 == 0:
            site.disturb()
        tally["overlaps"] += overlap(site)
        for _ in range(4):
            tally["audiences"] += audience(site)
        if number % 3 == 1:
            tally["snapshots"] += snapshot(site)
    expect(min(tally.values()) > 0, tally)
    print("    " + ", ".join(f"{count} {what}" for what, count in tally.items()))


def overlap(site):
    ids = site.random.sample(list(site.playground.segments), site.random.choice([2, 3, 3, 4, 10]))
    sets = agreed(site, lambda world, now: [inside(world, i, now) for i in ids])
    if sets is None:
        return 0
    told = site.client.want(200, "POST", "/segments/overlap", {"segmentIds": ids})
    everybody = set().union(*sets)
    wanted = []
    for size in range(1, len(ids) + 1):
        for some in itertools.combinations(range(len(ids)), size):
            exactly = [c for c in everybody if [n for n in range(len(ids)) if c in sets[n]] == list(some)]
            wanted.append({"in": [ids[n] for n in some], "count": len(exactly)})
    expect(told == {"total": len(everybody), "regions": wanted,
                    "sizes": [{"id": i, "count": len(s)} for i, s in zip(ids, sets)]},
           f"overlap of {len(ids)}: total {told.get('total')}, wanted {len(everybody)}; sizes {told.get('sizes')}, "
           f"wanted {[len(s) for s in sets]}; regions that differ: "
           f"{[(t, w) for t, w in zip(told['regions'], wanted) if t != w][:4]}")
    return 1


def inside(world, segment_id, now):
    return world.members(one({"field": "segment." + segment_id, "operator": "memberOfSegment"}), now)


def add_rules(client, chance, emails):
    some = chance.sample(emails, 3)
    for kind, pattern in [("ADDRESS", some[0].upper() if some[0].isascii() else some[0]), ("ADDRESS", some[1]),
                          ("DOMAIN", "Mail.example.ORG"), ("PREFIX", "bob"), ("SUFFIX", "7@example.com"),
                          ("WILDCARD", "*1*@exam*e.com"), ("WILDCARD", "k*@*.org")]:
        client.want(201, "POST", "/suppressions", {"name": kind, "kind": kind, "pattern": pattern,
                                                   "enabled": kind != "DOMAIN" or chance.random() < 0.3})


def held_back(rules, address):
    for rule in rules:
        pattern = rule["pattern"]  # told with its ASCII letters in lower case, as addresses are
        if rule["enabled"] and {
                "ADDRESS": address == pattern, "DOMAIN": address.rpartition("@")[2] == pattern,
                "PREFIX": address.startswith(pattern), "SUFFIX": address.endswith(pattern),
                "WILDCARD": re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), address, re.S) is not None,
        }[rule["kind"]]:
            return True
    return False


def audience(site):
    chance, segments = site.random, list(site.playground.segments)
    body = {"audienceType": chance.choice(["ALL", "SEGMENT", "FILTERED"])}
    if chance.random() < 0.8:
        body["type"] = chance.choice(AUDIENCE_TYPES)
    if body["audienceType"] == "SEGMENT":
        body["segmentId"] = chance.choice(segments)
        condition = one({"field": "segment." + body["segmentId"], "operator": "memberOfSegment"})
    elif body["audienceType"] == "FILTERED":
        condition = body["condition"] = site.tree()
    else:
        condition = one({"field": "email", "operator": "contains", "value": "@"})
    if chance.random() < 0.7:
        body["excludeSegmentIds"] = chance.sample(segments, chance.choice([0, 1, 2, min(10, len(segments))]))
    rules = site.client.want(200, "GET", "/suppressions")

    def arithmetic(world, now):
        left = {c["id"]: c for c in world.contacts}
        matched = world.members(condition, now)
        gone = {"matched": len(matched)}
        left = {i: c for i, c in left.items() if i in matched}
        outside = set().union(*(inside(world, i, now) for i in body.get("excludeSegmentIds", [])))
        for what, drops in (
                ("unsubscribed", lambda c: body.get("type") != "TRANSACTIONAL" and c["status"] != "subscribed"),
                ("suppressed", lambda c: held_back(rules, c["email"])), ("excluded", lambda c: c["id"] in outside)):
            stay = {i: c for i, c in left.items() if not drops(c)}
            gone[what], left = len(left) - len(stay), stay
        return {**gone, "willReceive": len(left)}
    wanted = agreed(site, arithmetic)
    if wanted is None:
        return 0
    told = site.client.want(200, "POST", "/audience/preview", body)
    expect(told == wanted, f"{json.dumps(body)}: told {told}, wanted {wanted}")
    return 1


def snapshot(site):
    chosen = site.random.choice(list(site.playground.segments))
    wanted = agreed(site, lambda world, now: inside(world, chosen, now))
    if wanted is None:
        return 0
    begun = now_ms()
    made = site.client.want(201, "POST", f"/segments/{chosen}/snapshot", {"name": "copy"})
    expect(made["type"] == "STATIC" and made["memberCount"] == len(wanted) and made["condition"] is None, made)
    world = read(site.running, site.playground.project.number)
    entered = {c["id"]: c["entered"][made["id"]] for c in world.contacts if made["id"] in c["sets"]}
    expect(set(entered) == wanted, f"{len(entered)} members are stored, {len(wanted)} wanted")
    expect(all(begun - 1000 <= t <= now_ms() + 1000 for t in entered.values()), f"entered {entered}")
    page = site.client.want(200, "GET", f"/segments/{made['id']}/contacts?pageSize=100")
    expect(page["total"] == len(wanted) and {c["id"] for c in page["data"]} <= wanted, page["total"])
    site.client.want(204, "DELETE", "/segments/" + made["id"])
    return 1


# --- lint ----------------------------------------------------------------------------------------

INVENTED = 25  # contacts for each filter, three times
PROOFS = ("always_true", "always_false", "contradiction", "duplicate_leaf")


def lint(running, given, seed):
    """A warning is never false: what cannot be has no members, at no instant; what always is has all."""
    site = Site(running, seed + 2, 95)
    site.disturb()
    world, found, invented = site.world(), {}, 0
    instants = [site.at, site.at + 40 * DAY, site.at + 4000 * DAY]
    for _ in range(given.trees * 6):
        tree = narrowed(site)
        warnings = site.client.want(200, "POST", "/segments/lint", {"condition": tree})["warnings"]
        for warning in warnings:
            found[warning["code"]] = found.get(warning["code"], 0) + 1
            try:
                judge_warning(world, tree, warning, instants)
            except AssertionError as failure:
                raise AssertionError(f"{failure}: {warning}\n  filter {json.dumps(tree)}") from failure
        proved = [w for w in warnings if w["code"] in PROOFS and ".where" not in w["path"]]
        invented += len(proved) and invent(site, world, tree, proved)
    told = ", ".join(f"{count} {code}" for code, count in sorted(found.items()))
    print(f"    {told}; {invented} contacts invented")
    expect(found, "no warning at all")


def invent(site, world, tree, proved):
    """What is proved must hold for whatever contact may come, whether the keys count as text or not."""
    inventor = Inventor(site.random, world, tree, site.at)
    for mixed in (None, True, False):
        imagined = Imagined(world, mixed)
        imagined.contacts, imagined.now = [{**inventor.contact(), "id": str(n)} for n in range(INVENTED)], now_ms()
        for warning in proved:
            try:
                judge_warning(imagined, tree, warning, [site.at])
            except AssertionError as failure:
                raise AssertionError(f"{failure} (mixed: {mixed}): {warning}\n  filter {json.dumps(tree)}\n  of "
                                     f"{[show(c) for c in imagined.contacts][:3]}") from failure
    return 3 * INVENTED


def narrowed(site):
    """A random tree in which some leaf stands twice, turned round, or against another of its field."""
    tree, chance = site.tree(), site.random
    holders = [g for g in groups_of(tree) if g.get("filters")]
    group = chance.choice(holders)
    leaf = chance.choice(group["filters"])
    turned = {v: k for k, v in NEGATIVE.items()} | NEGATIVE | {
        "exists": "notExists", "notExists": "exists", "isEmpty": "notEmpty", "triggered": "notTriggered",
        "notTriggered": "triggered", "has": "notHas", "notHas": "has", "memberOfSegment": "notMemberOfSegment",
        "greaterThan": "lessThanOrEqual", "lessThan": "greaterThanOrEqual", "within": "olderThan",
        "triggeredWithin": "notTriggeredWithin", "countAtLeast": "countAtMost"}
    way = chance.random()
    if way < 0.2:
        group["filters"].append(dict(leaf))
    elif way < 0.5 and leaf["operator"] in turned:
        other = {**leaf, "operator": turned[leaf["operator"]]}
        if chance.random() < 0.5:
            group["filters"].append(other)
        else:
            tree["groups"].append({"filters": [other]})
    elif way < 0.7:
        drawn = (site.playground.draw.leaf(list(site.playground.model.contacts), list(site.playground.segments))
                 for _ in range(60))
        group["filters"] += [other for other in drawn if other["field"] == leaf["field"]][:1]
    elif way < 0.8:
        group["filters"].append({"field": "data.nowhere", "operator": "exists"})
    return tree


# --- the command line ----------------------------------------------------------------------------

def command_line(running, _given, _seed):
    """`muster explain` says the same as the API, in words."""
    project = running.project("told in words")
    client = project.client()
    client.want(201, "POST", "/contacts", {"email": "ann@example.com", "data": {"plan": "pro", "end": iso(
        now_ms() + 2 * HOUR)}})
    inner = client.want(201, "POST", "/segments", {"name": "Inner part", "type": "STATIC"})["id"]
    segment = client.want(201, "POST", "/segments", {"name": "Told", "condition": {"logic": "OR", "groups": [
        {"filters": [{"field": "data.plan", "operator": "equals", "value": "free"},
                     {"field": "data.end", "operator": "within", "value": 1, "unit": "hours"}]},
        {"filters": [{"field": "segment." + inner, "operator": "memberOfSegment"}]},
        {"not": True, "filters": [{"field": "event.buy", "operator": "triggered"}]}]}})["id"]

    def ask(*more, good=True):
        try:
            return running.program("muster", "explain", *more, "--project", str(project.number))
        except RuntimeError as failure:
            expect(not good, failure)
            return str(failure)
    text = ask(segment, "ann@example.com")
    for word in ("data.plan", "equals", "free", "pro", "data.end", "Inner part", "event.buy"):
        expect(word in text, f"{word} is not in\n{text}")
    flip = client.want(200, "GET", f"/segments/{segment}/contacts/{ids(client)[0]}/explain")
    leaf = flip["tree"]["children"][0]["children"][1]
    expect(leaf["flipsAt"][:16].replace("T", " ") in text.replace("T", " "), f"{leaf['flipsAt']} is not in\n{text}")
    later = ask(segment, "ANN@example.com", "--at", iso(now_ms() + 2 * HOUR + MINUTE))
    expect(later != text, f"the same at another time:\n{later}")
    for more, word in (((segment, "nobody@example.com"), "nobody@example.com"),
                       (("3f2504e0-4f89-41d3-9a0c-0305e82c3301", "ann@example.com"), "egment"),
                       ((segment, "ann@example.com", "--at", iso(now_ms() - HOUR)), ""),
                       ((segment, "ann@example.com", "--at", "soon"), ""), ((segment,), ""), ((), "")):
        told = ask(*more, good=False)
        expect("exit 0" not in told and "exit " in told and word in told, f"explain {more}: {told}")


def ids(client):
    return [c["id"] for c in client.want(200, "GET", "/contacts")["data"]]


CASES = [clock, explain, together, lint, command_line]


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--stack", help="directory of a running stack with --worker manual")
    arguments.add_argument("--trees", type=int, default=100)
    arguments.add_argument("--seed", type=int, default=None)
    arguments.add_argument("cases", nargs="*")
    given = arguments.parse_args()
    seed = given.seed if given.seed is not None else random.SystemRandom().randrange(10**9)
    print(f"seed {seed}", flush=True)
    passed = failed = 0
    with stack(given.stack) as running:
        for case in CASES:
            if given.cases and case.__name__ not in given.cases:
                continue
            begun = time.monotonic()
            try:
                case(running, given, seed)
                passed += 1
                print(f"ok   {case.__name__} ({time.monotonic() - begun:.1f} s)", flush=True)
            except (AssertionError, Unexpected, RuntimeError) as failure:
                failed += 1
                print("FAIL", case.__name__, str(failure)[:6000], flush=True)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
