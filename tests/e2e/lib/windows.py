"""Every window, and the instants at which the words of the page say that it turns."""
import time

from .naive import DAY, month_and_day, parse_date

MINUTE, HOUR = 60_000, 3_600_000

def windows_of(base):
    """[(what is asked, [instants at which it turns])] for the contact that `clock` makes; base: ms."""
    soon, made, year = base + 3 * HOUR, base - DAY, time.gmtime(base // 1000).tm_year
    birthday = base // DAY + 10

    def leaf(field, operator, value=None, unit=None, **more):
        made = {"field": field, "operator": operator, **more}
        return {**made, **({} if value is None else {"value": value}), **({"unit": unit} if unit else {})}

    def days(n):
        return {"value": n, "unit": "days"}

    def leap(number, day):  # the 28th or 29th of February, or the day after, of a year ahead
        return parse_date(f"{year + number}-03-01") - DAY + day * DAY
    week = 7 * DAY + 1
    yearly = [d for n in range(birthday - 40, birthday + 800)
              if month_and_day(n) == month_and_day(birthday) for d in (n * DAY - 3 * DAY, (n + 1) * DAY) if d > base]
    where = [{"property": "price", "operator": "greaterThan", "value": 50}]
    due = [{"property": "due", "operator": "within", "value": 2, "unit": "hours"}]
    ahead = [{"property": "due", "operator": "moreThanAhead", "value": 1, "unit": "hours"}]
    return [
        (leaf("data.soon", "within", 2, "hours"), [soon, soon + 2 * HOUR + 1]),
        (leaf("data.soon", "within", 0, "minutes"), [soon, soon + 1]),
        (leaf("data.soon", "within", 0.1, "hours"), [soon, soon + 6 * MINUTE + 1]),
        (leaf("data.soon", "olderThan", 2, "hours"), [soon + 2 * HOUR + 1]),
        (leaf("data.soon", "olderThan", 1, "weeks"), [soon + week]),
        (leaf("data.soon", "withinNext", 1, "hours"), [soon - HOUR, soon + 1]),
        (leaf("data.soon", "moreThanAhead", 1, "hours"), [soon - HOUR]),
        (leaf("data.birthday", "anniversaryWithinNext", 3), yearly[:4]),
        (leaf("data.leap", "anniversaryWithinNext", 0, "days"),
         [leap(n, d) for n in range(0, 6) for d in (0, 1) if leap(n, d) > base]),
        (leaf("data.leap", "anniversaryWithinNext", 366), []),
        (leaf("createdAt", "within", 5, "days"), [made + 5 * DAY + 1]),
        (leaf("createdAt", "olderThan", 5, "days"), [made + 5 * DAY + 1]),
        (leaf("updatedAt", "within", 30, "minutes"), []),
        (leaf("subscribedAt", "olderThan", 36, "hours"), [made + 36 * HOUR + 1]),
        (leaf("event.buy", "triggeredWithin", 7, "days"), [base - DAY + week]),
        (leaf("event.buy", "triggeredOlderThan", 7, "days"), [base - DAY + week]),
        (leaf("event.buy", "notTriggeredWithin", 7, "days"), [base - DAY + week]),
        (leaf("event.buy", "firstTriggeredWithin", 20, "days"), [base + 10 * DAY + 1]),
        (leaf("event.buy", "firstTriggeredOlderThan", 20, "days"), [base + 10 * DAY + 1]),
        (leaf("event.buy", "countAtLeast", 2, window=days(7)), [base - 5 * DAY + week]),
        (leaf("event.buy", "countAtMost", 1, window=days(7)), [base - 5 * DAY + week]),
        (leaf("event.buy", "countEquals", 1, window=days(7)), [base - 5 * DAY + week, base - DAY + week]),
        (leaf("event.buy", "countAtLeast", 3), []),
        (leaf("event.buy", "triggeredWithin", 7, "days", where=where), [base - 5 * DAY + week]),
        (leaf("event.buy", "countEquals", 1, window=days(7), where=where), [base - 5 * DAY + week]),
        (leaf("event.buy", "firstTriggeredOlderThan", 7, "days", where=where), [base - 5 * DAY + week]),
        (leaf("event.buy", "triggered", where=due), [soon, soon + 2 * HOUR + 1]),
        (leaf("event.buy", "notTriggered", where=ahead), [soon - HOUR]),
        (leaf("event.buy", "countAtLeast", 1, where=due, window=days(2)), [soon, soon + 2 * HOUR + 1]),
        (leaf("event.never", "notTriggeredWithin", 1, "days"), []),
        (leaf("event.never", "triggeredOlderThan", 1, "days"), []),
        (leaf("email.opened", "triggeredWithin", 2, "hours"), [base - HOUR + 2 * HOUR + 1]),
        (leaf("email.open", "notTriggeredWithin", 2, "hours"), [base - HOUR + 2 * HOUR + 1])]
