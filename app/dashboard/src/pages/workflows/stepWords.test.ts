import { describe, expect, it } from "vitest";
import type { Segment } from "../../api/types";
import { secondsWords, stepWords, triggerWords } from "./stepWords";
import type { Step, WorkflowSummary } from "./workflowData";

const step = (type: Step["type"], config: Step["config"], id = "s"): Step => ({ id, type, name: "Mail", config });
const say = (type: Step["type"], config: Step["config"]) => stepWords(step(type, config), [step("SEND_EMAIL", {}, "m")], new Map());

describe("stepWords", () => {
    it("says what each type of step does", () => {
        expect(say("DELAY", { amount: 1, unit: "weeks" })).toBe("1 week");
        expect(say("WAIT_FOR_EVENT", { eventName: "bought", timeout: 259_200 })).toBe("“bought”, for 3 days");
        expect(say("CONDITION", { opened: "m" })).toBe("opened “Mail”");
        expect(say("UPDATE_CONTACT", { data: { stage: "active", seen: true } })).toBe('stage = "active", seen = true');
        expect(say("WEBHOOK", { url: "https://a.example" })).toBe("POST https://a.example");
        expect(say("EXIT", { reason: "done" })).toBe("done");
    });

    it("says the first filter of a condition, and how many follow", () => {
        const filter = { logic: "AND", groups: [{ filters: [{ field: "data.plan", operator: "equals", value: "team" }, { field: "email", operator: "exists" }] }] };
        expect(say("CONDITION", { filter })).toMatch(/^data\.plan .+“team” and 1 more$/);
    });
});

it("tells seconds by their largest whole unit", () => {
    expect([90, 5_400, 86_400, 7].map(secondsWords)).toEqual(["90 seconds", "90 minutes", "1 day", "7 seconds"]);
});

it("says a trigger of a segment by the segment's name", () => {
    const segments = [{ slug: "vip.gold", name: "Gold" }] as Segment[];
    const by = (eventName: string) => triggerWords({ triggerType: "EVENT", triggerConfig: { eventName } } as WorkflowSummary, segments);
    expect(by("segment.vip.gold.exit")).toBe("when somebody leaves “Gold”");
    expect(by("segment.gone.entry")).toBe("when “segment.gone.entry” happens");
});
