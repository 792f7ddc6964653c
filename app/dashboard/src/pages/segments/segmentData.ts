/* What the pages of segments ask the API for. */
import { keepPreviousData, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { ApiError, api, route } from "../../api/client";
import type { Contact, Segment } from "../../api/types";

const FAILED_MS = 3_000;
const COUNTS_MS = 5_000;
const LIST_MS = 10_000;
const TREND_MS = 300_000; // points of days

/**
 * How often a live query is asked again: sooner while what keeps it passes by itself, not at all
 * after a refusal.
 */
export function live(ms: number) {
    return ({ state: { error } }: { state: { error: unknown } }): number | false => {
        if (!error)
            return ms;
        return error instanceof ApiError && error.isPassing ? FAILED_MS : false;
    };
}

export interface Counts {
    at: string;
    data: Record<string, { memberCount: number | null }>;
}

interface Trends {
    data: Record<string, { at: string; count: number }[]>;
}

export interface Diff {
    entering: number;
    leaving: number;
    staying: number;
    sample: { entering: Contact[]; leaving: Contact[] };
}

/** All of them, or what `select` (always the same function) makes of the list. */
export function useSegments<T = Segment[]>(select?: (all: Segment[]) => T) {
    return useQuery<Segment[], Error, T>({
        queryKey: ["segments"],
        queryFn: ({ signal }) => api.get<Segment[]>("/segments", undefined, signal),
        refetchInterval: live(LIST_MS),
        select,
    });
}

/** The segment with its count as it is now, asked again while it is seen. */
export function useSegment(id: string) {
    return useQuery({
        queryKey: ["segments", id],
        queryFn: ({ signal }) => api.get<Segment>(route`/segments/${id}`, undefined, signal),
        refetchInterval: live(COUNTS_MS),
    });
}

/** Counts of up to a hundred segments as they are now. What was known stays while others are asked for. */
export function useCounts(ids: string[]) {
    return useQuery({
        queryKey: ["segments", "counts", ids],
        queryFn: ({ signal }) => api.get<Counts>("/segments/counts", { ids: ids.join(",") }, signal),
        enabled: ids.length > 0,
        refetchInterval: live(COUNTS_MS),
        placeholderData: keepPreviousData,
    });
}

/** A count for each of the last 30 days, of up to a hundred segments. */
export function useTrends(ids: string[]) {
    return useQuery({
        queryKey: ["segments", "trends", ids],
        queryFn: ({ signal }) => api.get<Trends>("/segments/history", { ids: ids.join(","), days: 30 }, signal),
        enabled: ids.length > 0,
        refetchInterval: live(TREND_MS),
        placeholderData: keepPreviousData,
    });
}

/** Changes a segment; what shows it is asked for again. */
export function useChangeSegment(id: string) {
    const queries = useQueryClient();
    return useMutation({
        mutationFn: (change: Partial<Pick<Segment, "name" | "description" | "trackMembership">>) =>
            api.patch<Segment>(route`/segments/${id}`, change),
        onSuccess: (segment) => {
            queries.setQueryData(["segments", id], segment);
            return queries.invalidateQueries({ queryKey: ["segments"] });
        },
    });
}
