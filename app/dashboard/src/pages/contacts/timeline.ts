/* What has happened to a contact, in one row: made from the document of all that is known of it. Pure. */
import { t } from "../../strings";

export type HappeningKind = "event" | "email" | "segment" | "message" | "flow";

export const HAPPENING_KINDS: HappeningKind[] = ["event", "email", "segment", "message", "flow"];

export interface Happening {
    id: string;
    kind: HappeningKind;
    at: string;
    title: string;
    /** What else is known, to be looked at as it is. */
    details: Record<string, unknown> | null;
    /** Where to read more: a path of the dashboard. */
    to?: string;
}

type Details = Record<string, unknown> | null;

export interface Named {
    id: string;
    name: string;
    since: string;
}

/** GET /contacts/:id/export, as far as the dashboard shows it. */
export interface Person {
    tags: Named[];
    lists: Named[];
    campaigns: Named[];
    sequences: Named[];
    events: { id: string; name: string; timestamp: string; emailId: string | null; data: Details }[];
    emailEvents: { type: keyof typeof t.contacts.mail; emailId: string; at: string; data: Details }[];
    transitions: { segmentId: string | null; segment: string | null; type: "entry" | "exit"; sequence: number; at: string }[];
    messages: { id: string; source: keyof typeof t.contacts.messageFrom; state: keyof typeof t.contacts.messageState; at: string; content: Details }[];
    executions: {
        id: string; of: "workflow" | "sequence"; name: string | null; status: keyof typeof t.contacts.flowState;
        startedAt: string; finishedAt: string | null; reason: string | null; context: Details;
    }[];
}

function mailsOf(person: Person): Happening[] {
    const activity = person.emailEvents.map((item, i): Happening => ({
        id: `email.${i}`, kind: "email", at: item.at, title: t.contacts.mail[item.type] ?? item.type, details: { emailId: item.emailId, ...item.data },
    }));
    const messages = person.messages.map((item): Happening => ({
        id: item.id, kind: "message", at: item.at, details: item.content,
        title: `${t.contacts.messageFrom[item.source]}: ${t.contacts.messageState[item.state]}`,
    }));
    return [...activity, ...messages];
}

function movesOf(person: Person): Happening[] {
    return person.transitions.map((item, i): Happening => {
        const name = item.segment ?? t.contacts.goneSegment;
        return {
            id: `segment.${i}`, kind: "segment", at: item.at, details: { sequence: item.sequence },
            title: item.type === "entry" ? t.contacts.entered(name) : t.contacts.left(name),
            to: item.segmentId ? `/segments/${item.segmentId}` : undefined,
        };
    });
}

function flowsOf(person: Person): Happening[] {
    return person.executions.map((item): Happening => ({
        id: item.id, kind: "flow", at: item.startedAt,
        title: `${t.contacts.flow[item.of]} ${item.name ?? ""}: ${t.contacts.flowState[item.status]}`,
        details: { finishedAt: item.finishedAt, reason: item.reason, context: item.context },
    }));
}

/** The latest first. */
export function happeningsOf(person: Person): Happening[] {
    const events = person.events.map((item): Happening => ({ id: item.id, kind: "event", at: item.timestamp, title: item.name, details: item.data }));
    return [...events, ...mailsOf(person), ...movesOf(person), ...flowsOf(person)]
        .sort((a, b) => (a.at < b.at ? 1 : a.at > b.at ? -1 : 0));
}
