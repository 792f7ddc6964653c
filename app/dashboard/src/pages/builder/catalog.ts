/* What a rule can be about in this project: fields, events, segments, tags …, each with its name and what is known of it. */
import { useQuery } from "@tanstack/react-query";
import { createContext, useContext, useMemo } from "react";
import { api, route } from "../../api/client";
import { t } from "../../strings";
import { formatNumber } from "../../ui";
import { useNamed } from "../segments/named";
import { useSegments } from "../segments/segmentData";
import type { FieldKind, ValueType } from "./operators";
import { MESSAGES, partsOf, typeOf } from "./operators";

export interface Subject {
    field: string;
    kind: FieldKind;
    label: string;
    detail: string;
    /** Of the values, as far as they are known. */
    types: ValueType[];
}

export interface Catalog {
    subjects: Subject[];
    isLoading: boolean;
    /** What a field is called, also one that is not there (any more). */
    of: (field: string) => Subject;
}

const FRESH_MS = 60_000;

interface Fields {
    fields: { field: string; type: ValueType; coverage: number; isCustom: boolean }[];
}

const words = t.builder;

function named(kind: FieldKind, field: string, name: string, detail = ""): Subject {
    return { field, kind, label: `${words.prefixes[kind]}${name}`, detail, types: [] };
}

function subjectsOf(fields?: Fields): Subject[] {
    return (fields?.fields ?? []).map(({ field, type, coverage }) => {
        const { kind, name } = partsOf(field);
        return { field, kind, label: words.builtIn[field] ?? name, detail: words.coverage(words.types[type], formatNumber(coverage)), types: [type] };
    });
}

/** Built-in fields and data first, then what happened, then who belongs where. */
const ORDER: FieldKind[] = ["email", "subscribed", "status", "time", "data", "event", "message", "segment", "tag", "list", "campaign", "sequence"];

function unknownSubject(field: string): Subject {
    const { kind, name } = partsOf(field);
    const label = kind === "unknown" || kind === "data" ? name : `${words.prefixes[kind]}${name}`;
    return { field, kind, label: words.builtIn[field] ?? label, detail: "", types: [] };
}

export function useCatalog(withoutSegment?: string): Catalog {
    const fields = useQuery({
        queryKey: ["contacts", "fields"], queryFn: ({ signal }) => api.get<Fields>("/contacts/fields", undefined, signal), staleTime: FRESH_MS,
    });
    const events = useQuery({
        queryKey: ["events", "stats"], queryFn: ({ signal }) => api.get<{ name: string; count: number }[]>("/events/stats", undefined, signal),
        staleTime: FRESH_MS,
    });
    const segments = useSegments();
    const tags = useNamed("tag");
    const lists = useNamed("list");
    const sent = useNamed("campaign");
    const sequences = useNamed("sequence");
    return useMemo(() => {
        const all: Subject[] = [
            ...subjectsOf(fields.data),
            ...(events.data ?? []).map(({ name, count }) => named("event", `event.${name}`, name, words.occurrences(formatNumber(count)))),
            ...[...new Set(Object.values(MESSAGES))].map((name) => named("message", `email.${name}`, words.messages[name] ?? name)),
            ...(segments.data ?? []).filter(({ id }) => id !== withoutSegment)
                .map(({ id, name, memberCount }) => named("segment", `segment.${id}`, name, formatNumber(memberCount))),
            ...(tags.data ?? []).map(({ id, name }) => named("tag", `tag.${id}`, name)),
            ...(lists.data ?? []).map(({ id, name }) => named("list", `list.${id}`, name)),
            ...(sent.data ?? []).map(({ id, name }) => named("campaign", `campaign.${id}`, name)),
            ...(sequences.data ?? []).map(({ id, name }) => named("sequence", `sequence.${id}`, name)),
        ];
        const subjects = ORDER.flatMap((kind) => all.filter((subject) => subject.kind === kind));
        const byField = new Map(all.map((subject) => [subject.field, subject]));
        return { subjects, isLoading: fields.isPending, of: (field) => byField.get(field) ?? unknownSubject(field) };
    }, [fields.data, fields.isPending, events.data, segments.data, tags.data, lists.data, sent.data, sequences.data, withoutSegment]);
}

export const CatalogContext = createContext<Catalog>({ subjects: [], isLoading: true, of: unknownSubject });

export function useSubjects(): Catalog {
    return useContext(CatalogContext);
}

export interface Values {
    values: (string | number | boolean)[];
    counts: number[];
}

/** The values that contacts have in a field, the most frequent first. */
export function useValues(field: string, isEnabled: boolean) {
    return useQuery({
        queryKey: ["contacts", "fields", field, "values"],
        queryFn: ({ signal }) => api.get<Values>(route`/contacts/fields/${field}/values`, { limit: 200 }, signal),
        enabled: isEnabled, staleTime: FRESH_MS,
    });
}

/** The properties that occurrences of an event have. */
export function useProperties(event: string | null) {
    return useQuery({
        queryKey: ["events", event, "properties"],
        queryFn: async ({ signal }) => {
            const { fields } = await api.get<{ fields: string[] }>("/workflows/fields", { eventName: event }, signal);
            return fields.filter((field) => field.startsWith("event.")).map((field) => field.slice("event.".length));
        },
        enabled: event !== null, staleTime: FRESH_MS,
    });
}

/**
 * The types of a field's values: of those that are there, as far as they are known. The API calls a
 * field of several types, of lists or of objects a string; its values tell the difference.
 */
export function typesOf(subject: Subject, values?: Values): ValueType[] {
    if (subject.kind !== "data" || subject.types[0] !== "string" || !values)
        return subject.types;
    const found = new Set(values.values.map((value) => typeOf(value) ?? "string"));
    if (found.size === 0)
        return [];
    if (found.has("number") || found.has("boolean"))
        found.add("string");
    return [...found].map((type) => (type === "date" ? "string" : type)).filter((type, i, all) => all.indexOf(type) === i);
}
