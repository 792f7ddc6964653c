"""Random contacts, writes and legal trees. Everything comes from one random.Random: a seed replays.

Pools are small on purpose: an operand that no contact holds proves little.
"""
from datetime import datetime, timedelta

from .naive import DAY, UNIT_US, parse_date

WORDS = [
    "pro", "Pro", "PRO", "free", "Straße", "STRASSE", "straẞe", "İstanbul", "istanbul", "ISTANBUL",
    "ıstanbul", "ΟΔΟΣ", "οδος", "οδοσ", "ſet", "set", "K", "k", "K", "Å", "å", "Å", "ﬁn", "fin",
    "ŉ", "ᾳ", "ᾼ", "Ǆ", "ǅ", "ǆ", "Ꭰ", "ꭰ", "𐐀", "𐐨", "\U0001f600", "\uffff", "\ue000", "é",
    "e\u0301", "É", "100%", "a_b", "axb", "%", "_", " ", "  pro", "a\tb", 'a"b\\c', "日本", "日本語",
    "5", "5.0", "05", "true", "True", "false", "0", "-0", "1e+300", "null", "10", "9", "zebra",
    "x" * 300, "\x7f", "\u0000a"[1:], "Σ", "σ", "ς", "µ", "μ", "Ω", "ω", "Ω"]
FAR_WORDS = ["z", "é", "\u07ff", "\u0800", "\ue000", "\uffff", "𐐀", "\U0001f600", "pro"]
NUMBERS = [0, -0.0, 1, 2, 5, 5.0, 5.5, -5, 9, 10, 1e300, -1e300, 1e21, 1e20, 1e-7, 0.000001, 0.1,
           123456789012, 9007199254740993, 5e-324, 1.7976931348623157e308, 3.141592653589793, -1]
FIXED_DATES = ["2024-02-29", "2023-02-28", "0001-01-01", "9999-12-31", "1970-01-01",
               "9999-12-31T23:59:59.999Z", "1969-12-31T23:59:59.9999Z", "2024-02-29T23:30-05:00",
               "2025-12-31T23:59:59.999999999Z", "2026-01-01T00:00Z", "2000-01-01T00:00:00+14:00",
               "2026-01-01T00:00:00.0Z"]
NO_DATES = ["2026-02-30", "2026-13-01", "2026-1-1", "2026-01-01t00:00:00z", "2026-01-01T00:00:00",
            "2026-01-01 ", "20260101", "2026-01-01T24:00Z", "2026-01-01T00:00:60Z", "0000-01-01",
            "2026-01-01T00:00+14:01", "2026-01-01T00Z", "pro", "2026-01-01x", "",
            "2026-01-01T00:00:00.1234567890Z", "٢٠٢٦-٠١-٠١"]
PATHS = ["plan", "country", "score", "flag", "day", "tags", "tags", "any", "any", "any", "o", "o.a",
         "o.b.c", "o.flag", "o.day", "ключ", "with space", "A", "a", "__proto__", "o.$x"]
TOP_KEYS = ["plan", "country", "score", "flag", "day", "tags", "any", "o", "ключ", "with space",
            "A", "a", "__proto__"]
EVENTS = ["purchase", "Purchase", "signed up", "日本", "app.opened", "a/b", "refund"]
ACTIVITIES = ["sent", "delivered", "opened", "clicked", "bounced", "complained"]
SPELLINGS = ["sent", "delivery", "delivered", "open", "opened", "click", "clicked", "bounce",
             "bounced", "complaint", "complained"]
STATUSES = ["subscribed", "unsubscribed", "bounced", "complained"]
UNITS = ["minutes", "hours", "days", "weeks"]
# The fractions are no exact doubles: N·unit must come out as whole ms all the same.
AMOUNTS = [0, 0.5, 1, 1.5, 2, 3, 7, 30, 48, 90, 365, 0.1, 1.1, 2.7, 0.7, 0.29, 10000]


def iso(ms):
    at = datetime(1970, 1, 1) + timedelta(milliseconds=ms)
    return f"{at.year:04}-" + at.strftime("%m-%dT%H:%M:%S.") + f"{ms % 1000:03}Z"


