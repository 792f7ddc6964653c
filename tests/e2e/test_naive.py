#!/usr/bin/python3
"""The worked facts of filters.md and peer-behaviour.md, told to the naive evaluator."""
import unittest

from lib.naive import (World, ecmascript_number, fold, parse_date, span_ms)
from lib.otherwords import from_mailpanda, from_pushmail

NOW = parse_date("2026-03-15T12:00:00Z")


def contact(data=None, **more):
    return {"id": "c", "email": "ann@example.com", "status": "subscribed", "createdAt": NOW,
            "updatedAt": NOW, "subscribedAt": NOW, "data": data, "events": {}, "sets": set(),
            **more}


def tree(field, operator, value=None, unit=None, **group):
    leaf = {"field": field, "operator": operator}
    if value is not None:
        leaf["value"] = value
    if unit:
        leaf["unit"] = unit
    return {"logic": "AND", "groups": [{"filters": [leaf], **group}]}


class Case(unittest.TestCase):
    def hit(self, who, field, operator, value=None, unit=None, others=(), now=NOW, **group):
        others = [{**o, "id": "other"} for o in others]
        world = World([who, *others])
        return "c" in world.members(tree(field, operator, value, unit, **group), now)

    def yes(self, data, operator, value=None, unit=None, others=(), now=NOW):
        self.assertTrue(self.hit(contact(data), "data.x", operator, value, unit, others, now),
                        (data, operator, value))

    def no(self, data, operator, value=None, unit=None, others=(), now=NOW):
        self.assertFalse(self.hit(contact(data), "data.x", operator, value, unit, others, now),
                         (data, operator, value))


class Presence(Case):
    def test_negatives_need_a_value(self):
        for operator in ("notEquals", "notContains", "notStartsWith", "notEndsWith"):
            self.no(None, operator, "free")
            self.no({"x": None}, operator, "free")
            self.no({"y": "free"}, operator, "free")
            self.yes({"x": "paid"}, operator, "free")
            self.yes({"x": 5}, operator, "free")
            self.yes({"x": ["a"]}, operator, "free")
            self.yes({"x": {"a": 1}}, operator, "free")
            self.no({"x": "free"}, operator, "free")
        self.no(None, "notIn", ["a"])
        self.yes({"x": 5}, "notIn", ["a"])

    def test_not_is_a_true_complement(self):
        who = contact(None)
        self.assertTrue(self.hit(who, "data.x", "equals", "free", **{"not": True}))
        self.assertTrue(self.hit(who, "data.x", "notEquals", "free", **{"not": True}))
        self.assertFalse(self.hit(who, "data.x", "notExists", **{"not": True}))

    def test_exists(self):
        for there in ("", 0, False, [], {}, "a"):
            self.yes({"x": there}, "exists")
            self.no({"x": there}, "notExists")
        self.no({"x": None}, "exists")
        self.yes({"x": None}, "notExists")
        self.yes(None, "notExists")

    def test_never_had_the_event(self):
        who = contact()
        self.assertTrue(self.hit(who, "event.a", "notTriggered"))
        self.assertTrue(self.hit(who, "event.a", "notTriggeredWithin", 3, "days"))
        self.assertFalse(self.hit(who, "event.a", "triggeredOlderThan", 3, "days"))


