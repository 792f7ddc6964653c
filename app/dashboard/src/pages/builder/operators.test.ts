import { describe, expect, it } from "vitest";
import { carryOver, isComplete, kindOf, ON_DATA, operatorsFor, partsOf, typeOf } from "./operators";

describe("operators", () => {
    it("fit the type of the values", () => {
        expect(operatorsFor("data", ["number"])).toContain("greaterThan");
        expect(operatorsFor("data", ["number"])).not.toContain("startsWith");
        expect(operatorsFor("data", ["string"])).not.toContain("within");
        expect(operatorsFor("data", ["boolean"])).toEqual(["equals", "notEquals", "exists", "notExists"]);
        expect(operatorsFor("data", ["number", "string"])).toEqual(expect.arrayContaining(["greaterThan", "startsWith"]));
        expect(operatorsFor("data", [])).toEqual(ON_DATA);
        expect(operatorsFor("status", ["string"])).toEqual(["equals", "notEquals", "in", "notIn"]);
        expect(operatorsFor("segment", [])).toEqual(["memberOfSegment", "notMemberOfSegment"]);
    });

    it("name what a field is", () => {
        expect(partsOf("data.address.city")).toEqual({ kind: "data", name: "address.city" });
        expect(partsOf("event.order.completed")).toEqual({ kind: "event", name: "order.completed" });
        expect(partsOf("email.open")).toEqual({ kind: "message", name: "opened" });
        expect(partsOf("plan").kind).toBe("unknown");
        expect(kindOf("purchase", "triggered")).toBe("event");
        expect(kindOf("plan", "equals")).toBe("unknown");
    });

    it("are complete when they have what they want", () => {
        const rule = (operator: string, value: object) => isComplete({ field: "data.x", operator, value });
        expect(rule("equals", {})).toBe(false);
        expect(rule("equals", { value: "" })).toBe(true);
        expect(rule("equals", { value: false })).toBe(true);
        expect(rule("in", { value: [] })).toBe(false);
        expect(rule("between", { value: [1, null] })).toBe(false);
        expect(rule("within", { value: 0, unit: "days" })).toBe(true);
        expect(rule("exists", {})).toBe(true);
        expect(rule("countAtLeast", { value: 2, window: { unit: "days" } })).toBe(false);
        expect(rule("triggered", { where: [{ property: "", operator: "equals", value: 1 }] })).toBe(false);
    });

    it("keep what still fits of the operand before", () => {
        expect(carryOver({ value: "a" }, "equals", "in")).toEqual({ value: ["a"] });
        expect(carryOver({ value: ["a", "b"] }, "in", "notEquals")).toEqual({ value: "a" });
        expect(carryOver({ value: 5 }, "greaterThan", "between")).toEqual({ value: [5, undefined] });
        expect(carryOver({ value: 7, unit: "weeks" }, "within", "olderThan")).toEqual({ value: 7, unit: "weeks" });
        expect(carryOver({ value: 3, window: { value: 1, unit: "days" } }, "countAtLeast", "countAtMost")).toEqual({ value: 3, window: { value: 1, unit: "days" } });
        expect(carryOver({ value: 3 }, "countAtLeast", "triggered")).toEqual({});
    });

    it("tell dates from other texts", () => {
        expect(typeOf("2026-03-01")).toBe("date");
        expect(typeOf("2026-03-01T09:30Z")).toBe("date");
        expect(typeOf("soon")).toBe("string");
    });
});
