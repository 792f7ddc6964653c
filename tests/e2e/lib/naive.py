"""The naive evaluator: who is in, straight from spec/filters.md, one contact at a time.

It shares no code and no reading with the engine. Everything is a plain Python value; nothing is
cached but the set of mixed keys. When it and the engine disagree, one of them misread the page.

A contact is a dict:
    id, email, status            text
    createdAt, updatedAt         ms since 1970, UTC
    subscribedAt                 ms, or None: never subscribed
    data                         the JSON object, or None
    events                       {event name: [ms, ...]}; email activities are "email.opened" ...
    log                          {event name: [(ms, the occurrence's own data or None), ...]}: the
                                 same occurrences; may be left out where no filter has a `where`
    sets                         ids of the static segments that it is a member of
    has                          what else it is in: {"tag.1", "list.3", "campaign.2", "sequence.1"},
                                 by the integer that the API shows
A segment is a dict: type "STATIC" or "DYNAMIC", condition (for DYNAMIC).
Conditions are Plunk's JSON and must be legal: judging them is not this module's work. What the other
two dialects say is turned into that by otherwords.py.

Where the page leaves room, this is the reading:
 1. List elements compare as `equals` does on an unmixed key, for contains as for in: a date
    operand finds every element on that day or at that instant. `equals` with a list is "exactly
    this list": there a date is the text that it is.
 2. The mixed rule leaves lists alone altogether: their elements keep their types.
 3. Elements of a list make no key mixed; only scalars that stand under the key itself do.
 4. A string operand that is no date is ordered against every stored string, dates among them.
 5. N·unit is rounded to the nearest microsecond first, so that 0.1 hours are six minutes.
 6. "years 0001-9999" is about the text: a date with an offset may be an instant just outside.
 7. An operand that is ignored (exists, isEmpty ...) may be anything.
 8. `where` looks at one occurrence's data as a leaf looks at a contact's, under the presence rule, but
    is never mixed. With it `last`, `first` and counts are those of the occurrences that satisfy it.
 9. A window of a count is [now - N·unit, now], both ends inside.
"""
import re
from datetime import date, timedelta
from fractions import Fraction

DAY = 86_400_000
UNIT_US = {"minutes": 60_000_000, "hours": 3_600_000_000, "days": 86_400_000_000,
           "weeks": 604_800_000_000}

NEGATIVE = {  # negative operator -> the positive one
    "notEquals": "equals", "notContains": "contains", "notIn": "in",
    "notStartsWith": "startsWith", "notEndsWith": "endsWith"}

ACTIVITY = {  # every spelling -> the one the events are kept under
    "sent": "sent", "delivery": "delivered", "delivered": "delivered",
    "open": "opened", "opened": "opened", "click": "clicked", "clicked": "clicked",
    "bounce": "bounced", "bounced": "bounced", "complaint": "complained",
    "complained": "complained"}

# Operators that the mixed rule turns into text comparisons.
TEXT_WHEN_MIXED = {"equals", "in", "contains", "startsWith", "endsWith"}


class World:
    """Everything one project holds at one instant."""

    def __init__(self, contacts, segments=None, names=None):
        self.contacts = contacts
        self.segments = segments or {}
        self.names = names or {}  # "tag.<uuid>" -> "tag.<integer>", and so on
        self._mixed = {}

    def members(self, condition, now):
        """Ids of the contacts that a condition takes in at `now` (ms)."""
        return {c["id"] for c in self.contacts if matches(self, c, condition, now)}

    def is_mixed(self, path):
        """Do the contacts hold two or more scalar types under this key now?"""
        if path not in self._mixed:
            kinds = {kind(lookup(c["data"], path)) for c in self.contacts}
            self._mixed[path] = len(kinds & {"string", "number", "bool"}) >= 2
        return self._mixed[path]


# --- the tree -----------------------------------------------------------------------------------

def matches(world, contact, condition, now):
    results = (group_matches(world, contact, g, now) for g in condition["groups"])
    return all(results) if condition["logic"] == "AND" else any(results)


def group_matches(world, contact, group, now):
    result = all(leaf_matches(world, contact, f, now) for f in group.get("filters", []))
    if result and group.get("conditions") is not None:
        result = matches(world, contact, group["conditions"], now)
    return not result if group.get("not", False) else result


