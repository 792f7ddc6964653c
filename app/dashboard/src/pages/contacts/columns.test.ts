import { describe, expect, it } from "vitest";
import { textAt } from "../../ui/text";
import { pathsOf } from "./columns";

const field = (name: string, coverage: number, isCustom = true) => ({ field: name, type: "string", coverage, isCustom });

describe("columns of the list", () => {
    it("are the fields that most contacts have, without objects and what is built in", () => {
        expect(pathsOf([field("email", 100, false), field("data.address", 100), field("data.address.city", 100), field("data.plan", 90), field("data.b", 100)]))
            .toEqual(["address.city", "b", "plan"]);
    });
    it("show what stands at their path", () => {
        expect(textAt({ a: { b: [1] } }, "a.b")).toBe("[1]");
        expect(textAt({ a: false }, "a")).toBe("false");
        expect(textAt({ a: 1 }, "a.b")).toBe("");
        expect(textAt(null, "toString")).toBe("");
    });
});
