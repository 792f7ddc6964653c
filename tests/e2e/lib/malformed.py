"""Conditions that are wrong in a known place: each must be a 400 that names it, never a 500."""
import copy
import json

from .client import query
from .draw import Draw

UUID = "00000000-0000-4000-8000-000000000000"
NO_VALUE = object()


def leaf(field, operator=NO_VALUE, value=NO_VALUE, unit=NO_VALUE):
    made = {"field": field, "operator": operator, "value": value, "unit": unit}
    return {k: v for k, v in made.items() if v is not NO_VALUE}


def bad_leaves():
    yield from (None, 5, "x", [], True)
    yield from ({}, {"operator": "equals", "value": 1}, {"field": "data.a", "value": 1})
    for field in (None, 5, [], {}, "", True):
        yield leaf(field, "equals", "a")
    for operator in (None, 5, [], {}, "", "Equals", "bogus", "constructor", "__proto__"):
        yield leaf("data.a", operator, "a")
    for field in ("plan", "data", "data.", "data..a", "data.a.", "data.a..b", "Data.a", "id",
                  "email.constructor", "email.", "event.", "segment.", "segment.x", "data.a\u0001",
                  "data." + "p" * 513, "tag", "createdat"):
        yield leaf(field, "equals", "a")
    for activity in ("constructor", "received", "Opened", "opens"):
        yield leaf("email." + activity, "triggered")
    # Operators on columns that have none such.
    for operator in ("exists", "notExists", "greaterThan", "isEmpty", "triggered", "between"):
        yield leaf("email", operator, "a")
    yield leaf("email", "within", 3, "days")
    for operator in ("contains", "exists", "in", "greaterThan", "triggered", "startsWith"):
        yield leaf("subscribed", operator, True)
        yield leaf("createdAt", operator if operator != "greaterThan" else "notContains",
                   "2026-01-01")
    for operator in ("contains", "exists", "greaterThan", "triggered", "startsWith", "isEmpty"):
        yield leaf("status", operator, "subscribed")
    for operator in ("equals", "contains", "exists", "greaterThan", "within", "memberOfSegment"):
        yield leaf("event.a", operator, 1, "days")
        yield leaf("email.opened", operator, 1, "days")
    for operator in ("triggered", "equals", "exists", "within", "in"):
        yield leaf("segment." + UUID, operator, 1, "days")
    for operator in ("triggered", "notTriggered", "triggeredWithin", "memberOfSegment",
                     "notMemberOfSegment", "has"):
        yield leaf("data.a", operator, 1, "days")
    # Operands that do not fit.
    for operator in ("equals", "notEquals", "contains", "notContains", "startsWith", "in",
                     "greaterThan", "between", "within"):
        for value in (NO_VALUE, None, {}, {"a": 1}):
            yield leaf("data.a", operator, value, "days" if operator == "within" else NO_VALUE)
    for value in ([], "a", 5, True, [None], [{}], ["a", None], ["a"] * 1001):
        yield leaf("data.a", "in", value)
        yield leaf("data.a", "notIn", value)
    for operator in ("contains", "notContains", "startsWith", "endsWith", "greaterThan", "lessThan",
                     "within", "olderThan"):
        yield leaf("data.a", operator, ["a"], "days" if "n" == operator[-1] else NO_VALUE)
    for operator in ("startsWith", "endsWith", "notStartsWith", "notEndsWith"):
        yield leaf("data.a", operator, 5)
        yield leaf("data.a", operator, True)
    for operator in ("greaterThan", "greaterThanOrEqual", "lessThan", "lessThanOrEqual"):
        for value in (True, False, "2026-02-30", "2026-01-01T25:00Z", "2026-01-01T"):
            yield leaf("data.a", operator, value)
        yield leaf("createdAt", operator, "abc")
        yield leaf("createdAt", operator, True)
    for value in ([], [1], [1, 2, 3], [1, "a"], ["a", 1], [True, False], ["2026-01-01", "x"],
                  ["2026-02-30", "2026-03-01"], [None, 1], [[1], [2]], [{}, {}]):
        yield leaf("data.a", "between", value)
        yield leaf("createdAt", "between", value)
    for value in ("2026-02-30", "2026-01-01T10:00:00", "2026-13-01", "0000-01-01"):
        yield leaf("data.a", "equals", value)
        yield leaf("data.a", "notEquals", value)
        yield leaf("data.a", "in", ["a", value])
        yield leaf("createdAt", "equals", value)
    for operator in ("within", "olderThan", "withinNext", "moreThanAhead"):
        for field in ("data.a", "createdAt", "subscribedAt"):
            for value in (-1, "abc", "3", True, None, 1e12, 3_650_001, -0.5, []):
                yield leaf(field, operator, value, "days")
            for unit in (NO_VALUE, None, "day", "months", 5, [], ""):
                yield leaf(field, operator, 1, unit)
    for operator in ("triggeredWithin", "triggeredOlderThan", "notTriggeredWithin"):
        for field in ("event.a", "email.opened", "bare"):
            for value in (-1, "abc", True, None, NO_VALUE, 1e12, 521_429 * 7):
                yield leaf(field, operator, value, "days" if value != 521_429 * 7 else "weeks")
            yield leaf(field, operator, 1)
    for value in (1.5, -1, 367, "5", None, NO_VALUE, True):
        yield leaf("data.a", "anniversaryWithinNext", value)
    for unit in ("hours", "weeks", "minutes", 5):
        yield leaf("data.a", "anniversaryWithinNext", 5, unit)
    for value in ("true", 1, 0, None, NO_VALUE, [True], {}):
        yield leaf("subscribed", "equals", value)
    for value in ("Subscribed", "active", 1, None, NO_VALUE, ["subscribed"], {}):
        yield leaf("status", "equals", value)
    for value in ("subscribed", [], ["x"], [1], None):
        yield leaf("status", "in", value)
    for value in (5, True, ["a@b.c"], {}, None, NO_VALUE):
        yield leaf("email", "equals", value)
        yield leaf("email", "contains", value)
    for value in ([5], [], "a@b.c", [None]):
        yield leaf("email", "in", value)
    for operator in ("equals", "contains", "startsWith", "greaterThan"):
        yield leaf("data.a", operator, "x" * 4097)
    yield leaf("data.a", "in", ["x" * 4097])


