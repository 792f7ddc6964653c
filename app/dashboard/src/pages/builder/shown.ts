/* What the builder can show without losing anything: the rest stays in the JSON tab. Pure. */
import type { Condition } from "../../api/types";
import type { GroupNode } from "./model";
import { isGroup, treeOf } from "./model";

/** Groups inside one another that still can be read on a page. */
const DEEPEST = 8;
/** Rules that can be drawn and dragged smoothly. */
const MOST = 150;

const MEMBERS = {
    condition: ["logic", "groups"],
    group: ["filters", "conditions", "not"],
    filter: ["field", "operator", "value", "unit", "window", "where"],
    window: ["value", "unit"],
    where: ["property", "operator", "value", "unit"],
} as const;

function isObject(value: unknown, kind: keyof typeof MEMBERS): value is Record<string, unknown> {
    const known: readonly string[] = MEMBERS[kind];
    return typeof value === "object" && value !== null && !Array.isArray(value) && Object.keys(value).every((name) => known.includes(name));
}

function isListOf(value: unknown, holds: (item: unknown) => boolean): boolean {
    return Array.isArray(value) && value.every(holds);
}

function isWhere(value: unknown): boolean {
    return isObject(value, "where") && typeof value.property === "string" && typeof value.operator === "string";
}

function isFilter(value: unknown): boolean {
    return isObject(value, "filter") && typeof value.field === "string" && typeof value.operator === "string" &&
        (value.window === undefined || isObject(value.window, "window")) &&
        (value.where === undefined || isListOf(value.where, isWhere));
}

function isGroupOf(value: unknown): boolean {
    return isObject(value, "group") && (value.filters === undefined || isListOf(value.filters, isFilter)) &&
        (value.conditions == null || isCondition(value.conditions)) &&
        (value.not === undefined || typeof value.not === "boolean");
}

/** Whether a value has the form of a condition, with no member that the builder does not know. */
export function isCondition(value: unknown): value is Condition {
    return isObject(value, "condition") && (value.logic === "AND" || value.logic === "OR") &&
        Array.isArray(value.groups) && value.groups.length > 0 && value.groups.every(isGroupOf);
}

function sizeOf(tree: GroupNode): { depth: number; rules: number } {
    let depth = 0;
    let rules = 0;
    for (const node of tree.rules) {
        const inner = isGroup(node) ? sizeOf(node) : { depth: 0, rules: 1 };
        depth = Math.max(depth, inner.depth);
        rules += inner.rules;
    }
    return { depth: depth + 1, rules };
}

/** Why the builder does not show a condition; null when it does. */
export function unshown(condition: unknown): "form" | "deep" | "long" | null {
    if (condition === null)
        return null;
    if (!isCondition(condition))
        return "form";
    const { depth, rules } = sizeOf(treeOf(condition));
    return depth > DEEPEST ? "deep" : rules > MOST ? "long" : null;
}
