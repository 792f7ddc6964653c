/* What the page of events asks the API for. */
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { api, route } from "../../api/client";
import { live } from "../segments/segmentData";

const LIVE_MS = 5_000;
const CHART_MS = 10_000;

export interface NameCount {
    name: string;
    count: number;
}

export interface Occurrence {
    id: string;
    contactId: string | null;
    name: string;
    data: Record<string, unknown> | null;
    timestamp: string;
    contact: { email: string } | null;
}

export interface EventUsage {
    usedInSegments?: { id: string; name: string }[];
    usedInWorkflows?: { id: string; name: string }[];
    totalCount: number;
    uniqueContacts: number;
    canDelete: boolean;
}

export interface Volume {
    interval: "hour" | "day";
    total: number;
    at: string[];
    series: { name: string; total: number; counts: number[] }[];
    other: { names: number; total: number; counts: number[] } | null;
}

export type Interval = "hour" | "day";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** How far back a chart goes, and by what: the API draws at most 366 points. */
export const RANGES = {
    day: { ms: DAY_MS, intervals: ["hour"] },
    week: { ms: 7 * DAY_MS, intervals: ["hour", "day"] },
    fortnight: { ms: 14 * DAY_MS, intervals: ["day", "hour"] },
    month: { ms: 30 * DAY_MS, intervals: ["day"] },
    quarter: { ms: 90 * DAY_MS, intervals: ["day"] },
    year: { ms: 365 * DAY_MS, intervals: ["day"] },
} as const satisfies Record<string, { ms: number; intervals: readonly Interval[] }>;

export type Range = keyof typeof RANGES;

/** The first bucket of a range that ends with the one that now is in. */
export function startOf(range: Range, interval: Interval, nowMs = Date.now()): string {
    return new Date(nowMs - RANGES[range].ms + (interval === "hour" ? HOUR_MS : DAY_MS)).toISOString();
}

export function useNameCounts() {
    return useQuery({
        queryKey: ["events", "stats"],
        queryFn: ({ signal }) => api.get<NameCount[]>("/events/stats", undefined, signal),
        refetchInterval: live(LIVE_MS),
    });
}

export function useVolume(name: string, range: Range, interval: Interval) {
    return useQuery({
        queryKey: ["events", "volume", name, range, interval],
        queryFn: ({ signal }) => api.get<Volume>("/events/stats/volume", { from: startOf(range, interval), interval, name }, signal),
        refetchInterval: live(CHART_MS),
        placeholderData: keepPreviousData,
    });
}

export function useLatest(name: string, limit: number) {
    return useQuery({
        queryKey: ["events", "latest", name, limit],
        queryFn: ({ signal }) => api.get<{ events: Occurrence[] }>("/events", { eventName: name, limit }, signal),
        refetchInterval: live(LIVE_MS),
        placeholderData: (before, query) => (query?.queryKey[2] === name ? before : undefined),
    });
}

export function useEventUsage(name: string) {
    return useQuery({
        queryKey: ["events", name, "usage"],
        queryFn: ({ signal }) => api.get<EventUsage>(route`/events/${name}/usage`, undefined, signal),
        refetchInterval: live(CHART_MS),
    });
}
