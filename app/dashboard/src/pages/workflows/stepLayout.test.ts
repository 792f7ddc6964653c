import { describe, expect, it } from "vitest";
import { layOut } from "./stepLayout";
import type { Step, Transition } from "./workflowData";

const step = (id: string, type: Step["type"] = "DELAY"): Step => ({ id, type, name: id, config: {} });
const line = (fromStepId: string, toStepId: string, condition: Transition["condition"] = null): Transition =>
    ({ id: fromStepId + toStepId, fromStepId, toStepId, condition, priority: 0 });
const places = (steps: Step[], transitions: Transition[]) =>
    Object.fromEntries(layOut(steps, transitions).placed.map(({ step: { id }, row, column }) => [id, [row, column]]));

describe("layOut", () => {
    it("puts branches side by side, yes left of no, and their meeting point below the longer one", () => {
        const steps = [step("t", "TRIGGER"), step("no"), step("yes"), step("c"), step("end", "EXIT")];
        const lines = [line("t", "no", { branch: "no" }), line("t", "yes", { branch: "yes" }), line("yes", "c"), line("c", "end"), line("no", "end")];
        expect(places(steps, lines)).toEqual({ t: [0, 0], yes: [1, -0.5], no: [1, 0.5], c: [2, -0.5], end: [3, 0] });
    });

    it("gives a long line a place in each row that it passes", () => {
        const steps = [step("t", "TRIGGER"), step("a"), step("end", "EXIT")];
        const { ways, columnCount, rowCount } = layOut(steps, [line("t", "a"), line("a", "end"), line("t", "end")]);
        expect(ways.find((way) => way.transition.id === "tend")!.via).toMatchObject([{ row: 1, column: 0.5 }]);
        expect([columnCount, rowCount]).toEqual([2, 3]);
    });

    it("knows a loop, and puts what nothing leads to last", () => {
        const steps = [step("t", "TRIGGER"), step("a"), step("b"), step("lost")];
        const lines = [line("t", "a"), line("a", "b"), line("b", "a")];
        expect(places(steps, lines)).toEqual({ t: [0, 0], a: [1, 0], b: [2, 0], lost: [3, 0] });
        expect(layOut(steps, lines).ways.filter((way) => way.isUp).map((way) => way.transition.id)).toEqual(["ba"]);
    });

    it("takes a workflow without steps", () => {
        expect(layOut([], [])).toEqual({ placed: [], ways: [], columnCount: 1, rowCount: 0 });
    });
});
