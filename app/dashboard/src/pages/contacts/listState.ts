/* What the list of contacts shows, as its address says it, and what to ask the API for that. Pure. */
import type { Condition, Filter, Group } from "../../api/types";

export const PAGE_SIZE = 50;

export type Order = "newest" | "oldest" | "email" | "emailDown";
export type Subscription = "" | "true" | "false";

export interface ListState {
    search: string;
    subscribed: Subscription;
    order: Order;
    /** The filter's text, as the address has it. */
    filter: string;
    /** The page behind this contact, or the one in front of it. */
    after: string;
    before: string;
    /** A bulk action that is looked at. */
    job: string;
}

const NAMES: Record<keyof ListState, string> = {
    search: "search", subscribed: "subscribed", order: "order", filter: "filter", after: "after", before: "before", job: "job",
};

const ORDERS: Record<Order, [sort: string, dir: "asc" | "desc"]> = {
    newest: ["createdAt", "desc"], oldest: ["createdAt", "asc"], email: ["email", "asc"], emailDown: ["email", "desc"],
};

export function readState(params: URLSearchParams): ListState {
    const subscribed = params.get(NAMES.subscribed);
    const order = params.get(NAMES.order) as Order | null;
    return {
        search: params.get(NAMES.search) ?? "",
        subscribed: subscribed === "true" || subscribed === "false" ? subscribed : "",
        order: order && Object.hasOwn(ORDERS, order) ? order : "newest",
        filter: params.get(NAMES.filter) ?? "",
        after: params.get(NAMES.after) ?? "",
        before: params.get(NAMES.before) ?? "",
        job: params.get(NAMES.job) ?? "",
    };
}

/** The address of another state: what is as usual is left out. */
export function writeState(state: ListState): URLSearchParams {
    const params = new URLSearchParams();
    for (const name of Object.keys(NAMES) as (keyof ListState)[]) {
        const isUsual = name === "order" ? state.order === "newest" : state[name] === "";
        if (!isUsual)
            params.set(NAMES[name], state[name]);
    }
    return params;
}

/** What else is shown begins at its first page. */
export function changed(state: ListState, change: Partial<ListState>): ListState {
    const isPaging = "after" in change || "before" in change;
    return { ...state, ...(isPaging || "job" in change ? {} : { after: "", before: "" }), ...change };
}

export function isNarrowed(state: ListState): boolean {
    return state.search !== "" || state.subscribed !== "" || state.filter !== "";
}

/** The condition that the address holds; undefined when it is no JSON object. */
export function readFilter(text: string): Condition | null | undefined {
    if (text === "")
        return null;
    try {
        const value: unknown = JSON.parse(text);
        return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Condition) : undefined;
    } catch {
        return undefined;
    }
}

/** Who is meant: without order and page. */
export function whoQuery(state: ListState): Record<string, string> {
    return { search: state.search, subscribed: state.subscribed, filter: state.filter };
}

/**
 * What to ask for the page. The API pages forwards only; the page in front of a contact is what
 * follows it in the opposite order, to be turned round (see pageOf).
 */
export function pageQuery(state: ListState): Record<string, string | number> {
    const [sort, dir] = ORDERS[state.order];
    const opposite = dir === "asc" ? "desc" : "asc";
    return {
        ...whoQuery(state), sort, dir: state.before ? opposite : dir, cursor: state.before || state.after, limit: PAGE_SIZE,
    };
}

export interface PageOf<T> {
    rows: T[];
    hasPrevious: boolean;
    hasNext: boolean;
}

/** The rows of an answer to pageQuery as they are shown, and where one can go from there. */
export function pageOf<T>(state: ListState, answer: { data: T[]; hasMore: boolean }): PageOf<T> {
    if (state.before)
        return { rows: [...answer.data].reverse(), hasPrevious: answer.hasMore, hasNext: true };
    return { rows: answer.data, hasPrevious: state.after !== "", hasNext: answer.hasMore };
}

/** How many rules a condition has, however deep. */
export function countRules(condition: Condition | null): number {
    const inGroup = (group: Group): number => (group.filters?.length ?? 0) + countRules(group.conditions ?? null);
    return (condition?.groups ?? []).reduce((sum, group) => sum + inGroup(group), 0);
}

/** The rules of a condition that is one list of them, all of which must hold; null for any other. */
export function plainRules(condition: Condition | null): Filter[] | null {
    const [group, ...others] = condition?.groups ?? [];
    return group && others.length === 0 && !group.not && !group.conditions ? (group.filters ?? []) : null;
}

/** The same as search, subscription and filter in one condition, for what takes nothing else. */
export function asCondition(state: ListState): Condition {
    const condition = readFilter(state.filter);
    if (condition && state.search === "" && state.subscribed === "")
        return condition;
    const group: Group = { filters: [{ field: "email", operator: "contains", value: state.search }] }; // "": everybody
    if (state.subscribed)
        group.filters!.push({ field: "subscribed", operator: "equals", value: state.subscribed === "true" });
    return { logic: "AND", groups: [condition ? { ...group, conditions: condition } : group] };
}
