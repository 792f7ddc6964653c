/* Which operators there are, what each wants, and which fit a field (app/filter/README.md). Pure. */
import type { Operand } from "./model";

type OperandKind = "none" | "value" | "list" | "pair" | "span" | "days" | "count";

export type ValueType = "string" | "number" | "boolean" | "date";

/** What a field is, as far as operators go; unknown: nothing that the engine would take. */
export type FieldKind = "email" | "subscribed" | "status" | "time" | "data" | "event" | "message" | "segment" | "tag" | "list" |
    "campaign" | "sequence" | "unknown";

const OPERANDS: Record<string, OperandKind> = {
    equals: "value", notEquals: "value", contains: "value", notContains: "value",
    startsWith: "value", notStartsWith: "value", endsWith: "value", notEndsWith: "value",
    in: "list", notIn: "list",
    greaterThan: "value", greaterThanOrEqual: "value", lessThan: "value", lessThanOrEqual: "value", between: "pair",
    exists: "none", notExists: "none", isEmpty: "none", notEmpty: "none",
    within: "span", olderThan: "span", withinNext: "span", moreThanAhead: "span", anniversaryWithinNext: "days",
    triggered: "none", notTriggered: "none", triggeredWithin: "span", notTriggeredWithin: "span", triggeredOlderThan: "span",
    firstTriggeredWithin: "span", firstTriggeredOlderThan: "span",
    countAtLeast: "count", countAtMost: "count", countEquals: "count",
    memberOfSegment: "none", notMemberOfSegment: "none", has: "none", notHas: "none",
};

const OPPOSITES: [positive: string, negative: string][] = [
    ["equals", "notEquals"], ["contains", "notContains"], ["startsWith", "notStartsWith"], ["endsWith", "notEndsWith"],
    ["in", "notIn"], ["exists", "notExists"],
];

export function oppositeOf(operator: string): string | null {
    const pair = OPPOSITES.find((item) => item.includes(operator));
    return pair ? pair[pair[0] === operator ? 1 : 0] : null;
}

export function isNegative(operator: string): boolean {
    return OPPOSITES.some(([, negative]) => negative === operator);
}

/** What an operator wants; an unknown one may have any value. */
export function operandOf(operator: string): OperandKind {
    return OPERANDS[operator] ?? "value";
}

const EQUAL = ["equals", "notEquals"];
const LISTED = ["in", "notIn"];
const TEXT = ["contains", "notContains", "startsWith", "notStartsWith", "endsWith", "notEndsWith"];
const ORDERED = ["greaterThan", "greaterThanOrEqual", "lessThan", "lessThanOrEqual", "between"];
const WINDOWS = ["within", "olderThan", "withinNext", "moreThanAhead", "anniversaryWithinNext"];
const PRESENT = ["exists", "notExists"];
const OCCURRED = ["triggered", "notTriggered", "triggeredWithin", "notTriggeredWithin", "triggeredOlderThan", "firstTriggeredWithin",
    "firstTriggeredOlderThan", "countAtLeast", "countAtMost", "countEquals"];

const BY_KIND: Record<Exclude<FieldKind, "data">, string[]> = {
    email: [...EQUAL, ...TEXT, ...LISTED],
    subscribed: EQUAL,
    status: [...EQUAL, ...LISTED],
    time: ["within", "olderThan", "greaterThan", "greaterThanOrEqual", "lessThan", "lessThanOrEqual", "between", ...EQUAL,
        "withinNext", "moreThanAhead", "anniversaryWithinNext"],
    event: OCCURRED,
    message: OCCURRED,
    segment: ["memberOfSegment", "notMemberOfSegment"],
    tag: ["has", "notHas"],
    list: ["has", "notHas"],
    campaign: ["has", "notHas"],
    sequence: ["has", "notHas"],
    unknown: [],
};

const BY_TYPE: Record<ValueType, string[]> = {
    string: [...EQUAL, ...LISTED, ...TEXT, ...PRESENT, "isEmpty", "notEmpty"],
    number: [...EQUAL, ...ORDERED, ...LISTED, ...PRESENT],
    boolean: [...EQUAL, ...PRESENT],
    date: ["within", "olderThan", "withinNext", "moreThanAhead", "anniversaryWithinNext", ...EQUAL, ...ORDERED, ...PRESENT],
};

/** Every operator that data can have, for a field of which nothing is known. */
export const ON_DATA = [...EQUAL, ...LISTED, ...TEXT, ...ORDERED, ...WINDOWS, ...PRESENT, "isEmpty", "notEmpty"];