class Types(Case):
    def test_strict(self):
        self.yes({"x": 5}, "equals", 5)
        self.yes({"x": 5}, "equals", 5.0)
        self.no({"x": 5}, "equals", "5")
        self.no({"x": "5"}, "equals", 5)
        self.no({"x": True}, "equals", 1)
        self.no({"x": 1}, "equals", True)
        self.no({"x": True}, "equals", "true")
        self.yes({"x": True}, "equals", True)
        self.yes({"x": -0.0}, "equals", 0)
        self.yes({"x": 9007199254740992}, "equals", 9007199254740993)  # one double
        self.no({"x": 9007199254740992}, "lessThan", 9007199254740993)
        self.no({"x": "Pro"}, "equals", "pro")
        self.no({"x": 512}, "contains", "1")
        self.yes({"x": 512}, "notContains", "1")
        self.no({"x": 5}, "contains", 5)

    def test_in(self):
        self.yes({"x": "a"}, "in", [5, "a"])
        self.yes({"x": 5}, "in", [5, "a"])
        self.no({"x": True}, "in", [1, "true"])

    def test_order_keeps_to_the_operands_type(self):
        self.yes({"x": 10}, "greaterThan", 9)
        self.no({"x": "10"}, "greaterThan", 9)
        self.yes({"x": "b"}, "greaterThan", "a")
        self.no({"x": 5}, "greaterThan", "a")
        self.yes({"x": "\U00010000"}, "greaterThan", "\uffff")  # code points, not UTF-16 units
        self.yes({"x": 5}, "between", [5, 5])
        self.no({"x": 5}, "between", [6, 4])
        self.yes({"x": "m"}, "between", ["a", "m"])
        self.no({"x": True}, "greaterThan", 0)

    def test_empty(self):
        self.yes({"x": []}, "isEmpty")
        self.no({"x": [0]}, "isEmpty")
        self.yes({"x": [0]}, "notEmpty")
        for neither in (0, False, {}, None):
            self.no({"x": neither}, "isEmpty")
            self.no({"x": neither}, "notEmpty")
        nested = contact({"x": {"y": ""}})
        self.assertTrue(self.hit(nested, "data.x.y", "isEmpty"))
        self.assertTrue(self.hit(nested, "data.x.y", "exists"))

    def test_lists(self):
        self.yes({"x": ["a", 5]}, "contains", "a")
        self.yes({"x": ["a", 5]}, "contains", 5)
        self.no({"x": ["a", 5]}, "contains", "5")
        self.no({"x": ["apple"]}, "contains", "app")
        self.no({"x": ["A"]}, "contains", "a")
        self.yes({"x": ["a", 5]}, "notContains", "b")
        self.yes({"x": ["a", 5]}, "in", ["z", 5])
        self.no({"x": ["a"]}, "equals", "a")
        self.yes({"x": ["a", 5.0]}, "equals", ["a", 5])
        self.no({"x": [5, "a"]}, "equals", ["a", 5])
        self.yes({"x": []}, "equals", [])
        self.yes({"x": ["2026-03-01T10:00Z"]}, "contains", "2026-03-01")
        self.yes({"x": ["2026-03-01T10:00Z"]}, "in", ["2026-03-01"])
        self.no({"x": ["2026-03-01T10:00Z"]}, "equals", ["2026-03-01"])
        self.no({"x": ["abc"]}, "startsWith", "a")
        self.no({"x": [["a"]]}, "contains", "a")
        self.assertFalse(self.hit(contact({"x": ["a"]}), "data.x.0", "exists"))

    def test_objects(self):
        self.no({"x": {"a": 1}}, "equals", "a")
        self.yes({"x": {"a": 1}}, "notEquals", "a")
        self.assertTrue(self.hit(contact({"x": {"a": 1}}), "data.x.a", "equals", 1))
        self.assertFalse(self.hit(contact({"x": "text"}), "data.x.a", "exists"))


