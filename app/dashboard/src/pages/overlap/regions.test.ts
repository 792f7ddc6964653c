import { describe, expect, it } from "vitest";
import { countsByMask, regionCondition, regionsOf, regionWords } from "./regions";

const overlap = {
    total: 12, sizes: [{ id: "a", count: 9 }, { id: "b", count: 5 }],
    regions: [{ in: ["a"], count: 7 }, { in: ["b"], count: 3 }, { in: ["a", "b"], count: 2 }],
};

describe("regions", () => {
    it("come largest first, and by mask", () => {
        const regions = regionsOf(overlap, ["a", "b"]);
        expect(regions).toEqual([{ mask: 1, count: 7 }, { mask: 2, count: 3 }, { mask: 3, count: 2 }]);
        expect(countsByMask(regions, 2)).toEqual([0, 7, 3, 2]);
    });
    it("are named", () => {
        expect(regionWords(1, ["A", "B"])).toBe("Only in A");
        expect(regionWords(3, ["A", "B"])).toBe("In A and B");
        expect(regionWords(3, ["A", "B", "C", "D"])).toBe("In A and B, not in C or D");
    });
    it("are filters", () => {
        expect(regionCondition(2, ["a", "b"]).groups[0]!.filters).toEqual([
            { field: "segment.a", operator: "notMemberOfSegment" }, { field: "segment.b", operator: "memberOfSegment" }]);
    });
});
