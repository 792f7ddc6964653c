/* Steps, triggers and ways of a workflow in words; pure. */
import type { Condition, Segment } from "../../api/types";
import { t } from "../../strings";
import type { Names } from "../segments/filterWords";
import { filtersOf, filterWords, spanWords } from "../segments/filterWords";
import type { Step, Transition, WorkflowSummary } from "./workflowData";
import { segmentOfTrigger } from "./workflowData";

const words = t.workflows;

/** What begins it. */
export function triggerWords(workflow: WorkflowSummary, segments: Segment[]): string {
    const trigger = workflow.triggerConfig ?? {};
    const told = segmentOfTrigger(workflow, segments);
    if (told)
        return told.isEntry ? words.onEntry(told.segment.name) : words.onExit(told.segment.name);
    switch (workflow.triggerType) {
        case "EVENT": return words.onEvent(trigger.eventName ?? "");
        case "SCHEDULE": return words.onSchedule(trigger.cron ?? "");
        case "MANUAL": return words.byHand;
    }
}

const SPANS: [number, string][] = [[604_800, "weeks"], [86_400, "days"], [3_600, "hours"], [60, "minutes"]];

/** Seconds by the largest unit that they are a whole number of: "3 days". */
export function secondsWords(seconds: number): string {
    const [size, unit] = SPANS.find(([length]) => seconds % length === 0) ?? [1, "seconds"];
    return spanWords(seconds / size, unit);
}

function conditionWords(condition: Condition, names: Names): string {
    const [first, ...rest] = filtersOf(condition);
    return first ? [filterWords(first, names), rest.length ? words.andMore(rest.length) : ""].filter(Boolean).join(" ") : "";
}

/** What a step does, in a line. */
export function stepWords({ type, config }: Step, steps: Step[], names: Names): string {
    const text = (name: string) => (typeof config[name] === "string" ? config[name] : "");
    switch (type) {
        case "DELAY": return spanWords(config.amount, text("unit"));
        case "WAIT_FOR_EVENT": return words.waits(text("eventName"), secondsWords(Number(config.timeout)));
        case "CONDITION":
            return config.filter
                ? conditionWords(config.filter as Condition, names)
                : words.openedMail(steps.find((step) => step.id === config.opened)?.name ?? "");
        case "WEBHOOK": return `${text("method") || "POST"} ${text("url")}`;
        case "UPDATE_CONTACT": return Object.entries((config.data ?? {}) as object).map(([name, value]) => `${name} = ${JSON.stringify(value)}`).join(", ");
        case "EXIT": return text("reason");
        default: return "";
    }
}

/** Which way out of a step it is; "" where there is only one. */
export function wayWords({ condition }: Transition): string {
    if (!condition)
        return "";
    return "branch" in condition ? words.branches[condition.branch] : words.outcomes[condition.waitOutcome];
}
