"""What an explanation must say, by the naive evaluator: every node's result and datum, and the instant at which
the clock alone turns it."""
from datetime import date

from .draw import iso
from .model import same
from .naive import (ACTIVITY, COUNT, DAY, WINDOWS, in_segment, leaf_matches, lookup, matches, month_and_day,
                    occurrences, parse_date, span_ms, where_matches)

LAST_MS = 253_402_300_799_999  # the end of 9999: what comes after cannot be said
SETS = ("tag.", "list.", "campaign.", "sequence.")
GROUP_KEYS = {"kind", "path", "result", "flipsAt", "children"}
LEAF_KEYS = {"kind", "path", "field", "operator", "result", "actual", "flipsAt"}
LEAF_MAY = {"value", "unit", "window", "where", "mixed"}
NO_VALUE = {"exists", "notExists", "isEmpty", "notEmpty", "triggered", "notTriggered", "has", "notHas",
            "memberOfSegment", "notMemberOfSegment"}
INSTANTS = ("createdAt", "updatedAt", "subscribedAt")


class Wrong(AssertionError):
    pass


# --- when the clock could turn something ---------------------------------------------------------

def turns(world, contact, leaf):
    """Every instant at which this leaf's answer may change for the contact; more than needed."""
    field = leaf["field"]
    if field.startswith("segment."):
        segment = world.segments[field[8:]]
        return set() if segment["type"] == "STATIC" else turns_of(world, contact, segment["condition"])
    name = event_of(leaf)
    if name is not None:
        found = set()
        for at, data in occurrences(contact, name):
            found |= beside(at, leaf) | beside(at, leaf.get("window", {}))
            for condition in leaf.get("where", []):
                found |= value_turns(lookup(data, condition["property"]), condition)
        return found
    if field in INSTANTS:
        return set() if contact[field] is None else beside(contact[field], leaf)
    return value_turns(lookup(contact["data"], field[5:]), leaf) if field.startswith("data.") else set()


def turns_of(world, contact, condition):
    found = set()
    for _, leaf in leaves(condition):
        found |= turns(world, contact, leaf)
    return found


def value_turns(value, leaf):
    if leaf["operator"] not in WINDOWS or not isinstance(value, str) or parse_date(value) is None:
        return set()
    if leaf["operator"] == "anniversaryWithinNext":
        return {Yearly(parse_date(value), int(leaf["value"]))}
    return beside(parse_date(value), leaf)


def beside(instant, leaf):
    span = span_ms(leaf) if "unit" in leaf and leaf.get("operator") != "anniversaryWithinNext" else 0
    return {instant + far + one for far in (-span, 0, span) for one in (0, 1)}


