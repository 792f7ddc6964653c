/* What the campaign routes take and answer. */
import type { Condition, Paged } from "../../api/types";
import { api, route } from "../../api/client";

export const STATUSES = ["DRAFT", "SCHEDULED", "SENDING", "SENT", "CANCELLED"] as const;

export type CampaignStatus = (typeof STATUSES)[number];

type AudienceType = "ALL" | "SEGMENT" | "FILTERED";

export type MailType = "MARKETING" | "TRANSACTIONAL" | "HEADLESS";

export interface Campaign {
    id: string;
    name: string;
    description: string | null;
    subject: string;
    body: string;
    from: string;
    fromName: string | null;
    replyTo: string | null;
    type: MailType;
    status: CampaignStatus;
    audienceType: AudienceType;
    audienceCondition: Condition | null;
    segmentId: string | null;
    segmentVersion: number | null;
    excludeSegmentIds: string[];
    totalRecipients: number;
    sentCount: number;
    openedCount: number;
    clickedCount: number;
    scheduledFor: string | null;
    resolvedAt: string | null;
    sentAt: string | null;
    note: string | null;
    createdAt: string;
    updatedAt: string;
}

export interface CampaignStats {
    totalRecipients: number;
    sentCount: number;
    deliveredCount: number;
    openedCount: number;
    clickedCount: number;
    bouncedCount: number;
    complainedCount: number;
    unsubscribedCount: number;
    // of a hundred that were sent
    openRate: number;
    clickRate: number;
    bounceRate: number;
    deliveryRate: number;
    complaintRate: number;
    unsubscribeRate: number;
    messages: { waiting: number; claimed: number; sent: number; dropped: number; droppedFor: Record<string, number> };
}

export interface AudienceCounts {
    matched: number;
    unsubscribed: number;
    suppressed: number;
    excluded: number;
    willReceive: number;
}

/** What a person fills in, all of it texts where a text may be missing. */
export interface CampaignDraft {
    name: string;
    description: string;
    subject: string;
    body: string;
    from: string;
    fromName: string;
    replyTo: string;
    type: MailType;
    audienceType: AudienceType;
    segmentId: string;
    audienceCondition: Condition | null;
    excludeSegmentIds: string[];
}

export const EMPTY_DRAFT: CampaignDraft = {
    name: "", description: "", subject: "", body: "", from: "", fromName: "", replyTo: "", type: "MARKETING",
    audienceType: "ALL", segmentId: "", audienceCondition: null, excludeSegmentIds: [],
};

export function draftOf(campaign: Campaign): CampaignDraft {
    return {
        name: campaign.name, description: campaign.description ?? "", subject: campaign.subject, body: campaign.body,
        from: campaign.from, fromName: campaign.fromName ?? "", replyTo: campaign.replyTo ?? "", type: campaign.type,
        audienceType: campaign.audienceType, segmentId: campaign.segmentId ?? "",
        audienceCondition: campaign.audienceCondition, excludeSegmentIds: campaign.excludeSegmentIds,
    };
}

/** The request that says what the draft says; an empty text is none. */
export function requestOf(draft: CampaignDraft) {
    return {
        ...draft,
        description: draft.description || null,
        fromName: draft.fromName || null,
        replyTo: draft.replyTo || null,
        segmentId: draft.audienceType === "SEGMENT" ? draft.segmentId || null : null,
        audienceCondition: draft.audienceType === "FILTERED" ? (draft.audienceCondition ?? undefined) : undefined,
    };
}

/** Whether the audience says enough to be counted. */
export function isCountable(draft: CampaignDraft): boolean {
    return draft.audienceType === "ALL" || (draft.audienceType === "SEGMENT" ? draft.segmentId !== "" : draft.audienceCondition !== null);
}

export function countAudience(draft: CampaignDraft, signal: AbortSignal): Promise<AudienceCounts> {
    return api.post<AudienceCounts>("/audience/preview", {
        audienceType: draft.audienceType,
        segmentId: draft.audienceType === "SEGMENT" ? draft.segmentId : undefined,
        condition: draft.audienceType === "FILTERED" ? draft.audienceCondition : undefined,
        excludeSegmentIds: draft.excludeSegmentIds,
        type: draft.type,
    }, { signal });
}

/** A message to begin with. */
interface Template {
    id: string;
    name: string;
    subject: string;
    body: string;
    from: string;
    fromName: string | null;
    replyTo: string | null;
    type: MailType;
}

/** What a draft takes over from a template. */
export function messageOfTemplate({ subject, body, from, fromName, replyTo, type }: Template): Partial<CampaignDraft> {
    return { subject, body, from, fromName: fromName ?? "", replyTo: replyTo ?? "", type };
}

interface Wrapped {
    data: Campaign;
}

export const campaigns = {
    list: (query: Record<string, string | number>, signal: AbortSignal) => api.get<Paged<Campaign>>("/campaigns", query, signal),
    get: async (id: string, signal: AbortSignal) => (await api.get<Wrapped>(route`/campaigns/${id}`, undefined, signal)).data,
    templates: async (signal: AbortSignal) => (await api.get<Paged<Template>>("/templates", { pageSize: 100 }, signal)).data,
    stats: async (id: string, signal: AbortSignal) =>
        (await api.get<{ data: CampaignStats }>(route`/campaigns/${id}/stats`, undefined, signal)).data,
    create: async (draft: CampaignDraft) => (await api.post<Wrapped>("/campaigns", requestOf(draft))).data,
    update: async (id: string, draft: CampaignDraft) => (await api.put<Wrapped>(route`/campaigns/${id}`, requestOf(draft))).data,
    send: (id: string, scheduledFor?: string) => api.post(route`/campaigns/${id}/send`, scheduledFor ? { scheduledFor } : {}),
    cancel: (id: string) => api.post(route`/campaigns/${id}/cancel`),
    duplicate: async (id: string) => (await api.post<Wrapped>(route`/campaigns/${id}/duplicate`)).data,
    test: (id: string, email: string) => api.post<{ message: string }>(route`/campaigns/${id}/test`, { email }),
    remove: (id: string) => api.delete(route`/campaigns/${id}`),
};
