import { expect, it } from "vitest";
import { fieldsOf, flipWords, foundOf, isInstant, nodeWords, type ExplainNode } from "./explainWords";

const leaf: ExplainNode = { kind: "leaf", path: "condition.groups.0.filters.0", result: true, flipsAt: null };

it("says in words when the clock changes it", () => {
    const now = Date.parse("2026-11-21T12:00:00.000Z");
    expect(flipWords(true, "2026-11-24T12:00:00.000Z", now)).toBe("Leaves in 3 days if nothing happens.");
    expect(flipWords(false, "2026-11-21T14:00:00.000Z", now)).toBe("Enters in 2 hr. if nothing happens.");
    expect(flipWords(true, null, now)).toBe("Time alone changes nothing about it.");
});

it("says what a node demands", () => {
    expect(nodeWords({ ...leaf, kind: "any" })).toBe("At least one of these");
    expect(nodeWords({ ...leaf, field: "data.seats", operator: "greaterThan", value: 10 })).toBe("data.seats is more than 10");
    expect(nodeWords({ ...leaf, kind: "segment", field: "segment.a", operator: "memberOfSegment", segment: { id: "a", name: "VIP", type: "STATIC" } }))
        .toBe("is in the segment “VIP”");
});

it("tells an event's record from data that look like one", () => {
    expect(foundOf({ ...leaf, field: "event.login", actual: { count: 2 } })).toEqual({ count: 2 });
    expect(foundOf({ ...leaf, field: "data.login", actual: { count: 2 } })).toBeNull();
    expect(isInstant("2026-11-21T12:00:00.000Z")).toBe(true);
    expect(isInstant("2026-11-21")).toBe(false);
});

it("knows tags by name, and the fields of segments inside", () => {
    const tag: ExplainNode = { ...leaf, field: "tag.5", operator: "has" };
    expect(nodeWords(tag, new Map([["tag.5", "beta"]]))).toBe("has the tag “beta”");
    const inside: ExplainNode = { ...leaf, kind: "segment", field: "segment.a", operator: "memberOfSegment", tree: { ...leaf, kind: "not", children: [tag] } };
    expect(fieldsOf({ ...leaf, kind: "all", children: [inside] })).toEqual(["segment.a", "tag.5"]);
});