/** The operators that fit a field whose values have these types (none known: all that data can have). */
export function operatorsFor(kind: FieldKind, types: ValueType[]): string[] {
    if (kind !== "data")
        return BY_KIND[kind];
    if (types.length === 0)
        return ON_DATA;
    return [...new Set(types.flatMap((type) => BY_TYPE[type]))];
}

export const MESSAGES: Record<string, string> = {
    sent: "sent", delivered: "delivered", delivery: "delivered", opened: "opened", open: "opened", clicked: "clicked", click: "clicked",
    bounced: "bounced", bounce: "bounced", complained: "complained", complaint: "complained",
};

const PREFIXES: FieldKind[] = ["data", "event", "segment", "tag", "list", "campaign", "sequence"];

/** What a field is, and what its name is behind the prefix. */
export function partsOf(field: string): { kind: FieldKind; name: string } {
    if (field === "email" || field === "subscribed" || field === "status")
        return { kind: field, name: field };
    if (field === "createdAt" || field === "updatedAt" || field === "subscribedAt")
        return { kind: "time", name: field };
    const dot = field.indexOf(".");
    const prefix = field.slice(0, Math.max(dot, 0));
    const name = field.slice(dot + 1);
    if (prefix === "email" && MESSAGES[name])
        return { kind: "message", name: MESSAGES[name] };
    const kind = PREFIXES.find((item) => item === prefix);
    return kind && name ? { kind, name } : { kind: "unknown", name: field };
}

/** The kind of a rule's field; a bare name with an operator on occurrences is that event. */
export function kindOf(field: string, operator: string): FieldKind {
    const { kind } = partsOf(field);
    return kind === "unknown" && field && OCCURRED.includes(operator) ? "event" : kind;
}

function isNumber(value: unknown): boolean {
    return typeof value === "number" && Number.isFinite(value);
}

function isThere(value: unknown): boolean {
    return value !== undefined && value !== null;
}

function isWhole(operator: string, operand: Pick<Operand, "value" | "unit" | "window">): boolean {
    switch (operandOf(operator)) {
    case "none":
        return true;
    case "value":
        return isThere(operand.value);
    case "list":
        return Array.isArray(operand.value) && operand.value.length > 0;
    case "pair":
        return Array.isArray(operand.value) && operand.value.length === 2 && operand.value.every(isThere);
    case "span":
        return isNumber(operand.value) && !!operand.unit;
    case "days":
        return isNumber(operand.value);
    case "count":
        return isNumber(operand.value) && (!operand.window || isNumber(operand.window.value));
    }
}

/** Whether a rule has all that it needs to be asked. */
export function isComplete(rule: { field: string; operator: string; value: Operand }): boolean {
    return rule.field !== "" && rule.operator !== "" && isWhole(rule.operator, rule.value) &&
        (rule.value.where ?? []).every((item) => item.property !== "" && item.operator !== "" && isWhole(item.operator, item));
}

const DATE = /^\d{4}-\d\d-\d\d(T\d\d:\d\d.*)?$/;

/** What type a value has, as far as it can be told from it. */
export function typeOf(value: unknown): ValueType | null {
    if (typeof value === "number" || typeof value === "boolean")
        return typeof value as ValueType;
    if (typeof value === "string")
        return DATE.test(value) ? "date" : "string";
    return null;
}

/** The operand of another operator, with what still fits of the one before. */
export function carryOver(before: Operand, from: string, to: string): Operand {
    const kept: Operand = before.orMissing ? { orMissing: true } : {};
    if (before.where?.length)
        kept.where = before.where;
    const was = operandOf(from);
    const is = operandOf(to);
    const isWindow = (kind: OperandKind) => kind === "span" || kind === "days";
    if (is === "span")
        return { ...kept, value: isWindow(was) ? before.value : undefined, unit: before.unit ?? "days" };
    if (is === was || (isWindow(is) && isWindow(was)))
        return { ...kept, value: before.value, ...(is === "count" && before.window ? { window: before.window } : {}) };
    if (is === "list" && was === "value" && isThere(before.value) && before.value !== "")
        return { ...kept, value: [before.value] };
    if (is === "value" && was === "list" && Array.isArray(before.value))
        return { ...kept, value: before.value[0] };
    if (is === "pair")
        return { ...kept, value: [was === "value" ? before.value : undefined, undefined] };
    if (is === "value" && was === "pair" && Array.isArray(before.value))
        return { ...kept, value: before.value[0] };
    return kept;
}
