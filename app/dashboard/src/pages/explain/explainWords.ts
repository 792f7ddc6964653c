/* What the API's explanation says, in words; pure. */
import type { Filter } from "../../api/types";
import { t } from "../../strings";
import { formatSince } from "../../ui/text";
import { filterWords, type Names } from "../segments/filterWords";

const words = t.segments.explain;

export interface ExplainNode extends Partial<Filter> {
    kind: "all" | "any" | "not" | "leaf" | "segment";
    path: string;
    result: boolean;
    flipsAt: string | null;
    children?: ExplainNode[];
    actual?: unknown;
    mixed?: boolean;
    segment?: { id: string; name: string; type: "STATIC" | "DYNAMIC" };
    tree?: ExplainNode;
}

/** What an event or a membership was found to be. */
export interface Found {
    count?: number;
    first?: string;
    last?: string;
    decides?: string;
    member?: boolean;
    enteredAt?: string;
}

const AN_INSTANT = /^\d{4}-\d\d-\d\dT/;

export function isInstant(value: unknown): value is string {
    return typeof value === "string" && AN_INSTANT.test(value) && !Number.isNaN(Date.parse(value));
}

/** The datum as an event's or a membership's record, where it is one (a contact's own data may be any object). */
export function foundOf(node: ExplainNode): Found | null {
    const isRecord = /^(event|email|segment|tag|list|campaign|sequence)\./.test(node.field ?? "");
    return isRecord && typeof node.actual === "object" && node.actual !== null ? (node.actual as Found) : null;
}

/** The fields of a tree's comparisons, with those of the segments in it. */
export function fieldsOf(node: ExplainNode): string[] {
    return [...(node.field ? [node.field] : []), ...[...(node.children ?? []), ...(node.tree ? [node.tree] : [])].flatMap(fieldsOf)];
}

/** What a node demands. */
export function nodeWords(node: ExplainNode, names?: Names): string {
    if (!node.field || !node.operator)
        return words.kinds[node.kind] ?? node.kind;
    const own = node.segment ? new Map([[node.field, node.segment.name]]) : names;
    return filterWords({ ...node, field: node.field, operator: node.operator }, own);
}

/** "Leaves in 3 days if nothing happens." */
export function flipWords(isMember: boolean, flipsAt: string | null, nowMs = Date.now()): string {
    if (!flipsAt)
        return words.stays;
    const when = formatSince(flipsAt, nowMs);
    return isMember ? words.leavesIn(when) : words.entersIn(when);
}
