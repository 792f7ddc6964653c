/* Webhooks and their messages as the API tells them. */
import { useQuery } from "@tanstack/react-query";
import { api, route } from "../../api/client";
import type { Listed, Segment } from "../../api/types";
import { live, useSegments } from "../segments/segmentData";

export interface Webhook {
    id: string;
    url: string;
    events: string[];
    description: string | null;
    enabled: boolean;
    disabledReason: string | null;
    disabledAt: string | null;
    lastSuccessAt: string | null;
    failingSince: string | null;
    failures: number;
    createdAt: string;
    updatedAt: string;
}

export type WebhookWithSecret = Webhook & { secret: string };

export interface Attempt {
    number: number;
    at: string;
    status: number | null;
    ms: number;
    error: string | null;
    reply: string | null;
}

export const DELIVERY_STATES = ["pending", "failed", "delivered", "dead"] as const;
export type DeliveryState = (typeof DELIVERY_STATES)[number];

export interface Delivery {
    id: string;
    type: string;
    state: DeliveryState;
    attemptCount: number;
    attempts: Attempt[];
    nextAttemptAt: string | null;
    createdAt: string;
    updatedAt: string;
}

export type DeliveryWithPayload = Delivery & { payload: unknown };

const LIVE_MS = 5_000;
const PENDING_MS = 700; // somebody waits for the answer of a test

export function useWebhooks() {
    return useQuery({
        queryKey: ["webhooks"],
        queryFn: ({ signal }) => api.get<Webhook[]>("/webhooks", {}, signal),
        refetchInterval: live(LIVE_MS),
    });
}

export function useWebhook(id: string) {
    return useQuery({
        queryKey: ["webhooks", id],
        queryFn: ({ signal }) => api.get<Webhook>(route`/webhooks/${id}`, {}, signal),
        refetchInterval: live(LIVE_MS),
    });
}

const PAGE_SIZE = 25;

export function useDeliveries(id: string, state: string, cursor: string) {
    return useQuery({
        queryKey: ["webhooks", id, "deliveries", { state, cursor }],
        queryFn: ({ signal }) => api.get<Listed<Delivery>>(route`/webhooks/${id}/deliveries`, { state, cursor, limit: PAGE_SIZE }, signal),
        placeholderData: (before) => before,
        refetchInterval: (query) => live(query.state.data?.data.some((item) => item.state === "pending") ? PENDING_MS : LIVE_MS)(query),
    });
}

export function useDelivery(id: string, deliveryId: string) {
    return useQuery({
        queryKey: ["webhooks", id, "deliveries", deliveryId],
        queryFn: ({ signal }) => api.get<DeliveryWithPayload>(route`/webhooks/${id}/deliveries/${deliveryId}`, {}, signal),
        refetchInterval: (query) => live(query.state.data?.state === "pending" ? PENDING_MS : LIVE_MS)(query),
    });
}

const trackedOnes = (all: Segment[]) => all.filter((segment) => segment.trackMembership);

/** The segments whose entries and exits are told. */
export function useTrackedSegments() {
    return useSegments(trackedOnes);
}

export function useEventNames() {
    return useQuery({
        queryKey: ["events", "names"],
        queryFn: async ({ signal }) => (await api.get<{ eventNames: string[] }>("/events/names", {}, signal)).eventNames,
        staleTime: 30_000,
    });
}