class Mixed(Case):
    other = [contact({"x": "word"})]

    def test_text_operators_compare_string_forms(self):
        self.yes({"x": 5}, "equals", "5", others=self.other)
        self.yes({"x": 5.0}, "equals", "5", others=self.other)
        self.no({"x": 5}, "equals", "5.0", others=self.other)
        self.yes({"x": True}, "equals", "true", others=self.other)
        self.no({"x": True}, "equals", "True", others=self.other)
        self.yes({"x": True}, "contains", "RU", others=self.other)
        self.yes({"x": 512}, "contains", 1, others=self.other)
        self.yes({"x": 512}, "startsWith", "51", others=self.other)
        self.no({"x": 512}, "notEndsWith", "12", others=self.other)
        self.yes({"x": 1e300}, "equals", "1e+300", others=self.other)
        self.yes({"x": -0.0}, "in", ["0"], others=self.other)

    def test_order_stays_typed(self):
        self.yes({"x": 10}, "greaterThan", 9, others=self.other)
        self.no({"x": "a"}, "greaterThan", 9, others=[contact({"x": 1})])

    def test_dates_are_text(self):
        mixed = [contact({"x": 1})]
        self.no({"x": "2026-03-01T10:00:00Z"}, "equals", "2026-03-01", others=mixed)
        self.yes({"x": "2026-03-01"}, "equals", "2026-03-01", others=mixed)
        self.yes({"x": "2026-03-01T10:00:00Z"}, "greaterThan", "2026-03-01", others=mixed)

    def test_lists_and_objects_neither_mix_nor_are_text(self):
        self.no({"x": 5}, "equals", "5", others=[contact({"x": ["a"]}), contact({"x": {}})])
        self.no({"x": ["5"]}, "startsWith", "5", others=[contact({"x": 1}), *self.other])

    def test_only_now(self):
        self.yes({"x": 5}, "equals", "5", others=self.other)
        self.no({"x": 5}, "equals", "5", others=[contact({"x": None})])


class Text(Case):
    def test_case_folds_and_wildcards_do_not(self):
        self.yes({"x": "Straße"}, "contains", "STRAẞE")
        self.no({"x": "Straße"}, "contains", "strasse")
        self.yes({"x": "ΟΔΟΣ"}, "endsWith", "ς")
        self.no({"x": "100"}, "contains", "%")
        self.no({"x": "ab"}, "contains", "_")
        self.yes({"x": "50%"}, "contains", "%")
        self.no({"x": "é"}, "equals", "e\u0301")

    def test_fold(self):
        self.assertEqual(fold("ẞß"), "ßß")
        self.assertEqual(fold("İI"), "ii")
        self.assertEqual(fold("K\u212a"), "kk")
        self.assertEqual(fold("\ufb01"), "\ufb01")  # the fi ligature folds to two: stays

    def test_numbers_as_ecmascript_prints_them(self):
        for number, text in ((5.0, "5"), (-0.0, "0"), (0.1, "0.1"), (1e21, "1e+21"),
                             (1e20, "100000000000000000000"), (1e-6, "0.000001"),
                             (1.5e-7, "1.5e-7"), (123.456, "123.456"), (-1e300, "-1e+300"),
                             (9007199254740993.0, "9007199254740992"), (5e-324, "5e-324")):
            self.assertEqual(ecmascript_number(number), text)