GOOD = {"field": "data.a", "operator": "exists"}


def bad_groups():
    yield from (None, 5, "x", [], True, {}, {"filters": []}, {"filters": {}}, {"filters": "x"},
                {"filters": 5})
    for word in ("true", 1, 0, [], {}):
        yield {"filters": [GOOD], "not": word}
    for nested in bad_conditions():
        if nested is not None:
            yield {"filters": [GOOD], "conditions": nested}
            yield {"conditions": nested}


def bad_conditions():
    yield from (None, 5, "x", [], True)
    for logic in ("and", "XOR", "", 5, None, [], {}):
        yield {"logic": logic, "groups": [{"filters": [GOOD]}]}
    yield {"groups": [{"filters": [GOOD]}]}
    for groups in (None, [], {}, "x", 5):
        yield {"logic": "AND", "groups": groups}
    yield {"logic": "AND"}


def too_much():
    nested = {"logic": "AND", "groups": [{"filters": [GOOD]}]}
    for _ in range(16):
        nested = {"logic": "AND", "groups": [{"conditions": nested}]}
    yield nested
    yield {"logic": "OR", "groups": [{"filters": [GOOD] * 501}]}
    yield {"logic": "OR", "groups": [{"filters": [GOOD]}] * 501}
    long_text = {"field": "data.a", "operator": "equals", "value": "x" * 4000}
    yield {"logic": "AND", "groups": [{"filters": [long_text] * 17}]}


