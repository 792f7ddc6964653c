"""Is a warning of lint true? Judged by whom the parts of the filter take in, among whatever contacts a world has."""
import re

from .explained import event_of
from .naive import NEGATIVE, leaf_matches, lookup, occurrences, where_matches

CODES = {"always_true", "always_false", "contradiction", "unknown_field", "type_mismatch", "duplicate_leaf",
         "unknown_event", "equal_slug"}


def expect(truth, what):
    if not truth:
        raise AssertionError(what)


def groups_of(condition):
    for group in condition["groups"]:
        yield group
        if group.get("conditions") is not None:
            yield from groups_of(group["conditions"])


def part_at(condition, path):
    """(the part of the filter, what it is) that a path names."""
    parts, what, here = path.split("."), "condition", condition
    expect(parts[0] == "condition", f"the path begins with {parts[0]}")
    for part in parts[1:]:
        if isinstance(here, list):
            expect(part.isdigit() and int(part) < len(here), f"{path} is nowhere")
            here = here[int(part)]
        else:
            expect(part in here, f"{path} is nowhere")
            what, here = part, here[part]
    return here, what


def who(world, condition, path, now, inner=False):
    """Whom the part of the filter takes in: ids of contacts or, for a condition of a `where`, occurrences.
    inner: without the group's own `not`."""
    part, _ = part_at(condition, path)
    if ".where" in path:
        leaf, one_of = part_at(condition, path.partition(".where")[0])[0], part if isinstance(part, list) else [part]
        return {(c["id"], n) for c, n, data in happened(world, leaf)
                if all(where_matches(data, w, now) for w in one_of)}
    if "operator" in part:
        return {c["id"] for c in world.contacts if leaf_matches(world, c, part, now)}
    if "logic" not in part:
        part = {"logic": "AND", "groups": [{**part, "not": False} if inner else part]}
    return world.members(part, now)


def happened(world, leaf):
    return [(c, n, data) for c in world.contacts for n, (_, data) in enumerate(occurrences(c, event_of(leaf)))]


def everything(world, condition, path):
    if ".where" not in path:
        return {c["id"] for c in world.contacts}
    return {(c["id"], n) for c, n, _ in happened(world, part_at(condition, path.partition(".where")[0])[0])}


def above(path):
    """The parts of the filter around a path, itself first."""
    parts = path.split(".")
    for length in range(len(parts), 0, -1):
        if parts[length - 1] not in ("groups", "filters"):
            yield ".".join(parts[:length])


def common(*paths):
    """The smallest part around all of these."""
    return next(p for p in above(paths[0]) if all(q == p or q.startswith(p + ".") for q in paths))


def settled(world, tree, path, instants):
    """Whether the part takes in nobody or everybody, whenever it is asked."""
    whole = everything(world, tree, path)
    return any(all(who(world, tree, path, now, inner) == wanted for now in instants)
               for inner in (False, True) for wanted in (set(), whole))


def beside(world, tree, path, now, within):
    """Whom a part takes in who fulfil all that must hold with it, up to the first group that is turned round."""
    left, inner = who(world, tree, path, now, within), path
    for outer in above(path):
        part = part_at(tree, outer)[0]
        if outer == inner or not isinstance(part, dict):
            continue
        if "logic" in part:
            mates = [f"{outer}.groups.{n}" for n in range(len(part["groups"])) if part["logic"] == "AND"]
        else:
            mates = [f"{outer}.filters.{n}" for n in range(len(part.get("filters", [])))]
            mates += [outer + ".conditions"] if part.get("conditions") is not None else []
        for mate in mates:
            if not (inner + ".").startswith(mate + "."):
                left &= who(world, tree, mate, now)
        if part.get("not"):
            break
        inner = outer
    return left


def judge_warning(world, tree, warning, instants):
    code, path = warning["code"], warning["path"]
    expect(set(warning) == {"code", "path", "message"} and code in CODES and warning["message"], "its form")
    part, _ = part_at(tree, path)
    others = re.findall(r"condition(?:\.\w+)*", warning["message"])
    if "at present" in warning["message"]:
        instants = [world.now]
    if code in ("always_true", "always_false"):
        wanted = everything(world, tree, path) if code == "always_true" else set()
        around = common(path, *others) if others else path
        expect(any(all(who(world, tree, around, now, inner) == wanted for now in instants) for inner in (False, True)),
               f"{len(who(world, tree, around, instants[0]))} are in")
    elif code == "contradiction":
        places = [common(path, *others)] if others else list(above(path))
        expect(any(settled(world, tree, p, instants) for p in places) or
               any(not any(beside(world, tree, path, now, within) for now in instants) for within in (False, True)),
               f"{places[0]} is neither nobody nor everybody")
    elif code == "duplicate_leaf":
        expect(others and others[0] != path, "it says not what it repeats")
        expect(all(who(world, tree, path, now) == who(world, tree, others[0], now) for now in instants), "they differ")
    elif code == "unknown_field":
        expect(not who(world, tree, path, world.now) or "not" in part["operator"], "somebody is in")
        if part["field"].startswith("data."):
            expect(all(lookup(c["data"], part["field"][5:]) is None for c in world.contacts), "somebody has it")
    elif code == "unknown_event":
        expect(not happened(world, part), "somebody had it")
    elif code == "type_mismatch" and part["operator"] not in NEGATIVE:
        expect(not who(world, tree, path, world.now), "somebody matches")