class Dates(Case):
    def test_forms(self):
        for text in ("2026-02-28", "2026-02-28T10:00Z", "2026-02-28T10:00:00.123456789+14:00"):
            self.assertIsNotNone(parse_date(text), text)
        for text in ("2026-02-30", "2026-2-1", "0000-01-01", "2026-02-28T10:00:00",
                     "2026-02-28t10:00Z", "2026-02-28T24:00Z", "2026-02-28T10:00+14:01", "x",
                     "2026-02-28T10:00:00.Z", "2026-02-28T10:00:60Z", " 2026-02-28", ""):
            self.assertIsNone(parse_date(text), text)
        self.assertEqual(parse_date("2026-01-01T22:00-05:00"), parse_date("2026-01-02T03:00Z"))
        self.assertEqual(parse_date("1970-01-01T00:00:00.0019Z"), 1)

    def test_equals(self):
        self.yes({"x": "2026-03-01"}, "equals", "2026-03-01")
        self.yes({"x": "2026-03-01T23:59:59.999Z"}, "equals", "2026-03-01")
        self.no({"x": "2026-03-01T23:30:00-05:00"}, "equals", "2026-03-01")
        self.yes({"x": "2026-03-01T01:00:00+01:00"}, "equals", "2026-03-01T00:00Z")
        self.no({"x": "2026-03-01T10:00:00Z"}, "equals", "2026-03-01T10:00:00.001Z")
        self.yes({"x": "pro"}, "notEquals", "2026-03-01")
        self.yes({"x": 5}, "notEquals", "2026-03-01")
        self.yes({"x": "2026-03-01T10:00Z"}, "in", ["2025-01-01", "2026-03-01"])

    def test_order(self):
        self.no({"x": "2026-03-01"}, "greaterThan", "2026-03-01")
        self.yes({"x": "2026-03-01T00:00:00.001Z"}, "greaterThan", "2026-03-01")
        self.yes({"x": "2026-03-01"}, "between", ["2026-03-01", "2026-03-02"])
        self.no({"x": "pro"}, "greaterThan", "2026-03-01")

    def test_windows(self):
        edge = "2026-03-12T12:00:00Z"
        self.yes({"x": edge}, "within", 3, "days")
        self.no({"x": edge}, "olderThan", 3, "days")
        self.yes({"x": "2026-03-12T11:59:59.999Z"}, "olderThan", 3, "days")
        self.no({"x": "2026-03-15T12:00:00.001Z"}, "within", 3, "days")
        self.yes({"x": "2026-03-18T12:00:00Z"}, "withinNext", 3, "days")
        self.no({"x": "2026-03-18T12:00:00Z"}, "moreThanAhead", 3, "days")
        self.yes({"x": "2026-03-18T12:00:00.001Z"}, "moreThanAhead", 3, "days")
        for word in ("pro", "zebra", "", "10"):
            self.no({"x": word}, "within", 30, "days")
            self.no({"x": word}, "olderThan", 30, "days")

    def test_spans(self):
        self.assertEqual(span_ms({"value": 0.1, "unit": "hours"}), 360_000)
        self.assertEqual(span_ms({"value": 1.5, "unit": "weeks"}), 907_200_000)
        self.assertEqual(span_ms({"value": 0.00001, "unit": "minutes"}), 0)

    def test_anniversaries(self):
        self.yes({"x": "1990-03-15"}, "anniversaryWithinNext", 0)
        self.yes({"x": "1990-03-20T23:00:00Z"}, "anniversaryWithinNext", 5)
        self.no({"x": "1990-03-21"}, "anniversaryWithinNext", 5)
        self.yes({"x": "2030-03-14"}, "anniversaryWithinNext", 364)
        self.no({"x": "2030-03-14"}, "anniversaryWithinNext", 363)
        february = parse_date("2026-02-28T01:00Z")
        self.yes({"x": "2000-02-29"}, "anniversaryWithinNext", 0, now=february)
        leap = parse_date("2028-02-28T01:00Z")
        self.no({"x": "2000-02-29"}, "anniversaryWithinNext", 0, now=leap)
        self.yes({"x": "2000-02-29"}, "anniversaryWithinNext", 1, now=leap)
        self.yes({"x": "0001-01-01T00:00+14:00"}, "anniversaryWithinNext", 366)


class BuiltIn(Case):
    def test_email(self):
        who = contact(email="a_b@example.com")
        self.assertTrue(self.hit(who, "email", "equals", "A_B@Example.com"))
        self.assertFalse(self.hit(contact(email="axb@example.com"), "email", "equals",
                                  "a_b@example.com"))
        self.assertTrue(self.hit(who, "email", "endsWith", ".COM"))
        self.assertTrue(self.hit(who, "email", "notIn", ["b@example.com"]))

    def test_status(self):
        for status in ("subscribed", "unsubscribed", "bounced", "complained"):
            who = contact(status=status)
            self.assertEqual(self.hit(who, "subscribed", "equals", True), status == "subscribed")
            self.assertEqual(self.hit(who, "subscribed", "notEquals", True),
                             status != "subscribed")
            self.assertTrue(self.hit(who, "status", "in", [status]))

    def test_instants(self):
        who = contact(subscribedAt=None)
        self.assertFalse(self.hit(who, "subscribedAt", "notEquals", "2026-01-01"))
        self.assertFalse(self.hit(who, "subscribedAt", "olderThan", 1, "days"))
        self.assertTrue(self.hit(who, "createdAt", "equals", "2026-03-15"))
        self.assertTrue(self.hit(who, "createdAt", "equals", NOW))
        self.assertTrue(self.hit(who, "createdAt", "between", [NOW, NOW + 1]))


