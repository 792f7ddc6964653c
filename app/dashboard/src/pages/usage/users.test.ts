import { describe, expect, it } from "vitest";
import type { Condition } from "../../api/types";
import { segmentsIn, usersOf } from "./users";

describe("segmentsIn", () => {
    it("finds them at any depth, once", () => {
        const condition: Condition = {
            logic: "OR",
            groups: [
                { filters: [{ field: "segment.a", operator: "memberOfSegment" }, { field: "data.segment.x", operator: "exists" }] },
                { conditions: { logic: "AND", groups: [{ not: true, filters: [{ field: "segment.b", operator: "notMemberOfSegment" }, { field: "segment.a", operator: "memberOfSegment" }] }] } },
            ],
        };
        expect(segmentsIn(condition)).toEqual(["a", "b"]);
        expect(segmentsIn(null)).toEqual([]);
    });
});

describe("usersOf", () => {
    it("names a workflow once that starts on both", () => {
        const nothing = { segments: [], campaigns: [], sequences: [], webhooks: [], canDelete: true };
        const users = usersOf(nothing, { usedInWorkflows: [{ id: "w", name: "Welcome" }] }, { usedInWorkflows: [{ id: "w", name: "Welcome" }] });
        expect(users.map((user) => [user.kind, user.how])).toEqual([["workflow", "starts on entry, starts on exit"]]);
    });
});
