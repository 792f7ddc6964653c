import { describe, expect, it } from "vitest";
import { lineOfPath, readJson } from "./jsontext";

describe("JSON text", () => {
    it("is read with the lines of its parts", () => {
        const text = "{\n \"logic\": \"AND\",\n \"groups\": [\n  { \"filters\": [\n   { \"field\": \"email\", \"value\": [1, -2.5e3, true, null, \"\\u00e9\\n\"] },\n   {}\n  ] } ] }\n";
        const read = readJson(text);
        expect(read).toMatchObject({ isGood: true, value: JSON.parse(text) });
        if (!read.isGood)
            return;
        expect(lineOfPath(read.lines, "filter.groups.0.filters.1", "filter")).toBe(6);
        expect(lineOfPath(read.lines, "filter.groups.0.filters.0.where.0", "filter")).toBe(5);
        expect(lineOfPath(read.lines, "filter", "filter")).toBe(1);
    });

    it.each([
        ["{\"a\": 1,\n}", "name", 2], ["{\"a\" 1}", "colon", 1], ["[1\n 2]", "comma", 2], ["[1", "end", 1], ["", "end", 1], ["[\n\n what]", "value", 3],
        ["{} x", "after", 1], ["[\"a\nb\"]", "string", 1], ["{'a': 1}", "name", 1], ["[01]", "comma", 1],
    ])("%j is refused where it goes wrong", (text, problem, line) => {
        expect(() => JSON.parse(text)).toThrow();
        expect(readJson(text)).toEqual({ isGood: false, problem, line });
    });
});