class Yearly:
    """The turns of an anniversary, which come again for ever."""

    def __init__(self, instant, days):
        self.month, self.day = month_and_day(instant // DAY)
        self.days = days

    def after(self, instant):
        """Midnights around the recurrences of the next years; two 29ths of February may be eight years apart."""
        found, first = set(), 1970 + instant // (365 * DAY + DAY // 4) - 2
        for year in range(first, first + 12):
            number = midnight(year, self.month, self.day)
            for shift in (-self.days - 1, -self.days, -self.days + 1, -1, 0, 1, 2):
                found.add((number + shift) * DAY)
        return found


def midnight(year, month, day):
    """Days since 1970; a 29th of February that is none is the 1st of March."""
    again = (year - 2000) // 400  # the calendar repeats, and Python's ends
    return (date(year - 400 * again, month, 1) - date(1970, 1, 1)).days + day - 1 + again * 146_097


def next_flip(evaluate, found, at):
    """The first of these instants after `at` with another answer, or None."""
    instants = {i for i in found if not isinstance(i, Yearly)}
    yearly = [i for i in found if isinstance(i, Yearly)]
    for start in sorted(i for i in {at, *instants} if yearly and at <= i <= LAST_MS):
        for one in yearly:
            instants |= one.after(start)
    now = evaluate(at)
    for instant in sorted(i for i in instants if at < i <= LAST_MS):
        if evaluate(instant) != now:
            return instant
    return None


# --- the tree ------------------------------------------------------------------------------------

def leaves(condition, path="condition"):
    """(path, leaf) of each in the order as written."""
    for g, group in enumerate(condition["groups"]):
        here = f"{path}.groups.{g}"
        for f, leaf in enumerate(group.get("filters", [])):
            yield f"{here}.filters.{f}", leaf
        if group.get("conditions") is not None:
            yield from leaves(group["conditions"], here + ".conditions")


def event_of(leaf):
    """The name of the event that a leaf is about, or None."""
    field = leaf["field"]
    if field.startswith("event."):
        return field[6:]
    if field.startswith("email."):
        return "email." + ACTIVITY[field[6:]]
    bare = "." not in field and ("riggered" in leaf["operator"] or leaf["operator"] in COUNT)
    return field if bare else None


def heard(leaf):
    """A leaf without the operands that its operator ignores."""
    made = {k: v for k, v in leaf.items() if k != "value" or leaf["operator"] not in NO_VALUE}
    if leaf["operator"] == "anniversaryWithinNext":
        made["unit"] = "days"
    return {**made, **({"where": [heard(c) for c in leaf["where"]]} if leaf.get("where") else {})}


class Explained:
    """Checks one answer; `text` is for what is told when it is wrong."""

    def __init__(self, world, contact, at):
        self.world, self.contact, self.at = world, contact, at
        self.nodes = 0

    def demand(self, truth, node, what):
        if not truth:
            raise Wrong(f"{what}\n  node {node}\n  at {iso(self.at)}, contact {self.contact['id']}")

    def check(self, condition, answer):
        """The whole answer about a condition."""
        self.demand(set(answer) == {"member", "at", "tree"}, answer, "the answer has other members")
        wanted = matches(self.world, self.contact, condition, self.at)
        self.demand(answer["at"] == iso(self.at), answer["at"], "another at")
        self.demand(answer["member"] is wanted, answer["tree"], f"member must be {wanted}")
        self.check_tree(condition, answer["tree"], {})
        return wanted

    def check_tree(self, condition, tree, inherited):
        by_path = {**inherited, **dict(leaves(condition))}
        seen = []
        self.node(tree, by_path, seen)
        self.demand(sorted(seen) == sorted(p for p, _ in leaves(condition)), tree,
                    f"other leaves than the filter's: {sorted(seen)}")
        wanted = matches(self.world, self.contact, condition, self.at)
        self.demand(tree["result"] is wanted, tree, f"the tree's result must be {wanted}")
        flip = next_flip(lambda t: matches(self.world, self.contact, condition, t),
                         turns_of(self.world, self.contact, condition), self.at)
        self.flips(tree, flip)

    def flips(self, node, flip):
        wanted = None if flip is None else iso(flip)
        self.demand(node["flipsAt"] == wanted, node, f"flipsAt must be {wanted}")

    def node(self, node, by_path, seen):
        """Checks a node and those below; returns (evaluate, instants at which it may turn)."""
        self.nodes += 1
        if node.get("kind") in ("leaf", "segment"):
            return self.leaf(node, by_path, seen)
        self.demand(node.get("kind") in ("all", "any", "not"), node, "an unknown kind")
        self.demand(set(node) == GROUP_KEYS, node, f"a group has {sorted(GROUP_KEYS)}")
        self.demand(any(p == node["path"] or p.startswith(node["path"] + ".") for p in by_path), node,
                    "no part of the filter has this path")
        parts = [self.node(child, by_path, seen) for child in node["children"]]
        self.demand(parts and (node["kind"] != "not" or len(parts) == 1), node, "too few or many children")
        join = {"all": all, "any": any, "not": lambda answers: not next(iter(answers))}[node["kind"]]

        def evaluate(instant):
            return join(part(instant) for part, _ in parts)
        found = set().union(*(turn for _, turn in parts))
        wanted = evaluate(self.at)
        self.demand(node["result"] is wanted, node, f"its result must be {wanted}")
        self.flips(node, next_flip(evaluate, found, self.at))
        return evaluate, found

    def leaf(self, node, by_path, seen):
        leaf = by_path.get(node.get("path"))
        self.demand(leaf is not None, node, "no leaf of the filter has this path")
        seen.append(node["path"])
        is_segment = leaf["field"].startswith("segment.")
        self.demand((node["kind"] == "segment") == is_segment, node, "the wrong kind for " + leaf["field"])
        must = LEAF_KEYS | ({"segment"} if is_segment else set())
        self.demand(must <= set(node) <= must | LEAF_MAY | {"tree"}, node, f"a leaf has {sorted(must)}")
        self.words(node, leaf)

        def evaluate(instant):
            return leaf_matches(self.world, self.contact, leaf, instant)
        found, wanted = turns(self.world, self.contact, leaf), evaluate(self.at)
        self.demand(node["result"] is wanted, node, f"its result must be {wanted}")
        self.flips(node, next_flip(evaluate, found, self.at))
        self.datum(node, leaf)
        if is_segment:
            self.segment(node, leaf["field"][8:])
        return evaluate, found

    def words(self, node, leaf):
        """As the filter says it."""
        name, operator = event_of(leaf), leaf["operator"]
        field = leaf["field"] if name is None else name if name.startswith("email.") else "event." + name
        if name is not None and leaf["field"].startswith("event."):
            field = leaf["field"]
        same_field = node["field"].split(".")[0] == field.split(".")[0] if field.startswith(SETS) \
            else node["field"] == field
        self.demand(same_field and node["operator"] == operator, node, f"the filter says {field} {operator}")
        if operator not in NO_VALUE and leaf["field"] not in INSTANTS:
            wanted = heard(leaf)
            for key in ("value", "window", "where"):
                self.demand(same(node.get(key), wanted.get(key)), node, f"{key} must be {wanted.get(key)!r}")
        if node.get("mixed"):
            self.demand(leaf["field"].startswith("data.") and self.world.is_mixed(leaf["field"][5:]), node,
                        "the key is not mixed")

    def datum(self, node, leaf):
        actual, field, contact = node["actual"], leaf["field"], self.contact
        name = event_of(leaf)
        if name is not None:
            return self.occurrences(node, leaf, name)
        if field.startswith(SETS + ("segment.",)):
            self.demand(isinstance(actual, dict) and set(actual) == {"member", "enteredAt"}, node,
                        "actual must have member and enteredAt")
            positive = node["result"] == (leaf["operator"] in ("has", "memberOfSegment"))
            entered = contact["entered"].get(field[8:]) if field.startswith("segment.") else None
            self.demand(actual["member"] is positive, node, f"actual.member must be {positive}")
            if field.startswith("segment.") and self.world.segments[field[8:]]["type"] == "STATIC":
                self.demand(actual["enteredAt"] == (entered and iso(entered)), node, f"entered at {entered}")
            return None
        if field.startswith("data."):
            wanted = lookup(contact["data"], field[5:])
        elif field in INSTANTS:
            wanted = None if contact[field] is None else iso(contact[field])
        else:
            wanted = contact["status"] == "subscribed" if field == "subscribed" else contact[field]
        self.demand(same(actual, wanted), node, f"actual must be {wanted!r}")
        return None

    def occurrences(self, node, leaf, name):
        """Those that count: all of the event, or those that the leaf's where and a count's window take."""
        times = sorted(t for t, data in occurrences(self.contact, name) if t <= self.at and all(
            where_matches(data, c, self.at) for c in leaf.get("where", [])))
        if "window" in leaf:
            times = [t for t in times if t >= self.at - span_ms(leaf["window"])]
        actual = node["actual"]
        self.demand(isinstance(actual, dict) and {"count", "first", "last"} <= set(actual), node,
                    "actual must have count, first and last")
        self.demand(actual["count"] == len(times), node, f"actual.count must be {len(times)}")
        if "window" not in leaf:
            wanted = (iso(times[0]), iso(times[-1])) if times else (None, None)
            self.demand((actual["first"], actual["last"]) == wanted, node, f"first, last must be {wanted}")

    def segment(self, node, number):
        segment = self.world.segments[number]
        told = node["segment"]
        self.demand(set(told) == {"id", "name", "type"} and told["id"] == number
                    and told["type"] == segment["type"], node, "another segment")
        if segment["type"] == "STATIC":
            self.demand("tree" not in node, node, "a static segment has no tree")
        elif "tree" in node:
            inside = in_segment(self.world, self.contact, number, self.at)
            self.demand(node["tree"]["result"] is inside, node, f"the segment's own result must be {inside}")
            self.check_tree(segment["condition"], node["tree"], {})
