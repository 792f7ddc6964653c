/* What GET /system answers, and what it means. */
export interface Queue {
    depth: number;
    isCapped: boolean;
    oldestSeconds: number | null;
}

export interface Job {
    name: string;
    runs: number;
    failed: number;
    lastRunAt: string | null;
    meanMs: number;
}

export interface System {
    at: string;
    version: { muster: string; database: string; migration: { last: string; applied: number; available: number } };
    uptimeSeconds: number;
    project: {
        contacts: number;
        events: number;
        eventNames: number;
        fields: number;
        segments: number;
        trackedSegments: number;
        webhooks: number;
        foldedAt: string | null;
        queues: Record<string, Queue>;
    };
    server?: {
        projects: number;
        queues: Record<string, Queue>;
        webhooksDisabled: number;
        chunkCache: { hits: number; maps: number; loads: number };
        jobs: Job[];
    };
    limits: Record<string, number | string | null>;
}

/** Limits that are told in bytes. */
export const LIMIT_BYTES = new Set(["bodyBytes", "importBytes", "importRowBytes", "dataBytes", "filterBytes"]);

/* The worker's timers run every few seconds: what waits longer than this waits for a reason. */
const LATE_SECONDS = 60;

/** Why a queue wants to be looked at; null where all is as it should be. */
type Concern = "late" | "givenUp" | null;

function concernOf(name: string, queue: Queue | undefined): Concern {
    if (queue === undefined || queue.depth === 0)
        return null;
    if (name === "deliveriesDead")
        return "givenUp";
    return queue.oldestSeconds !== null && queue.oldestSeconds > LATE_SECONDS ? "late" : null;
}

/** A queue, in the project and (for who may see it) on the whole server. */
export interface QueueRow {
    name: string;
    project: Queue;
    server: Queue | undefined;
    concern: Concern;
}

export function queueRows(system: System): QueueRow[] {
    return Object.entries(system.project.queues).map(([name, project]) => {
        const server = system.server?.queues[name];
        return { name, project, server, concern: concernOf(name, project) ?? concernOf(name, server) };
    });
}

/** How many things want to be looked at. */
export function concernsOf(system: System): number {
    const { applied, available } = system.version.migration;
    return queueRows(system).filter((row) => row.concern !== null).length
        + (applied < available ? 1 : 0) + (system.server?.webhooksDisabled ? 1 : 0);
}

const STEPS: [number, string][] = [[86_400, "d"], [3_600, "h"], [60, "min"]];

/** A length of time by its largest unit: "1.3 s", "5 min", "3 h". */
export function formatSeconds(seconds: number): string {
    const step = STEPS.find(([size]) => seconds >= size);
    return step ? `${Math.floor(seconds / step[0])} ${step[1]}` : `${seconds.toFixed(seconds < 10 ? 1 : 0)} s`;
}