def leaf_matches(world, contact, leaf, now):
    field, operator = leaf["field"], leaf["operator"]
    if field.startswith("data."):
        return data_matches(world, contact, field[5:], leaf, now)
    if field.startswith("event."):
        return occurrence_matches(occurrences(contact, field[6:]), leaf, now)
    if field.startswith("email."):
        return occurrence_matches(occurrences(contact, "email." + ACTIVITY[field[6:]]), leaf, now)
    if field.startswith(("tag.", "list.", "campaign.", "sequence.")):
        inside = world.names.get(field.lower(), field) in contact.get("has", ())
        return inside if operator == "has" else not inside
    if field.startswith("segment."):
        inside = in_segment(world, contact, field[8:], now)
        return inside if operator == "memberOfSegment" else not inside
    if field == "email":
        return email_matches(contact["email"], leaf)
    if field == "subscribed":
        return ((contact["status"] == "subscribed") == leaf["value"]) == (operator == "equals")
    if field == "status":
        return status_matches(contact["status"], operator, leaf["value"])
    if field in ("createdAt", "updatedAt", "subscribedAt"):
        return instant_matches(contact[field], leaf, now)
    if "riggered" in operator:  # a bare name with a triggered operator is that event
        return occurrence_matches(occurrences(contact, field), leaf, now)
    raise ValueError("no such field: " + field)


def in_segment(world, contact, segment_id, now):
    segment = world.segments[segment_id]
    if segment["type"] == "STATIC":
        return segment_id in contact["sets"]
    return matches(world, contact, segment["condition"], now)


# --- built-in fields ----------------------------------------------------------------------------

def email_matches(address, leaf):
    operator, value = leaf["operator"], leaf["value"]
    if operator in NEGATIVE:  # an address is never absent
        return not email_matches(address, {**leaf, "operator": NEGATIVE[operator]})
    if operator == "equals":
        return fold(address) == fold(value)
    if operator == "in":
        return any(fold(address) == fold(v) for v in value)
    return text_matches(operator, address, value)


def status_matches(status, operator, value):
    return {"equals": status == value, "notEquals": status != value,
            "in": status in value, "notIn": status not in value}[operator]


def instant_matches(instant, leaf, now):
    if instant is None:
        return False
    operator = leaf["operator"]
    if operator == "notEquals":
        return not instant_matches(instant, {**leaf, "operator": "equals"}, now)
    if operator == "equals":
        return equals_date(instant, leaf["value"])
    if operator == "between":
        low, high = leaf["value"]
        return operand_ms(low) <= instant <= operand_ms(high)
    if operator in ORDER:
        return ORDER[operator](instant, operand_ms(leaf["value"]))
    return window_matches(instant, leaf, now)


def operand_ms(value):
    return parse_date(value) if isinstance(value, str) else value


# --- data ---------------------------------------------------------------------------------------

def lookup(data, path):
    """The value under a dotted path, or None when it is missing or null."""
    value = data
    for part in path.split("."):
        if not isinstance(value, dict):
            return None
        value = value.get(part)
    return value


def kind(value):
    if value is None:
        return "absent"
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, (int, float)):
        return "number"
    if isinstance(value, str):
        return "string"
    return "list" if isinstance(value, list) else "object"


def data_matches(world, contact, path, leaf, now):
    value, operator = lookup(contact["data"], path), leaf["operator"]
    if operator == "exists":
        return value is not None
    if operator == "notExists":
        return value is None
    if value is None:  # the presence rule
        return False
    mixed = world.is_mixed(path)
    if operator in NEGATIVE:
        return not value_matches(value, NEGATIVE[operator], leaf, mixed, now)
    return value_matches(value, operator, leaf, mixed, now)


def value_matches(value, operator, leaf, mixed, now):
    """A positive operator on a value that is there."""
    if operator == "isEmpty":
        return kind(value) in ("string", "list") and len(value) == 0
    if operator == "notEmpty":
        return kind(value) in ("string", "list") and len(value) > 0
    if operator in WINDOWS:
        return kind(value) == "string" and parse_date(value) is not None \
            and window_matches(parse_date(value), leaf, now)
    operand = leaf["value"]
    if kind(value) == "object":
        return False
    if kind(value) == "list":
        return list_matches(value, operator, operand)
    if mixed and operator in TEXT_WHEN_MIXED:
        return as_text_matches(as_text(value), operator, operand)
    if operator == "equals":
        return scalar_equals(value, operand)
    if operator == "in":
        return any(scalar_equals(value, o) for o in operand)
    if operator in ("contains", "startsWith", "endsWith"):
        return kind(value) == "string" and kind(operand) == "string" \
            and text_matches(operator, value, operand)
    if operator == "between":
        low, high = operand
        return ordered(value, low, ORDER["greaterThanOrEqual"]) \
            and ordered(value, high, ORDER["lessThanOrEqual"])
    return ordered(value, operand, ORDER[operator])