class Occurrences(Case):
    def test_windows(self):
        day = 86_400_000
        who = contact(events={"buy": [NOW - 3 * day, NOW - 9 * day], "email.opened": [NOW]})
        self.assertTrue(self.hit(who, "event.buy", "triggered"))
        self.assertTrue(self.hit(who, "buy", "triggered"))
        self.assertTrue(self.hit(who, "event.buy", "triggeredWithin", 3, "days"))
        self.assertFalse(self.hit(who, "event.buy", "triggeredOlderThan", 3, "days"))
        self.assertTrue(self.hit(who, "event.buy", "triggeredOlderThan", 2, "days"))
        self.assertFalse(self.hit(who, "event.buy", "notTriggeredWithin", 3, "days"))
        self.assertTrue(self.hit(who, "email.open", "triggered"))
        self.assertTrue(self.hit(who, "email.clicked", "notTriggered"))

    def test_the_future_does_not_exist_yet(self):
        who = contact(events={"buy": [NOW + 1]})
        self.assertFalse(self.hit(who, "event.buy", "triggered"))
        self.assertTrue(self.hit(who, "event.buy", "triggered", now=NOW + 1))

    def asked(self, who, operator, **more):
        leaf = {"field": "event.buy", "operator": operator, **more}
        condition = {"logic": "AND", "groups": [{"filters": [leaf]}]}
        return "c" in World([who]).members(condition, NOW)

    def test_first(self):
        day = 86_400_000
        who = contact(events={"buy": [NOW - 3 * day, NOW - 9 * day]})
        self.assertTrue(self.asked(who, "firstTriggeredWithin", value=9, unit="days"))
        self.assertFalse(self.asked(who, "firstTriggeredWithin", value=8, unit="days"))
        self.assertTrue(self.asked(who, "firstTriggeredOlderThan", value=8, unit="days"))
        self.assertFalse(self.asked(contact(), "firstTriggeredOlderThan", value=0, unit="days"))

    def test_counts(self):
        day = 86_400_000
        who = contact(events={"buy": [NOW - 3 * day, NOW - 9 * day, NOW + 1]})
        self.assertTrue(self.asked(who, "countEquals", value=2))
        self.assertTrue(self.asked(who, "countAtLeast", value=1, window={"value": 3, "unit": "days"}))
        self.assertTrue(self.asked(who, "countAtMost", value=1, window={"value": 8, "unit": "days"}))
        self.assertTrue(self.asked(contact(), "countEquals", value=0))
        self.assertTrue(self.asked(contact(), "countAtMost", value=3))
        self.assertFalse(self.asked(contact(), "countAtLeast", value=1))

    def test_where(self):
        day = 86_400_000
        who = contact(log={"buy": [(NOW - 9 * day, {"n": 5}), (NOW - 3 * day, {"n": "5"}),
                                   (NOW - 2 * day, None)]})
        five = [{"property": "n", "operator": "equals", "value": 5}]
        self.assertTrue(self.asked(who, "triggeredOlderThan", value=8, unit="days", where=five))
        self.assertTrue(self.asked(who, "countEquals", value=1, where=five))  # never mixed
        self.assertTrue(self.asked(who, "notTriggeredWithin", value=8, unit="days", where=five))
        absent = [{"property": "n", "operator": "notExists"}]
        self.assertTrue(self.asked(who, "countEquals", value=1, where=absent))
        other = [{"property": "n", "operator": "notEquals", "value": 5}]
        self.assertTrue(self.asked(who, "countEquals", value=1, where=other))  # the presence rule


