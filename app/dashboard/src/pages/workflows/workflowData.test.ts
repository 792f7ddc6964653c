import { describe, expect, it } from "vitest";
import type { Segment } from "../../api/types";
import type { WorkflowSummary } from "./workflowData";
import { audienceOf } from "./workflowData";

describe("audienceOf", () => {
    const segment = { id: "1", slug: "vip.gold", name: "VIP" } as Segment;
    const by = (part: Partial<WorkflowSummary>) => audienceOf({ triggerType: "EVENT", triggerConfig: null, ...part } as WorkflowSummary, [segment]);

    it("knows the segment of an entry or exit by its slug, dots and all", () => {
        expect(by({ triggerConfig: { eventName: "segment.vip.gold.exit" } })).toEqual({ kind: "segment", segment, isEntry: false });
    });

    it("counts who did another event lately", () => {
        expect(by({ triggerConfig: { eventName: "segment.gone.entry" } })).toMatchObject({ kind: "event", eventName: "segment.gone.entry" });
    });

    it("takes a schedule's condition, and everybody without one", () => {
        const condition = { logic: "AND" as const, groups: [] };
        expect(by({ triggerType: "SCHEDULE", triggerConfig: { cron: "0 8 * * *", condition } })).toEqual({ kind: "condition", condition });
        expect(by({ triggerType: "SCHEDULE", triggerConfig: { cron: "0 8 * * *" } })).toEqual({ kind: "everybody" });
    });
});