def list_matches(value, operator, operand):
    if operator == "equals":
        return kind(operand) == "list" and len(value) == len(operand) \
            and all(same_scalar(v, o) for v, o in zip(value, operand))
    if operator == "contains":
        return any(scalar_equals(v, operand) for v in value)
    if operator == "in":
        return any(scalar_equals(v, o) for v in value for o in operand)
    return False


def scalar_equals(value, operand):
    """`equals` between a stored scalar and an operand: no type turns into another."""
    if kind(value) != kind(operand):
        return False
    if kind(value) == "string":
        if parse_date(operand) is not None:
            return parse_date(value) is not None and equals_date(parse_date(value), operand)
        return value == operand
    if kind(value) == "number":
        return float(value) == float(operand)  # numbers are doubles
    return kind(value) == "bool" and value == operand


def same_scalar(value, operand):
    """Equality of two scalars as they stand."""
    if kind(value) == "number" and kind(operand) == "number":
        return float(value) == float(operand)
    return kind(value) == kind(operand) and kind(value) in ("string", "bool") and value == operand


def ordered(value, operand, compare):
    if kind(value) != kind(operand):
        return False
    if kind(value) == "number":
        return compare(float(value), float(operand))
    if kind(value) != "string":
        return False
    if parse_date(operand) is not None:
        return parse_date(value) is not None and compare(parse_date(value), parse_date(operand))
    return compare(value, operand)  # Python orders text by code point


ORDER = {"greaterThan": lambda a, b: a > b, "greaterThanOrEqual": lambda a, b: a >= b,
         "lessThan": lambda a, b: a < b, "lessThanOrEqual": lambda a, b: a <= b}


# --- text ---------------------------------------------------------------------------------------

def fold(text):
    return "".join(fold_code_point(c) for c in text)


def fold_code_point(c):
    folded = c.casefold()
    if len(folded) == 1:
        return folded
    lower = c.lower()
    return lower if len(lower) == 1 else lower[0]  # only U+0130: its simple lower case is "i"


def text_matches(operator, text, operand):
    text, operand = fold(text), fold(operand)
    return {"contains": operand in text, "startsWith": text.startswith(operand),
            "endsWith": text.endswith(operand)}[operator]


def as_text(scalar):
    if isinstance(scalar, str):
        return scalar
    if isinstance(scalar, bool):
        return "true" if scalar else "false"
    return ecmascript_number(float(scalar))


def as_text_matches(text, operator, operand):
    """The mixed rule: both sides in string form."""
    if operator == "equals":
        return kind(operand) != "list" and text == as_text(operand)
    if operator == "in":
        return any(text == as_text(o) for o in operand)
    return text_matches(operator, text, as_text(operand))


def ecmascript_number(x):
    """Number::toString of ECMAScript: the shortest digits that give x back."""
    if x == 0:
        return "0"
    if x < 0:
        return "-" + ecmascript_number(-x)
    mantissa, _, exponent = repr(x).partition("e")
    whole, _, fraction = mantissa.partition(".")
    digits = (whole + fraction).lstrip("0")
    point = len(whole) + int(exponent or 0)  # where the point stands, counted in whole+fraction
    point -= len(whole + fraction) - len(digits)
    digits = digits.rstrip("0")
    if len(digits) <= point <= 21:
        return digits + "0" * (point - len(digits))
    if 0 < point <= 21:
        return digits[:point] + "." + digits[point:]
    if -6 < point <= 0:
        return "0." + "0" * -point + digits
    sign = "+" if point > 0 else "-"
    head = digits[0] + ("." + digits[1:] if len(digits) > 1 else "")
    return head + "e" + sign + str(abs(point - 1))


# --- dates and windows --------------------------------------------------------------------------

DATE = re.compile(r"(\d{4})-(\d{2})-(\d{2})"
                  r"(?:T(\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?(Z|[+-]\d{2}:\d{2}))?",
                  re.ASCII)


