/* What addresses are to a static segment, and how they get into it, within the limits of the API's requests. */
import { api, route } from "../../api/client";
import type { Condition, Contact } from "../../api/types";

/** Already in it, a contact outside it, or nobody's address. */
export type Standing = "in" | "contact" | "unknown";

export interface Chosen {
    email: string;
    standing: Standing;
}

/** What became of an address that was put in. */
export type Fate = "added" | "created" | "in" | "notFound" | "refused";

export interface Outcome {
    email: string;
    fate: Fate;
}

const LOOKUP_SIZE = 500; // of one /contacts/lookup
const PREVIEW_SIZE = 100; // a preview shows no more, so that it can name each member among so many
const REQUEST_SIZE = 2_000; // addresses of 254 bytes, in a body of 1 MiB

function inPieces<T>(items: T[], size: number): T[][] {
    return Array.from({ length: Math.ceil(items.length / size) }, (_, i) => items.slice(i * size, (i + 1) * size));
}

/** Those of the addresses that are in the segment now. */
async function membersAmong(segmentId: string, emails: string[], signal?: AbortSignal): Promise<Set<string>> {
    const members = new Set<string>();
    for (const piece of inPieces(emails, PREVIEW_SIZE)) {
        const condition: Condition = {
            logic: "AND",
            groups: [{ filters: [
                { field: `segment.${segmentId}`, operator: "memberOfSegment" },
                { field: "email", operator: "in", value: piece },
            ] }],
        };
        const found = await api.post<{ sample: Contact[] }>("/segments/preview", { condition, limit: PREVIEW_SIZE }, { signal });
        found.sample.forEach((contact) => members.add(contact.email));
    }
    return members;
}

async function contactsAmong(emails: string[], signal?: AbortSignal): Promise<Set<string>> {
    const contacts = new Set<string>();
    for (const piece of inPieces(emails, LOOKUP_SIZE)) {
        const answer = await api.post<{ found: Contact[] }>("/contacts/lookup", { emails: piece }, { signal });
        answer.found.forEach((contact) => contacts.add(contact.email));
    }
    return contacts;
}

export async function standingOf(segmentId: string, emails: string[], signal?: AbortSignal): Promise<Chosen[]> {
    const contacts = await contactsAmong(emails, signal);
    const members = await membersAmong(segmentId, emails.filter((email) => contacts.has(email)), signal);
    return emails.map((email) => ({ email, standing: members.has(email) ? "in" : contacts.has(email) ? "contact" : "unknown" }));
}

/** Contacts whose address has `text` in it, and which of them are in the segment. */
export async function findCandidates(segmentId: string, text: string, signal?: AbortSignal): Promise<{ contacts: Contact[]; members: Set<string> }> {
    const found = await api.get<{ data: Contact[] }>("/contacts", { search: text, limit: 20, sort: "email", dir: "asc" }, signal);
    const members = await membersAmong(segmentId, found.data.map((contact) => contact.email), signal);
    return { contacts: found.data, members };
}

function fateOf(chosen: Chosen, isRefused: boolean, createMissing: boolean): Fate {
    if (isRefused)
        return createMissing ? "refused" : "notFound";
    return chosen.standing === "in" ? "in" : chosen.standing === "unknown" ? "created" : "added";
}

/** Puts them in. The API tells only who was not found, so who is in is asked right before. */
export async function addMembers(segmentId: string, emails: string[], createMissing: boolean): Promise<Outcome[]> {
    const before = await standingOf(segmentId, emails);
    const refused = new Set<string>();
    for (const piece of inPieces(emails, REQUEST_SIZE)) {
        const answer = await api.post<{ notFound: string[] }>(route`/segments/${segmentId}/members`, { emails: piece, createMissing });
        answer.notFound.forEach((email) => refused.add(email));
    }
    return before.map((item) => ({ email: item.email, fate: fateOf(item, refused.has(item.email), createMissing) }));
}

export async function removeMembers(segmentId: string, emails: string[]): Promise<number> {
    let removed = 0;
    for (const piece of inPieces(emails, REQUEST_SIZE))
        removed += (await api.delete<{ removed: number }>(route`/segments/${segmentId}/members`, { emails: piece })).removed;
    return removed;
}
