import { describe, expect, it } from "vitest";
import { asCondition, changed, countRules, pageOf, pageQuery, plainRules, readFilter, readState, writeState } from "./listState";

const usual = readState(new URLSearchParams());
const condition = { logic: "AND" as const, groups: [{ filters: [{ field: "data.plan", operator: "exists" }] }] };

describe("the address of a list", () => {
    it("holds all of its state, and nothing that is as usual", () => {
        expect(writeState(usual).toString()).toBe("");
        const state = { ...usual, search: "a b&c", subscribed: "false" as const, order: "email" as const, filter: "{}", after: "x" };
        expect(readState(writeState(state))).toEqual(state);
    });
    it("takes no nonsense", () => {
        expect(readState(new URLSearchParams("order=constructor&subscribed=maybe"))).toEqual(usual);
        expect(readFilter("{")).toBeUndefined();
        expect(readFilter("[]")).toBeUndefined();
        expect(readFilter("")).toBeNull();
    });
    it("begins at the first page when something else is shown", () => {
        const paged = { ...usual, after: "x" };
        expect(changed(paged, { search: "a" }).after).toBe("");
        expect(changed(paged, { job: "j" }).after).toBe("x");
        expect(changed(paged, { after: "", before: "y" }).before).toBe("y");
    });
});

describe("pages", () => {
    it("go backwards by the opposite order", () => {
        const back = { ...usual, before: "x" };
        expect(pageQuery(back)).toMatchObject({ sort: "createdAt", dir: "asc", cursor: "x" });
        expect(pageOf(back, { data: [3, 2, 1], hasMore: false })).toEqual({ rows: [1, 2, 3], hasPrevious: false, hasNext: true });
        expect(pageOf({ ...usual, after: "x" }, { data: [1], hasMore: false })).toEqual({ rows: [1], hasPrevious: true, hasNext: false });
    });
});

describe("everything as one condition", () => {
    it("is the filter itself where there is nothing else", () => {
        expect(asCondition({ ...usual, filter: JSON.stringify(condition) })).toEqual(condition);
    });
    it("adds search and subscription", () => {
        const all = asCondition({ ...usual, search: "ada", subscribed: "true", filter: JSON.stringify(condition) });
        expect(all.groups).toHaveLength(1);
        expect(all.groups[0]!.filters!.map((filter) => filter.value)).toEqual(["ada", true]);
        expect(all.groups[0]!.conditions).toEqual(condition);
        expect(countRules(all)).toBe(3);
    });
    it("is plain when it is one list of rules", () => {
        expect(plainRules(condition)).toHaveLength(1);
        expect(plainRules({ ...condition, groups: [{ ...condition.groups[0]!, not: true }] })).toBeNull();
        expect(plainRules({ logic: "OR", groups: [...condition.groups, ...condition.groups] })).toBeNull();
        expect(plainRules(null)).toBeNull();
    });
    it("is everybody where nothing is asked", () => {
        expect(asCondition(usual).groups[0]!.filters).toEqual([{ field: "email", operator: "contains", value: "" }]);
    });
});