def parse_date(text):
    """ms since 1970 of a date in one of the two forms of the page, or None."""
    found = DATE.fullmatch(text)
    if not found:
        return None
    year, month, day, hour, minute, second, fraction, zone = found.groups()
    try:
        days = date(int(year), int(month), int(day)).toordinal() - date(1970, 1, 1).toordinal()
    except ValueError:
        return None
    if hour is None:
        return days * DAY
    if int(hour) > 23 or int(minute) > 59 or int(second or 0) > 59:
        return None
    ms = days * DAY + int(hour) * 3_600_000 + int(minute) * 60_000 + int(second or 0) * 1000
    ms += int(((fraction or "") + "000")[:3])
    if zone != "Z":
        offset = int(zone[1:3]) * 60 + int(zone[4:6])
        if int(zone[4:6]) > 59 or offset > 14 * 60:
            return None
        ms -= offset * 60_000 * (1 if zone[0] == "+" else -1)
    return ms


def equals_date(instant, operand):
    """A date-only operand is its whole UTC day, any other is an instant to the millisecond."""
    if isinstance(operand, str) and "T" not in operand:
        return parse_date(operand) <= instant < parse_date(operand) + DAY
    return instant == operand_ms(operand)


def span_ms(leaf):
    """N·unit to the nearest microsecond, then down to whole ms: instants are whole ms, so a
    comparison with now - N·unit is the same as with now - span."""
    return round(Fraction(leaf["value"]) * UNIT_US[leaf["unit"]]) // 1000


WINDOWS = {"within", "olderThan", "withinNext", "moreThanAhead", "anniversaryWithinNext"}


def window_matches(instant, leaf, now):
    operator = leaf["operator"]
    if operator == "anniversaryWithinNext":
        return anniversary_matches(instant, int(leaf["value"]), now)
    span = span_ms(leaf)
    return {"within": now - span <= instant <= now,
            "olderThan": instant < now - span,
            "withinNext": now <= instant <= now + span,
            "moreThanAhead": instant > now + span}[operator]


def anniversary_matches(instant, days, now):
    """Walk over the days today … today+N and look whether one of them is the anniversary."""
    month, day = month_and_day(instant // DAY)
    today = now // DAY
    for number in range(today, today + days + 1):
        this_month, this_day = month_and_day(number)
        if (this_month, this_day) == (month, day):
            return True
        leap = month_and_day(number + 1) == (2, 29)
        if (month, day) == (2, 29) and (this_month, this_day) == (2, 28) and not leap:
            return True
    return False


def month_and_day(days_since_1970):
    # Only month and day count and the calendar repeats every 400 years (146,097 days): stay near
    # 2000, because dates with an offset may lie just outside the years that Python knows.
    d = date(2000, 1, 1) + timedelta(days=(days_since_1970 - 10_957) % 146_097)
    return d.month, d.day


# --- occurrences --------------------------------------------------------------------------------

def occurrences(contact, name):
    """[(ms, data or None), ...]"""
    if "log" in contact:
        return contact["log"].get(name, [])
    return [(t, None) for t in contact["events"].get(name, [])]


def occurrence_matches(happened, leaf, now):
    operator = leaf["operator"]
    times = [t for t, data in happened if t <= now  # later ones do not exist yet
             and all(where_matches(data, c, now) for c in leaf.get("where", []))]
    if operator == "triggered":
        return len(times) > 0
    if operator == "notTriggered":
        return len(times) == 0
    if operator in COUNT:
        if "window" in leaf:
            times = [t for t in times if t >= now - span_ms(leaf["window"])]
        return COUNT[operator](len(times), leaf["value"])
    cut = now - span_ms(leaf)
    if operator == "triggeredWithin":
        return any(t >= cut for t in times)
    if operator == "notTriggeredWithin":
        return not any(t >= cut for t in times)
    if operator == "triggeredOlderThan":
        return len(times) > 0 and max(times) < cut
    if operator == "firstTriggeredWithin":
        return len(times) > 0 and min(times) >= cut
    if operator == "firstTriggeredOlderThan":
        return len(times) > 0 and min(times) < cut
    raise ValueError("no such operator: " + operator)


COUNT = {"countAtLeast": lambda n, limit: n >= limit, "countAtMost": lambda n, limit: n <= limit,
         "countEquals": lambda n, limit: n == limit}


def where_matches(data, condition, now):
    """One condition on the data of one occurrence."""
    value, operator = lookup(data, condition["property"]), condition["operator"]
    if operator == "exists":
        return value is not None
    if operator == "notExists":
        return value is None
    if value is None:  # the presence rule
        return False
    if operator in NEGATIVE:
        return not value_matches(value, NEGATIVE[operator], condition, False, now)
    return value_matches(value, operator, condition, False, now)