def places(tree, at="condition"):
    """(path, container, key) of every condition, group and leaf below the root."""
    for i, group in enumerate(tree["groups"]):
        here = f"{at}.groups.{i}"
        yield "group", here, tree["groups"], i
        for j in range(len(group.get("filters", []))):
            yield "leaf", f"{here}.filters.{j}", group["filters"], j
        if group.get("conditions"):
            yield "condition", here + ".conditions", group, "conditions"
            yield from places(group["conditions"], here + ".conditions")


JUNK = [None, True, False, 0, -1, 1e308, "", "x", "data.a", [], {}, [[]], {"a": 1}, "AND",
        [None], {"logic": "AND"}, "\u0000", "\ud800", "2026-02-30", {"filters": []}]


def mangle(chance, tree):
    """One random place of a tree becomes junk; nobody can say whether the rest is legal."""
    tree = copy.deepcopy(tree)
    spots = []

    def walk(value):
        for key in list(value) if isinstance(value, dict) else range(len(value)):
            spots.append((value, key))
            if isinstance(value[key], (dict, list)):
                walk(value[key])
    walk(tree)
    for _ in range(chance.choice([1, 1, 2, 5])):
        container, key = chance.choice(spots)
        if isinstance(container, dict) and chance.random() < 0.3:
            container.pop(key, None)
        elif isinstance(container, dict) or key < len(container):
            container[key] = copy.deepcopy(chance.choice(JUNK))
    return tree


def check_malformed(running, chance, count):
    """Lines that say which condition got a wrong answer. Each fixed one is sent at least once when
    `count` allows, in a random place of a random tree."""
    project = running.project("malformed")
    client = project.client()
    draw = Draw(chance, 1_750_000_000_000)
    pools = {"leaf": list(bad_leaves()), "group": list(bad_groups()),
             "condition": list(bad_conditions())}
    todo = [(kind, bad) for kind, pool in pools.items() for bad in pool]
    chance.shuffle(todo)
    wrong = [line for bad in too_much()
             for line in judge(send(client, chance, bad), bad, "condition")]
    for i in range(count):
        tree = draw.tree(["a@example.com"], [])
        if i % 3 == 2:
            bad = mangle(chance, tree)
            reply = send(client, chance, bad, "mangled")
            if reply.status not in (200, 201, 400, 422):
                wrong.append(f"{reply!r} for {json.dumps(bad)[:3000]}")
            continue
        kind, bad = todo[i % len(todo)]
        if kind == "condition" and bad is None:
            continue  # null is as good as nothing, and needing one is judged by the golden cases
        spots = [p for p in places(tree) if p[0] == kind]
        if not spots:
            tree, at = bad, "condition"
        else:
            _, at, container, key = chance.choice(spots)
            container[key] = bad
        wrong += judge(send(client, chance, tree), tree, at)
    stored = client.want(200, "GET", "/segments")
    names = {s["name"] for s in stored}
    if "malformed" in names:
        wrong.append("a malformed condition was stored as a segment")
    return wrong


def send(client, chance, condition, name="malformed"):
    way = chance.random()
    if way < 0.6:
        return client.request("POST", "/segments/preview", {"condition": condition})
    if way < 0.8:
        return client.request("POST", "/segments", {"name": name, "condition": condition})
    text = json.dumps(condition)
    if len(text) > 1500 or condition is None:
        return client.request("POST", "/segments/preview", {"condition": condition})
    reply = client.request("GET", query("/contacts", filter=text))
    reply.by_query = True
    return reply


def judge(reply, condition, at):
    if reply.status not in (400, 422):
        return [f"wanted 400 at {at}, got {reply!r} for {json.dumps(condition)[:3000]}"]
    error = reply.json().get("error", {})
    fields = [e.get("field", "") for e in error.get("errors", [])]
    if not error.get("message"):
        return [f"no message: {reply!r}"]
    if getattr(reply, "by_query", False):
        return []
    if not any(f == at or f.startswith(at + ".") for f in fields):
        return [f"wanted an item at {at}, got {reply!r} for {json.dumps(condition)[:3000]}"]
    return []
