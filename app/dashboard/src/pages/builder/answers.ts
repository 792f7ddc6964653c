/* What the API says about a filter while it is written: how many, who, and what looks wrong. */
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { api, ApiError } from "../../api/client";
import type { Condition, Contact } from "../../api/types";
import { t } from "../../strings";
import { useSettled } from "../../ui";
import { live } from "../segments/segmentData";
import type { Remark } from "./edit";
import { numberOf } from "./edit";
import type { GroupNode, Places } from "./model";
import { isGroup, placeOf } from "./model";

/** A burst of keys is one question; the answer still comes while the eye looks for it. */
const PREVIEW_SETTLES_MS = 40;
const LINT_SETTLES_MS = 200;
const PREVIEW_AGAIN_MS = 10_000;
const SAMPLE = 10;

export interface Preview {
    count: number;
    sample: Contact[];
    tookMs: number;
}

function isRefusal(error: unknown): boolean {
    return error instanceof ApiError && !error.isPassing;
}

/** Whether to try once more: what the API refuses, it refuses again. */
function again(count: number, error: unknown): boolean {
    return !isRefusal(error) && count < 3;
}

export interface Counted {
    /** The last answer, also while the next one is asked for or was refused. */
    last: Preview | null;
    /** Whether it belongs to the filter as it stands. */
    isCurrent: boolean;
    error: unknown;
    retry: () => void;
}

/** How many match, and ten of them; the last answer stays until the next one is there. */
export function useCount(condition: Condition | null): Counted {
    const text = useSettled(JSON.stringify(condition), PREVIEW_SETTLES_MS);
    const isAsked = text !== "null";
    const query = useQuery({
        queryKey: ["preview", text],
        queryFn: ({ signal }) => api.post<Preview>("/segments/preview", { condition: JSON.parse(text), limit: SAMPLE }, { signal }),
        enabled: isAsked, retry: again, refetchInterval: live(PREVIEW_AGAIN_MS), placeholderData: keepPreviousData, staleTime: 0, gcTime: 60_000,
    });
    const [last, setLast] = useState<Preview | null>(null);
    if (query.data && query.data !== last)
        setLast(query.data);
    const isCurrent = !query.isPlaceholderData && !query.error && JSON.stringify(condition) === text;
    return { last: condition ? (query.data ?? last) : null, isCurrent, error: isAsked ? query.error : null, retry: () => void query.refetch() };
}

interface Warning {
    code: string;
    path: string;
    message: string;
}

const NONE: Warning[] = [];

export function useLint(condition: Condition | null): Warning[] {
    const text = useSettled(JSON.stringify(condition), LINT_SETTLES_MS);
    const query = useQuery({
        queryKey: ["lint", text],
        queryFn: ({ signal }) => api.post<{ warnings: Warning[] }>("/segments/lint", { condition: JSON.parse(text) }, { signal }),
        enabled: text !== "null", retry: again, staleTime: 60_000,
    });
    return JSON.stringify(condition) === text ? (query.data?.warnings ?? NONE) : NONE;
}

export type Remarks = Map<string, Remark[]>;

function note(remarks: Remarks, id: string | null, remark: Remark): void {
    const there = remarks.get(id ?? "") ?? [];
    if (!there.some(({ text }) => text === remark.text))
        remarks.set(id ?? "", [...there, remark]);
}

/** The name of the rule that a path is about: "Rule 2" for "condition.groups.0.filters.1". */
export function nameOfPath(tree: GroupNode, places: Places, path: string, root: string): string {
    return namesIn(tree).get(placeOf(places, path, root) ?? "") ?? path;
}

/** The API's words with the names of rules for their paths. */
function withNames(message: string, tree: GroupNode, places: Places): string {
    return message.replace(/\bcondition(\.(groups|filters|conditions|where|\d+))+/g, (path) => nameOfPath(tree, places, path, "condition"));
}

/** Errors about a filter by the node that they are about; "" has those about none. */
export function errorRemarks(error: unknown, root: string, places: Places): Remarks {
    const remarks: Remarks = new Map();
    if (error instanceof ApiError) {
        for (const { field, message } of error.fields)
            if (field === root || field.startsWith(`${root}.`))
                note(remarks, placeOf(places, field, root), { tone: "bad", text: message });
    }
    return remarks;
}

function namesIn(tree: GroupNode, path: number[] = [], names = new Map<string, string>()): Map<string, string> {
    names.set(tree.id, t.builder.groupName(numberOf(path)));
    tree.rules.forEach((node, i) => {
        if (isGroup(node))
            namesIn(node, [...path, i], names);
        else
            names.set(node.id, t.builder.ruleName(numberOf([...path, i])));
    });
    return names;
}

/** All that is to be said beside the rules. */
export function useRemarks(tree: GroupNode, warnings: Warning[], asked: Places, errors: Remarks[]): Remarks {
    return useMemo(() => {
        const all: Remarks = new Map();
        for (const remarks of errors)
            remarks.forEach((list, id) => list.forEach((remark) => note(all, id, remark)));
        for (const { path, message } of warnings)
            note(all, placeOf(asked, path, "condition"), { tone: "warn", text: withNames(message, tree, asked) });
        return all;
    }, [tree, warnings, asked, errors]);
}