class OtherDialects(unittest.TestCase):
    def test_pushmail(self):
        who = contact({"country": "US"}, id="us", has={"tag.5"}, events={"email.opened": [NOW]})
        world = World([who, contact({"country": "us"}, id="other")])

        def members(*conditions, operator="AND"):
            return world.members(from_pushmail({"operator": operator, "conditions": conditions}), NOW)
        country = {"type": "attribute", "field": "country", "op": "eq", "value": "US"}
        self.assertEqual(members(country), {"us"})
        self.assertEqual(members({"type": "tag", "op": "not_has", "tagId": 5}), {"other"})
        self.assertEqual(members({"type": "engagement", "metric": "opened", "op": "within_days",
                                  "days": 1}), {"us"})
        self.assertEqual(members({"type": "group", "operator": "OR", "conditions": [
            country, {"type": "engagement", "metric": "opened", "op": "never"}]}), {"us", "other"})

    def test_mailpanda(self):
        who = contact({"company": "Acme Inc"}, createdAt=parse_date("2026-01-01T23:59:59.999Z"))
        world = World([who])

        def asked(field, operator, value):
            return len(world.members(from_mailpanda([{"field": field, "operator": operator,
                                                      "value": value}]), NOW))
        self.assertEqual(asked("status", "equals", "active"), 1)
        self.assertEqual(asked("company", "contains", "inc"), 1)
        self.assertEqual(asked("created_at", "after", "2026-01-01"), 0)
        self.assertEqual(asked("created_at", "after", "2025-12-31"), 1)
        self.assertEqual(asked("created_at", "after", "2026-01-01T23:59:59Z"), 1)
        self.assertEqual(asked("created_at", "before", "2026-01-02"), 1)
        self.assertEqual(asked("created_at", "before", "2026-01-01"), 0)


class Segments(unittest.TestCase):
    def test_nested(self):
        ann, bob = contact({"x": 1}, id="ann"), contact({"x": 2}, id="bob", sets={"s"})
        world = World([ann, bob], {
            "s": {"type": "STATIC", "condition": None},
            "d": {"type": "DYNAMIC", "condition": tree("segment.s", "notMemberOfSegment")}})
        self.assertEqual(world.members(tree("segment.s", "memberOfSegment"), NOW), {"bob"})
        self.assertEqual(world.members(tree("segment.d", "memberOfSegment"), NOW), {"ann"})
        self.assertEqual(world.members(tree("segment.d", "notMemberOfSegment"), NOW), {"bob"})

    def test_groups(self):
        ann, bob = contact({"x": 1}, id="ann"), contact({"x": 2}, id="bob")
        one = {"field": "data.x", "operator": "equals", "value": 1}
        two = {"field": "data.x", "operator": "equals", "value": 2}
        world = World([ann, bob])

        def members(logic, *groups):
            return world.members({"logic": logic, "groups": list(groups)}, NOW)
        self.assertEqual(members("OR", {"filters": [one]}, {"filters": [two]}), {"ann", "bob"})
        self.assertEqual(members("AND", {"filters": [one]}, {"filters": [two]}), set())
        self.assertEqual(members("AND", {"filters": [one, two], "not": True}), {"ann", "bob"})
        inner = {"logic": "OR", "groups": [{"filters": [one]}, {"filters": [two]}]}
        self.assertEqual(members("AND", {"filters": [two], "conditions": inner}), {"bob"})
        self.assertEqual(members("AND", {"conditions": inner, "not": True}), set())


if __name__ == "__main__":
    unittest.main()
