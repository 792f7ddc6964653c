/* Who uses a segment, and what it is built from, as the two sides of one picture. */
import type { Condition, Segment } from "../../api/types";
import { t } from "../../strings";

export interface Usage {
    segments: { id: string; name: string }[];
    campaigns: { id: string; name: string; status: string }[];
    sequences: { id: string; name: string; enabled: boolean }[];
    webhooks: { id: string; url: string; events: string[] }[];
    canDelete: boolean;
}

/** What the API says of the event that an entry or an exit is. */
export interface MoveUsage {
    usedInWorkflows?: { id: string; name: string }[];
}

export interface UsageNode {
    kind: "segment" | "campaign" | "sequence" | "workflow" | "webhook";
    id: string;
    name: string;
    /** How they belong together, in words. */
    how: string;
    /** The page about it; sequences have none. */
    to: string | null;
}

/** The segments that a filter names, each once. */
export function segmentsIn(condition: Condition | null): string[] {
    const ids = (condition?.groups ?? []).flatMap((group) => [
        ...(group.filters ?? []).map((filter) => filter.field).filter((field) => field.startsWith("segment.")).map((field) => field.slice("segment.".length)),
        ...segmentsIn(group.conditions ?? null),
    ]);
    return [...new Set(ids)];
}

/** What a segment is built from. */
export function sourcesOf(segment: Segment, all: Segment[]): UsageNode[] {
    return segmentsIn(segment.condition).map((id) => ({
        kind: "segment", id, name: all.find((other) => other.id === id)?.name ?? id, how: t.usage.how.filter, to: `/segments/${id}`,
    }));
}

/** What uses it. A workflow may start on entries and on exits: it stands once, with both. */
export function usersOf(usage: Usage, entry: MoveUsage | undefined, exit: MoveUsage | undefined): UsageNode[] {
    const starts = new Map<string, UsageNode>();
    for (const [moves, how] of [[entry, t.usage.how.entry], [exit, t.usage.how.exit]] as const) {
        for (const { id, name } of moves?.usedInWorkflows ?? []) {
            const before = starts.get(id);
            starts.set(id, { kind: "workflow", id, name, how: before ? `${before.how}, ${how}` : how, to: `/workflows/${id}` });
        }
    }
    return [
        ...usage.segments.map(({ id, name }): UsageNode => ({ kind: "segment", id, name, how: t.usage.how.filter, to: `/segments/${id}` })),
        ...usage.campaigns.map(({ id, name, status }): UsageNode => ({ kind: "campaign", id, name, how: t.usage.status[status] ?? status, to: `/campaigns/${id}` })),
        ...starts.values(),
        ...usage.sequences.map(({ id, name, enabled }): UsageNode => ({ kind: "sequence", id, name, how: enabled ? t.usage.enabled : t.usage.disabled, to: null })),
        ...usage.webhooks.map(({ id, url, events }): UsageNode => ({ kind: "webhook", id, name: url, how: events.join(", "), to: `/webhooks/${id}` })),
    ];
}
