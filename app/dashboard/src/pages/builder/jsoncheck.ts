/* The filter as text in any dialect: read as it is typed, and written from the rules. */
import { useQuery } from "@tanstack/react-query";
import { useEffect, useMemo } from "react";
import { api, ApiError } from "../../api/client";
import type { Condition, Dialect } from "../../api/types";
import { t } from "../../strings";
import { messageOf, useSettled } from "../../ui";
import { lineOfPath, readJson } from "./jsontext";

/** Under which name this page keeps the text of its JSON tab. */
export function jsonDraftName(): string {
    return `filter.${location.pathname}`;
}

export interface JsonDraft {
    dialect: Dialect;
    text: string;
}

interface Converted {
    filter: unknown;
    notes: { path: string; message: string }[];
}

const SETTLES_MS = 200;
const words = t.builder;

function convert(from: Dialect, to: Dialect, filter: unknown, signal: AbortSignal): Promise<Converted> {
    return api.post<Converted>("/segments/convert", { from, to, filter }, { signal });
}

function mayPass(count: number, error: unknown): boolean {
    return error instanceof ApiError && error.isPassing && count < 3;
}

export type JsonState =
    | { is: "none" }
    | { is: "reading" }
    | { is: "good" }
    | { is: "bad"; line: number; message: string };

function refusal(error: unknown, lines: Map<string, number>): JsonState {
    const field = error instanceof ApiError ? error.fields[0] : undefined;
    return { is: "bad", line: field ? lineOfPath(lines, field.field, "filter") : 1, message: field?.message ?? messageOf(error) };
}

/** Whether a text is a filter, and what is wrong with it, where. Tells the filter as soon as it is one. */
export function useJsonCheck(draft: JsonDraft | null, onFilter: (filter: Condition | null) => void): JsonState {
    const typed = JSON.stringify(draft);
    const settled = useSettled(typed, SETTLES_MS);
    const asked = useMemo(() => JSON.parse(settled) as JsonDraft | null, [settled]);
    const read = useMemo(() => (asked && asked.text.trim() ? readJson(asked.text) : null), [asked]);
    const query = useQuery({
        queryKey: ["convert", settled],
        queryFn: ({ signal }) => convert(asked!.dialect, "plunk", read!.isGood ? read!.value : null, signal),
        enabled: read?.isGood === true, retry: mayPass, staleTime: Infinity,
    });
    const isEmpty = asked !== null && read === null;
    const isCurrent = typed === settled;
    const answer = query.data;
    useEffect(() => {
        if (!isCurrent || !asked)
            return;
        if (isEmpty)
            onFilter(null);
        else if (answer && read?.isGood) // Plunk's own text is kept as it was typed, with members that nobody reads
            onFilter((asked.dialect === "plunk" ? read.value : answer.filter) as Condition);
    }, [isCurrent, asked, isEmpty, answer, read, onFilter]);

    if (!draft)
        return { is: "none" };
    if (!isCurrent)
        return { is: "reading" };
    if (read && !read.isGood)
        return { is: "bad", line: read.line, message: words.jsonErrors[read.problem] };
    if (query.error && read?.isGood)
        return refusal(query.error, read.lines);
    return isEmpty || answer ? { is: "good" } : { is: "reading" };
}

interface JsonText {
    text: string;
    /** What the dialect cannot say. */
    notes: Converted["notes"];
    error: unknown;
}

/** The filter in the words of a dialect. */
export function useJsonText(condition: Condition | null, dialect: Dialect): JsonText {
    const isForeign = condition !== null && dialect !== "plunk";
    const query = useQuery({
        queryKey: ["convert", "plunk", dialect, JSON.stringify(condition)],
        queryFn: ({ signal }) => convert("plunk", dialect, condition, signal),
        enabled: isForeign, retry: mayPass, staleTime: Infinity,
    });
    const filter = isForeign ? (query.data?.filter ?? null) : condition;
    return {
        text: filter === null ? "" : JSON.stringify(filter, null, 2),
        notes: isForeign ? (query.data?.notes ?? []) : [], error: isForeign ? query.error : null,
    };
}
