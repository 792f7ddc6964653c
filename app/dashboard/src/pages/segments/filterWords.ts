/* A filter as words for people; pure. */
import type { Condition, Filter, Where } from "../../api/types";
import { t } from "../../strings";

const words = t.segments;

/** What ids in filters are called: "segment.<id>" to its name. */
export type Names = ReadonlyMap<string, string>;

type Comparison = Filter | Where;

export function valueWords(value: unknown): string {
    if (typeof value === "string")
        return `“${value}”`;
    if (Array.isArray(value))
        return value.map(valueWords).join(", ");
    return typeof value === "object" ? JSON.stringify(value) : String(value);
}

export function spanWords(value: unknown, unit: string): string {
    const [one, many] = words.units[unit] ?? [unit, unit];
    return `${String(value)} ${value === 1 ? one : many}`;
}

function operandWords(filter: Comparison): string {
    const { operator, value, unit } = filter;
    if (operator.startsWith("count"))
        return words.times(String(value));
    if (operator === "anniversaryWithinNext")
        return spanWords(value, "days");
    if (unit !== undefined)
        return spanWords(value, unit);
    if (operator === "between" && Array.isArray(value))
        return value.map(valueWords).join(` ${words.andBetween} `);
    return value === undefined ? "" : valueWords(value);
}

/** The subject of a comparison: a member of a segment or the holder of a tag is the contact itself. */
function subjectOf(field: string, names: Names): { subject: string; object: string } {
    const [, kind, id] = /^(segment|tag|list|campaign|sequence)\.(.+)$/.exec(field) ?? [];
    if (!kind || !id)
        return { subject: field, object: "" };
    const name = names.get(field) ?? id;
    return { subject: "", object: [words.fieldKinds[kind], `“${name}”`].filter(Boolean).join(" ") };
}

/** "data.plan is one of “team”, “pro”". */
export function filterWords(filter: Comparison, names: Names = new Map()): string {
    const { subject, object } = subjectOf("field" in filter ? filter.field : filter.property, names);
    const operator = words.operators[filter.operator] ?? filter.operator;
    const operand = object || operandWords(filter);
    const window = "window" in filter && filter.window ? words.inWindow(spanWords(filter.window.value, filter.window.unit)) : "";
    const where = "where" in filter && filter.where?.length
        ? `${words.where} ${filter.where.map((item) => filterWords(item)).join(` ${words.andBetween} `)}`
        : "";
    return [subject, operator, operand, window, where].filter(Boolean).join(" ");
}

/** Every filter of a condition, in the order of reading. */
export function filtersOf(condition: Condition | null | undefined): Filter[] {
    return (condition?.groups ?? []).flatMap((group) => [...(group.filters ?? []), ...filtersOf(group.conditions)]);
}
