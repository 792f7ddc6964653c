"""Contacts made up around the operands of a filter, to try what lint says can never be, or always is."""
from .explained import event_of, leaves
from .draw import STATUSES, iso
from .naive import DAY, UNIT_US, World, parse_date

SETS = ("tag.", "list.", "campaign.", "sequence.")
MADE_UP = ["", "a", "pro", 0, 5, -1.5, True, False, [], {}, "2026-11-20", None]


class Imagined(World):
    """The segments and names of a world, with other contacts; `mixed`: what each key counts as."""

    def __init__(self, world, mixed):
        super().__init__([], world.segments, world.names)
        self.mixed, self.real = mixed, world

    def is_mixed(self, path):
        return self.real.is_mixed(path) if self.mixed is None else self.mixed


class Inventor:
    """Invents contacts for one filter."""

    def __init__(self, random, world, condition, now):
        self.random, self.world, self.now = random, world, now
        self.leaves, self.segments = [], set()
        self.collect(condition)

    def collect(self, condition):
        for _, leaf in leaves(condition):
            self.leaves.append(leaf)
            if leaf["field"].startswith("segment.") and leaf["field"][8:] not in self.segments:
                self.segments.add(leaf["field"][8:])
                inside = self.world.segments[leaf["field"][8:]]["condition"]
                if inside:
                    self.collect(inside)

    def contact(self):
        chance = self.random
        made = {"id": "x", "email": "x@example.com", "status": chance.choice(STATUSES), "data": {}, "log": {},
                "sets": {s for s in self.segments if chance.random() < 0.5}, "has": set(),
                "createdAt": self.instant(), "updatedAt": self.instant(),
                "subscribedAt": chance.choice([None, self.instant()])}
        for leaf in self.leaves:
            self.live(made, leaf)
        made["events"] = {name: [t for t, _ in log] for name, log in made["log"].items()}
        made["data"] = made["data"] or None
        return made

    def live(self, made, leaf):
        field, chance = leaf["field"], self.random
        name = event_of(leaf)
        if name is not None:
            if name not in made["log"]:
                made["log"][name] = []
            for _ in range(chance.choice([0, 1, 1, 2, 3])):
                made["log"][name].append((min(self.near(self.now, leaf), self.now), self.occurrence(leaf)))
        elif field.startswith("data."):
            if chance.random() < 0.85:
                put(made["data"], field[5:], self.value(leaf, field[5:]))
        elif field.startswith(SETS):
            if chance.random() < 0.5:
                made["has"].add(self.world.names.get(field.lower(), field))
        elif field == "email":
            pool = [leaf["value"]] if isinstance(leaf["value"], str) else list(leaf["value"])
            made["email"] = chance.choice([made["email"], chance.choice(pool), made["email"] + chance.choice(pool),
                                           chance.choice(pool) + made["email"]]).lower()
        elif field in ("createdAt", "updatedAt", "subscribedAt"):
            made[field] = self.near(self.any_instant(leaf), leaf)

    def instant(self):
        return self.now - self.random.choice([0, 1, DAY, 30 * DAY, 400 * DAY])

    def any_instant(self, leaf):
        pool = leaf.get("value")
        for value in pool if isinstance(pool, list) else [pool]:
            at = parse_date(value) if isinstance(value, str) else value
            if "unit" not in leaf and isinstance(at, int) and self.random.random() < 0.6:
                return at
        return self.now

    def near(self, instant, leaf):
        """There, or a window's length away, or a millisecond beside that."""
        spans = [0]
        for part in (leaf, leaf.get("window", {})):
            if part.get("unit") in UNIT_US:
                spans.append(round(part["value"] * UNIT_US[part["unit"]]) // 1000)
        span = min(self.random.choice(spans), 700_000 * DAY)
        return instant + self.random.choice([-1, 1]) * span + self.random.choice([-DAY, -1, 0, 0, 1, DAY])

    def occurrence(self, leaf):
        data = {}
        for condition in leaf.get("where", []):
            if self.random.random() < 0.9:
                put(data, condition["property"], self.value(condition, condition["property"]))
        return data or None

    def value(self, leaf, path):
        """What the operands of all leaves on this key suggest."""
        chance, pool = self.random, []
        for other in [leaf, *self.leaves]:
            mine = [other] if other is leaf or other["field"] == "data." + path else []
            mine += [w for w in other.get("where", []) if w["property"] == path]
            for one in mine:
                operand = one.get("value")
                pool += operand if isinstance(operand, list) else [operand]
                pool += [operand] if isinstance(operand, list) else []
                if "unit" in one or "nniversary" in one["operator"]:
                    at = self.near(self.now, one)
                    pool += [iso(at)] * 3 if 0 < at < 200_000_000_000_000 else []
        value = chance.choice(pool if chance.random() < 0.9 else MADE_UP)
        way = chance.random()
        if way < 0.4:
            return value
        if way < 0.65:
            return self.changed(value)
        if way < 0.85:
            return [self.changed(chance.choice(pool)) if chance.random() < 0.2 else chance.choice(pool)
                    for _ in range(chance.choice([1, 2, 3]))]
        return chance.choice(MADE_UP)

    def changed(self, value):
        chance = self.random
        if isinstance(value, bool) or value is None or isinstance(value, (list, dict)):
            return str(value).lower()
        if isinstance(value, (int, float)):
            return chance.choice([value + 1, value - 1, value + 0.5, str(value), -value])
        at = parse_date(value)
        if at is not None and 0 < at < 200_000_000_000_000 and chance.random() < 0.7:
            return iso(at + chance.choice([-DAY, -1, 0, 1, DAY - 1, DAY]))
        return chance.choice([value + "z", "a" + value, value.upper(), value.lower(), value[:1], value * 2,
                              value + chance.choice(["pro", " ", "é"])])


def put(data, path, value):
    parts = path.split(".")
    for part in parts[:-1]:
        if not isinstance(data.get(part), dict):
            data[part] = {}
        data = data[part]
    if value is None:
        data.pop(parts[-1], None)
    else:
        data[parts[-1]] = value
