/* What the workflow routes answer, and who would enter. */
import { api, route } from "../../api/client";
import type { Condition, Contact, Paged, Segment } from "../../api/types";
import { t } from "../../strings";

export const EXECUTION_STATES = ["RUNNING", "WAITING", "COMPLETED", "EXITED", "FAILED", "CANCELLED"] as const;

export type ExecutionState = (typeof EXECUTION_STATES)[number];

export type StepType = "TRIGGER" | "SEND_EMAIL" | "DELAY" | "WAIT_FOR_EVENT" | "CONDITION" | "WEBHOOK" | "UPDATE_CONTACT" | "EXIT";

export interface WorkflowSummary {
    id: string;
    name: string;
    description: string | null;
    triggerType: "EVENT" | "MANUAL" | "SCHEDULE";
    triggerConfig: { eventName?: string; cron?: string; condition?: Condition | null } | null;
    enabled: boolean;
    allowReentry: boolean;
    version: number;
    nextRunAt?: string;
    createdAt: string;
    updatedAt: string;
}

export interface Step {
    id: string;
    type: StepType;
    name: string;
    config: Record<string, unknown>;
}

export interface Transition {
    id: string;
    fromStepId: string;
    toStepId: string;
    condition: { branch: "yes" | "no" } | { waitOutcome: "EVENT" | "TIMEOUT" } | null;
    priority: number;
}

export interface Workflow extends WorkflowSummary {
    steps: Step[];
    transitions: Transition[];
}

export interface ExecutionSummary {
    id: string;
    contactId: string;
    email: string;
    status: ExecutionState;
    currentStepId: string | null;
    startedAt: string;
    completedAt: string | null;
    exitReason: string | null;
}

export interface Execution extends ExecutionSummary {
    context: Record<string, unknown>;
    stepsOmitted?: number;
    steps: { stepId: string; type: StepType; outcome: string | null; at: string; problem?: string }[];
}

export function stepNameOf(workflow: Workflow, id: string | null): string {
    return id === null ? "–" : (workflow.steps.find((step) => step.id === id)?.name ?? t.workflows.stepGone);
}

export const workflows = {
    list: (query: Record<string, string | number>, signal: AbortSignal) => api.get<Paged<WorkflowSummary>>("/workflows", query, signal),
    get: (id: string, signal: AbortSignal) => api.get<Workflow>(route`/workflows/${id}`, undefined, signal),
    enable: (id: string, enabled: boolean) => api.patch<Workflow>(route`/workflows/${id}`, { enabled }),
    remove: (id: string) => api.delete(route`/workflows/${id}`),
    executions: (id: string, query: Record<string, string | number>, signal: AbortSignal) =>
        api.get<Paged<ExecutionSummary>>(route`/workflows/${id}/executions`, query, signal),
    execution: (id: string, executionId: string, signal: AbortSignal) =>
        api.get<Execution>(route`/workflows/${id}/executions/${executionId}`, undefined, signal),
    putIn: (id: string, contactId: string) => api.post<ExecutionSummary>(route`/workflows/${id}/executions`, { contactId }),
    cancel: (id: string, executionId: string) => api.delete(route`/workflows/${id}/executions/${executionId}`),
    cancelAll: (id: string) => api.post(route`/workflows/${id}/executions/cancel-all`),
};

/** Who enters a workflow, as far as it can be known beforehand. */
export type Audience =
    | { kind: "manual" }
    | { kind: "everybody" }
    | { kind: "segment"; segment: Segment; isEntry: boolean }
    | { kind: "condition"; condition: Condition } // a schedule's
    | { kind: "event"; eventName: string; condition: Condition }; // who did it lately

const RECENT_DAYS = 30;

/** The segment whose entries or exits begin it, if that is what does. */
export function segmentOfTrigger(workflow: WorkflowSummary, segments: Segment[]): { segment: Segment; isEntry: boolean } | null {
    const [, slug, way] = /^segment\.(.+)\.(entry|exit)$/.exec(workflow.triggerConfig?.eventName ?? "") ?? [];
    const segment = segments.find((item) => item.slug === slug);
    return segment ? { segment, isEntry: way === "entry" } : null;
}

export function audienceOf(workflow: WorkflowSummary, segments: Segment[]): Audience {
    const trigger = workflow.triggerConfig ?? {};
    if (workflow.triggerType === "MANUAL")
        return { kind: "manual" };
    if (workflow.triggerType === "SCHEDULE")
        return trigger.condition ? { kind: "condition", condition: trigger.condition } : { kind: "everybody" };
    const told = segmentOfTrigger(workflow, segments);
    if (told)
        return { kind: "segment", ...told };
    const eventName = trigger.eventName ?? "";
    const condition: Condition = {
        logic: "AND",
        groups: [{ filters: [{ field: `event.${eventName}`, operator: "triggeredWithin", value: RECENT_DAYS, unit: "days" }] }],
    };
    return { kind: "event", eventName, condition };
}

export function preview(condition: Condition, signal: AbortSignal) {
    return api.post<{ count: number; sample: Contact[] }>("/segments/preview", { condition, limit: 5 }, { signal });
}

/** The contacts whose address holds the text, to put one in. */
export async function findContacts(text: string, signal: AbortSignal) {
    return (await api.get<{ data: Contact[] }>("/contacts", { search: text, limit: 8 }, signal)).data;
}
