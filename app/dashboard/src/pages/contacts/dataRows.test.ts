import { describe, expect, it } from "vitest";
import { localTime } from "../../ui/text";
import { asKind, dataOf, editionOf, isoOf, isSame, kindOf, notKept, patchOf, rowProblem, withRow } from "./dataRows";

const everyKind = {
    plan: "team", note: "two\nlines", seats: 12, ratio: -0.5, vip: false, trialEndsAt: "2027-01-31",
    signedUpAt: "2026-11-21T15:19:33.986Z", seen: "2026-11-21T15:19:33Z", colours: ["red", "blue"], scores: [1, 2.5],
    mixed: ["1", 1], empty: [], address: { city: "Wien", zip: "1010" }, odd: ["a\nb"], zip: "0171",
};

describe("rows of data", () => {
    it("come back as the very same data", () => {
        expect(dataOf(editionOf(everyKind))).toEqual(everyKind);
        expect(dataOf({ base: {}, rows: [], json: JSON.stringify(everyKind) })).toEqual(everyKind);
        expect(dataOf(editionOf(null))).toEqual({});
    });
    it("know their kinds", () => {
        expect(Object.values(everyKind).map(kindOf)).toEqual([
            "text", "text", "number", "number", "boolean", "date", "moment", "moment", "texts", "numbers", "json", "json", "json", "json",
            "text",
        ]);
        expect(kindOf("2026-13-45")).toBe("text");
    });
    it("turn into another kind and keep what they can", () => {
        const row = { id: 0, name: "a", kind: "text" as const, value: "yes" };
        expect(asKind(row, "boolean").value).toBe("true");
        expect(asKind(row, "json").value).toBe("\"yes\"");
        expect(asKind(row, "date").value).toBe("");
        expect(asKind({ ...row, value: "2026-11-21T15:19:33.986Z" }, "date").value).toBe("2026-11-21");
    });
});

describe("a change of data", () => {
    it("is what differs, and null for what is gone", () => {
        expect(patchOf({ a: 1, b: { x: 1, y: 2 }, c: 3 }, { a: 1, b: { y: 2, x: 1 }, d: [1] })).toEqual({ d: [1], c: null });
        expect(patchOf({ a: "1" }, { a: 1 })).toEqual({ a: 1 });
        expect(patchOf({ constructor: 1 }, {})).toEqual({ constructor: null });
    });
    it("tells what the server left out", () => {
        expect(notKept({ a: 1, b: null, c: "x" }, { a: 1 })).toEqual(["c"]);
        expect(notKept({ a: 1 }, null)).toEqual(["a"]);
    });
    it("compares by value", () => {
        expect(isSame([1, 2], [1, 2])).toBe(true);
        expect(isSame([1, 2], { 0: 1, 1: 2 })).toBe(false);
        expect(isSame({ a: undefined }, { b: undefined })).toBe(false);
    });
});

describe("what cannot be stored", () => {
    const problem = (change: object, others: object[] = []) => {
        const row = { id: 0, name: "a", kind: "text" as const, value: "x", ...change };
        return rowProblem(row, [row, ...others.map((other, i) => ({ ...row, id: i + 1, ...other }))])?.at ?? null;
    };
    it("is told at its place", () => {
        expect(problem({})).toBeNull();
        expect(problem({ name: "" })).toBe("name");
        expect(problem({ name: "a.b" })).toBe("name");
        expect(problem({ name: "email" })).toBe("name");
        expect(problem({}, [{}])).toBe("name");
        expect(problem({ value: "" })).toBe("value");
        expect(problem({ kind: "number", value: "twelve" })).toBe("value");
        expect(problem({ kind: "number", value: "Infinity" })).toBe("value");
        expect(problem({ kind: "date", value: "" })).toBe("value");
        expect(problem({ kind: "texts", value: " \n" })).toBe("value");
        expect(problem({ kind: "json", value: "{" })).toBe("value");
        expect(problem({ kind: "json", value: "null" })).toBe("value");
    });
    it("a new row has an id of its own", () => {
        const edition = withRow(withRow(editionOf({ a: 1 })));
        expect(new Set(edition.rows.map((row) => row.id)).size).toBe(3);
    });
});

describe("instants", () => {
    it("go through the reader's zone unharmed", () => {
        expect(isoOf(localTime("2026-07-21T15:19:33.986Z", 23))).toBe("2026-07-21T15:19:33.986Z");
        expect(localTime("")).toBe("");
        expect(isoOf("")).toBe("");
    });
});
