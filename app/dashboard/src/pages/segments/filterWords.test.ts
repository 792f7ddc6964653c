import { describe, expect, it } from "vitest";
import { filterWords, filtersOf } from "./filterWords";

describe("filterWords", () => {
    it.each([
        [{ field: "data.plan", operator: "in", value: ["team", "pro"] }, "data.plan is one of “team”, “pro”"],
        [{ field: "data.seats", operator: "between", value: [5, 50] }, "data.seats is between 5 and 50"],
        [{ field: "data.phone", operator: "notExists" }, "data.phone has no value"],
        [{ field: "event.login", operator: "triggeredWithin", value: 1, unit: "days" }, "event.login happened within the last 1 day"],
        [{ field: "data.birthday", operator: "anniversaryWithinNext", value: 7 }, "data.birthday returns within the next 7 days"],
        [{ field: "event.buy", operator: "countAtLeast", value: 2, window: { value: 30, unit: "days" } },
         "event.buy happened at least 2 times in the last 30 days"],
        [{ field: "tag.5", operator: "has" }, "has the tag “5”"],
        [{ field: "data.odd", operator: "someday", value: true }, "data.odd someday true"],
    ])("%j", (filter, words) => {
        expect(filterWords(filter)).toBe(words);
    });

    it("names the segments that it knows, and says what must hold of occurrences", () => {
        expect(filterWords({ field: "segment.a", operator: "memberOfSegment" }, new Map([["segment.a", "VIP"]])))
            .toBe("is in the segment “VIP”");
        const where = [{ property: "total", operator: "greaterThan", value: 100 }];
        expect(filterWords({ field: "event.buy", operator: "triggered", where }))
            .toBe("event.buy happened where total is more than 100");
    });
});

it("filtersOf reads nested groups too", () => {
    const filter = (field: string) => ({ field, operator: "exists" });
    expect(filtersOf({ logic: "OR", groups: [
        { filters: [filter("a")], conditions: { logic: "AND", groups: [{ filters: [filter("b")] }] } },
        { filters: [filter("c")] },
    ] }).map((item) => item.field)).toEqual(["a", "b", "c"]);
});