class Draw:
    """`at`: the instant (ms) that the drawn dates and events crowd around."""

    def __init__(self, random, at):
        self.random, self.at = random, at
        self.odd = random.choice([0, 0.02, 0.1])  # how often a value is not of its key's kind
        # A few of everything, so that what is stored and what is asked for meet.
        self.more_leaves = []  # makers of leaves that a test adds
        self.sets = []  # fields of what contacts can be in: "tag.1", "list.<uuid>" ...
        self.windows = [(self.pick(AMOUNTS), self.pick(UNITS)) for _ in range(5)]
        self.words = random.sample(WORDS, 14)
        self.numbers = random.sample(NUMBERS, 10)
        self.dates = []
        self.dates = [self.date() for _ in range(6)]
        day = iso(at - 3 * DAY)[:10]
        self.dates += [day, day + "T00:00:00Z", day + "T10:00:00.001Z", day + "T23:30-05:00"]

    def chance(self, share):
        return self.random.random() < share

    def pick(self, pool):
        return self.random.choice(pool)

    # --- values ---

    def edge(self):
        """An instant a window's length away from `at`, or 1 ms beside that."""
        amount, unit = self.pick(self.windows)
        span = min(round(amount * UNIT_US[unit]) // 1000, 400 * 365 * DAY)
        return self.at + self.pick([-1, -1, 1]) * span + self.pick([-1, 0, 0, 0, 1])

    def date(self):
        """A date in one of the two forms."""
        if self.dates and self.chance(0.5):
            return self.pick(self.dates)
        if self.chance(0.25):
            return self.pick(FIXED_DATES)
        ms = self.edge() if self.chance(0.7) else self.at + self.random.randint(-400, 400) * DAY
        text = iso(ms)
        form = self.random.random()
        if form < 0.35:
            return text[:10]
        if form < 0.45:
            return iso(ms + 90 * 60_000)[:-1] + "+01:30"
        if form < 0.5:
            return iso(ms - 5 * 3_600_000)[:-1] + "456-05:00"
        if form < 0.55:
            return text[:19] + "Z"
        if form < 0.6:
            return text[:16] + "Z"
        return text

    def scalar(self):
        return self.pick([self.word, self.word, self.number, self.boolean, self.date])()

    def word(self):
        if self.chance(0.02):
            return "".join(chr(self.pick([*range(32, 127), *range(160, 1400), *range(7680, 8190),
                                          *range(66560, 66640)])) for _ in range(4))
        return self.pick(self.words if self.chance(0.8) else WORDS)

    def number(self):
        return self.pick(self.numbers) if self.chance(0.8) else self.random.randint(-50, 50)

    def boolean(self):
        return self.chance(0.5)

    def list(self):
        pool = self.pick([lambda: self.pick(WORDS[:8]),
                          lambda: self.pick([1, 2, 5, 5.0, "5", True, "true"]),
                          lambda: self.pick(self.dates[-4:]), self.scalar])
        items = [pool() for _ in range(self.random.randint(0, 4))]
        if self.chance(0.15):
            items.append(self.pick([None, [], ["pro"], {"a": 1}, {}, ""]))
        return items

    def value(self, path):
        """Something to store under a path: mostly its own kind, so that few keys are mixed."""
        if self.chance(self.odd):
            return self.pick([None, [], {}, self.scalar(), self.list(), {"a": self.scalar()}])
        if path == "any":
            return self.pick([self.scalar, self.scalar, self.list])()
        if path == "o":
            made = {}
            for key in ("a", "b", "flag", "day", "$x"):
                if self.chance(0.6):
                    made[key] = {"c": self.value("o.b.c")} if key == "b" else self.value("o." + key)
            return made
        if path in ("score", "A"):
            return self.number()
        if path.endswith("flag"):
            return self.boolean()
        if path.endswith("day"):
            return self.pick(NO_DATES) if self.chance(0.2) else self.date()
        if path == "tags":
            return self.list()
        if path == "o.a" and self.chance(0.15):
            return ""
        if path == "country":
            return self.pick(FAR_WORDS)
        return self.word()

    def data(self, share=0.6):
        return {key: self.value(key) for key in TOP_KEYS if self.chance(share)}

    def past(self, now):
        """When an event happened: at an edge, or anywhere, but not after now."""
        ms = self.edge() if self.chance(0.7) else now - self.random.randint(0, 400 * DAY)
        return ms if ms < now - 60_000 else now - self.random.randint(60_000, 90 * DAY)

    # --- trees ---

    def tree(self, emails, segments, depth=0, room=None):
        room = [self.pick([1, 1, 2, 3, 4, 6, 9])] if room is None else room
        groups = [self.group(emails, segments, depth, room)]
        while room[0] > 0 and self.chance(0.6):
            groups.append(self.group(emails, segments, depth, room))
        return {"logic": self.pick(["AND", "OR"]), "groups": groups}

    def group(self, emails, segments, depth, room):
        group = {}
        nested = depth < 14 and room[0] > 1 and self.chance(0.4)
        if not nested or self.chance(0.7):
            group["filters"] = []
            while not group["filters"] or (room[0] > 0 and self.chance(0.4)):
                group["filters"].append(self.leaf(emails, segments))
                room[0] -= 1
        if nested:
            group["conditions"] = self.tree(emails, segments, depth + 1, room)
            if "filters" not in group and self.chance(0.3):
                group["filters"] = []
        if self.chance(0.25):
            group["not"] = self.chance(0.8)
        return group

    def leaf(self, emails, segments):
        if self.more_leaves and self.chance(0.15):
            return self.pick(self.more_leaves)()
        kinds = [(12, self.data_leaf), (5, self.event_leaf), (2, self.activity_leaf),
                 (1, self.subscribed_leaf), (1, self.status_leaf), (2, self.instant_leaf),
                 (2, lambda: self.email_leaf(emails))]
        if segments:
            kinds.append((2, lambda: self.segment_leaf(segments)))
        if self.sets:
            kinds.append((2, self.set_leaf))
        weights, makers = zip(*kinds)
        return self.random.choices(makers, weights)[0]()

    def window(self):
        value, unit = self.pick(self.windows) if self.chance(0.8) else (
            self.pick(AMOUNTS), self.pick(UNITS))
        return {"value": value, "unit": unit}

    def data_leaf(self):
        path = self.pick(PATHS)
        family = self.pick(["equals", "equals", "text", "text", "in", "order", "between",
                            "exists", "empty", "window", "window", "anniversary"])
        if family in ("window", "anniversary") and self.chance(0.7):
            path = self.pick(["day", "o.day"])
        if family == "equals":
            more = {"operator": self.pick(["equals", "notEquals"]),
                    "value": self.list_operand() if path in ("tags", "any") and self.chance(0.3)
                    else self.operand(path)}
        elif family == "text":
            operator = self.pick(["contains", "notContains", "startsWith", "endsWith",
                                  "notStartsWith", "notEndsWith"])
            more = {"operator": operator, "value": self.text_operand(path, operator)}
        elif family == "in":
            more = {"operator": self.pick(["in", "notIn"]),
                    "value": [self.operand(path) for _ in range(self.random.randint(1, 5))]}
        elif family == "order":
            more = {"operator": self.pick(["greaterThan", "greaterThanOrEqual", "lessThan",
                                           "lessThanOrEqual"]), "value": self.ordered(path)}
        elif family == "between":
            more = {"operator": "between", "value": self.range(path)}
        elif family == "exists":
            more = {"operator": self.pick(["exists", "notExists"])}
            if self.chance(0.2):
                more["value"] = self.scalar()
        elif family == "empty":
            more = {"operator": self.pick(["isEmpty", "notEmpty"])}
        elif family == "window":
            more = {"operator": self.pick(["within", "olderThan", "withinNext", "moreThanAhead"]),
                    **self.window()}
        else:
            more = {"operator": "anniversaryWithinNext",
                    "value": self.pick([0, 1, 5, 30, 180, 365, 366])}
            if self.chance(0.5):
                more["unit"] = "days"
        return {"field": "data." + path, **more}

    def operand(self, path):
        """A scalar that `equals` and `in` take."""
        if self.chance(0.15):
            return self.scalar()
        for _ in range(20):
            value = self.value(path)
            if isinstance(value, list) and value:
                value = self.pick(value)
            if isinstance(value, (bool, int, float)):
                return value
            if isinstance(value, str) and not looks_like_a_date_and_is_none(value):
                return value
        return self.scalar()

    def list_operand(self):
        return [v for v in self.list() if isinstance(v, (bool, int, float)) or
                (isinstance(v, str) and not looks_like_a_date_and_is_none(v))]

    def text_operand(self, path, operator):
        value = self.operand(path)
        if "ontains" in operator and path in ("tags", "any") and self.chance(0.5):
            return self.pick([*self.dates[-4:], 5, "5", 1, True, "true"])
        if "ontains" in operator and self.chance(0.7):
            return value
        value = value if isinstance(value, str) else self.word()
        start = self.random.randint(0, len(value))
        part = value[start:start + self.random.randint(1, 4)] if self.chance(0.5) else value
        return part if part else value or "a"

    def ordered(self, path):
        value = self.operand(path)
        return value if not isinstance(value, bool) else self.number()

    def range(self, path):
        for _ in range(50):
            low, high = self.ordered(path), self.ordered(path)
            if family_of(low) == family_of(high):
                if self.chance(0.8) and not isinstance(low, str):
                    low, high = min(low, high), max(low, high)
                return [low, high]
        return [-10, 10]

    def occurrence(self):
        operator = self.pick(["triggered", "notTriggered", "triggeredWithin", "triggeredWithin",
                              "triggeredOlderThan", "notTriggeredWithin", "firstTriggeredWithin",
                              "firstTriggeredOlderThan", "countAtLeast", "countAtLeast", "countAtMost",
                              "countEquals"])
        made = {"operator": operator}
        if operator.startswith("count"):
            made["value"] = self.pick([0, 1, 1, 2, 2, 3, 5])
            if self.chance(0.6):
                made["window"] = self.window()
        elif operator not in ("triggered", "notTriggered"):
            made.update(self.window())
        if self.chance(0.3):
            made["where"] = [self.where() for _ in range(self.pick([1, 1, 2]))]
        return made

    def where(self):
        """A condition on an occurrence's own data."""
        leaf = self.data_leaf()
        return {"property": leaf.pop("field")[5:], **leaf}

    def set_leaf(self):
        return {"field": self.pick(self.sets), "operator": self.pick(["has", "has", "notHas"])}

    def event_leaf(self):
        name = self.pick(EVENTS + ["never", "contact.unsubscribed", "contact.subscribed"])
        made = self.occurrence()
        bare = "." not in name and "riggered" in made["operator"] and self.chance(0.15)
        return {"field": name if bare else "event." + name, **made}

    def activity_leaf(self):
        return {"field": "email." + self.pick(SPELLINGS), **self.occurrence()}

    def subscribed_leaf(self):
        return {"field": "subscribed", "operator": self.pick(["equals", "notEquals"]),
                "value": self.boolean()}

    def status_leaf(self):
        operator = self.pick(["equals", "notEquals", "in", "notIn"])
        value = self.pick(STATUSES) if "quals" in operator else self.random.sample(
            STATUSES, self.random.randint(1, 3))
        return {"field": "status", "operator": operator, "value": value}

    def instant_leaf(self):
        field = self.pick(["createdAt", "updatedAt", "subscribedAt"])
        operator = self.pick(["equals", "notEquals", "greaterThan", "greaterThanOrEqual",
                              "lessThan", "lessThanOrEqual", "between", "within", "olderThan",
                              "withinNext", "moreThanAhead"])

        def instant():
            return self.edge() if self.chance(0.4) else self.date()
        if operator == "between":
            # Both ends in one form: whether a number may stand beside a date is not said.
            value = [self.edge(), self.edge()] if self.chance(0.4) else [self.date(), self.date()]
            return {"field": field, "operator": operator, "value": value}
        if operator in ("within", "olderThan", "withinNext", "moreThanAhead"):
            return {"field": field, "operator": operator, **self.window()}
        return {"field": field, "operator": operator, "value": instant()}

    def email_leaf(self, emails):
        operator = self.pick(["equals", "notEquals", "contains", "notContains", "startsWith",
                              "endsWith", "notStartsWith", "notEndsWith", "in", "notIn"])
        if operator in ("in", "notIn"):
            value = [self.pick(emails) for _ in range(self.random.randint(1, 5))]
        elif operator in ("equals", "notEquals"):
            value = self.pick(emails)
        else:
            whole = self.pick(emails)
            start = self.pick([0, self.random.randint(0, len(whole) - 1)])
            value = whole[start:start + self.random.randint(1, 5)]
            value = whole[-4:] if "nds" in operator and self.chance(0.5) else value
        if isinstance(value, str) and self.chance(0.3):
            value = value.upper() if len(value.upper()) == len(value) else value
        return {"field": "email", "operator": operator, "value": value}

    def segment_leaf(self, segments):
        return {"field": "segment." + self.pick(segments),
                "operator": self.pick(["memberOfSegment", "notMemberOfSegment"])}


def looks_like_a_date_and_is_none(text):
    """Shaped like a date without naming one: a 400 as an operand of equals."""
    shaped = len(text) >= 10 and text[4] == "-" and text[7] == "-" \
        and all(c in "0123456789" for c in text[:4] + text[5:7] + text[8:10]) \
        and text[10:11] in ("", "T")
    return shaped and parse_date(text) is None


def family_of(operand):
    if not isinstance(operand, str):
        return "number"
    return "text" if parse_date(operand) is None else "date"
