/* A contact's data as rows that can be edited, and back: what changed, and what cannot be stored. Pure. */
import { t } from "../../strings";

export type Data = Record<string, unknown>;
export type Kind = "text" | "number" | "boolean" | "date" | "moment" | "texts" | "numbers" | "json";

export const KINDS: Kind[] = ["text", "number", "boolean", "date", "moment", "texts", "numbers", "json"];

/** A field in the editor; `value` is what stands in its box. */
export interface Row {
    id: number;
    name: string;
    kind: Kind;
    value: string;
}

/** What is being edited: from which data it began, and the rows, or the JSON that is typed instead of them. */
export interface Edition {
    base: Data;
    rows: Row[];
    json: string | null;
}

type RowProblem = { at: "name" | "value"; text: string };

// The server's own names (http-api §1.5): it drops them without a word.
const RESERVED = new Set(["id", "plunk_id", "plunk_email", "email", "createdAt", "updatedAt", "subscribed",
                          "unsubscribeUrl", "subscribeUrl", "manageUrl"]);
const DAY = /^\d{4}-\d{2}-\d{2}$/;
const MOMENT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,3})?Z$/;

function isLine(value: unknown): boolean {
    return typeof value === "string" && value.trim() === value && value !== "" && !value.includes("\n");
}

export function kindOf(value: unknown): Kind {
    if (typeof value === "string" && !Number.isNaN(Date.parse(value)))
        return DAY.test(value) ? "date" : MOMENT.test(value) ? "moment" : "text";
    if (Array.isArray(value) && value.length > 0)
        return value.every(isLine) ? "texts" : value.every((item) => typeof item === "number") ? "numbers" : "json";
    const type = typeof value;
    return type === "string" ? "text" : type === "number" || type === "boolean" ? type : "json";
}

/** The value as it stands in a row's box. */
function boxOf(kind: Kind, value: unknown): string {
    if (kind === "texts" || kind === "numbers")
        return (value as unknown[]).join("\n");
    return kind === "json" ? JSON.stringify(value, null, 2) : String(value);
}

export function rowsOf(data: Data): Row[] {
    return Object.entries(data).map(([name, value], id) => {
        const kind = kindOf(value);
        return { id, name, kind, value: boxOf(kind, value) };
    });
}

export function editionOf(data: Data | null): Edition {
    return { base: data ?? {}, rows: rowsOf(data ?? {}), json: null };
}

function linesOf(text: string): string[] {
    return text.split("\n").map((line) => line.trim()).filter((line) => line !== "");
}

function numberOf(text: string): number {
    const value = text.trim() === "" ? NaN : Number(text);
    return Number.isFinite(value) ? value : NaN;
}

/** What a row stores; throws the words for what is wrong with its box. */
function valueOf(row: Row): unknown {
    const fail = (text: string): never => {
        throw new Error(text);
    };
    switch (row.kind) {
        case "text":
            return row.value === "" ? fail(t.contacts.wrongText) : row.value;
        case "number":
            return Number.isNaN(numberOf(row.value)) ? fail(t.contacts.wrongNumber) : numberOf(row.value);
        case "boolean":
            return row.value === "true";
        case "date":
        case "moment":
            return Number.isNaN(Date.parse(row.value)) ? fail(t.contacts.wrongDate) : row.value;
        case "texts": {
            const lines = linesOf(row.value);
            return lines.length === 0 ? fail(t.contacts.wrongList) : lines;
        }
        case "numbers": {
            const values = linesOf(row.value).map(numberOf);
            return values.length === 0 ? fail(t.contacts.wrongList) : values.some(Number.isNaN) ? fail(t.contacts.wrongNumber) : values;
        }
        case "json":
            return jsonOf(row.value);
    }
}

function jsonOf(text: string): unknown {
    let value: unknown;
    try {
        value = JSON.parse(text);
    } catch (problem) {
        throw new Error(t.contacts.wrongJson((problem as Error).message));
    }
    if (value === null)
        throw new Error(t.contacts.wrongNull);
    return value;
}

function nameProblem(row: Row, rows: Row[]): string | null {
    if (row.name === "")
        return t.contacts.wrongName;
    if (row.name.includes("."))
        return t.contacts.wrongDot;
    if (RESERVED.has(row.name))
        return t.contacts.wrongReserved;
    return rows.some((other) => other.id !== row.id && other.name === row.name) ? t.contacts.wrongTwice : null;
}

export function rowProblem(row: Row, rows: Row[]): RowProblem | null {
    const name = nameProblem(row, rows);
    if (name)
        return { at: "name", text: name };
    try {
        valueOf(row);
        return null;
    } catch (problem) {
        return { at: "value", text: (problem as Error).message };
    }
}

/** The data that the typed JSON says; throws the words for what is wrong with it. */
export function dataOfJson(text: string): Data {
    const value = jsonOf(text);
    if (typeof value !== "object" || Array.isArray(value))
        throw new Error(t.contacts.wrongObject);
    return value as Data;
}

/** The data that the edition says; throws where something in it cannot be stored. */
export function dataOf(edition: Edition): Data {
    if (edition.json !== null)
        return dataOfJson(edition.json);
    return Object.fromEntries(edition.rows.map((row) => [row.name, valueOf(row)]));
}

/** The edition's data, or null while something in it cannot be stored. */
export function checkedData(edition: Edition): Data | null {
    if (edition.json === null && edition.rows.some((row) => rowProblem(row, edition.rows) !== null))
        return null;
    try {
        return dataOf(edition);
    } catch {
        return null; // JSON that is none yet
    }
}

/** Whether two JSON values are the same, whatever the order of their keys. */
export function isSame(a: unknown, b: unknown): boolean {
    if (a === b || typeof a !== "object" || typeof b !== "object" || a === null || b === null)
        return a === b;
    const [left, right] = [Object.entries(a), Object.entries(b)];
    return Array.isArray(a) === Array.isArray(b) && left.length === right.length &&
        left.every(([key, value]) => Object.hasOwn(b, key) && isSame(value, (b as Data)[key]));
}

/** What PATCH takes to get from one to the other: keys that changed, null for those that are gone. */
export function patchOf(base: Data, next: Data): Data {
    const kept = Object.entries(next).filter(([key, value]) => !isSame(value, base[key]));
    const gone = Object.keys(base).filter((key) => !Object.hasOwn(next, key)).map((key) => [key, null] as const);
    return Object.fromEntries([...kept, ...gone]);
}

/** Keys that a patch was to set and that did not come to stand so. */
export function notKept(patch: Data, stored: Data | null): string[] {
    return Object.keys(patch).filter((key) => patch[key] !== null && !isSame(patch[key], stored?.[key]));
}

/** The row as another kind: what stands in its box stays as far as it can. */
export function asKind(row: Row, kind: Kind): Row {
    if (kind === "boolean")
        return { ...row, kind, value: /^(true|yes|1)$/i.test(row.value.trim()) ? "true" : "false" };
    if (kind === "date")
        return { ...row, kind, value: Number.isNaN(Date.parse(row.value)) ? "" : row.value.slice(0, 10) };
    if (kind === "moment")
        return { ...row, kind, value: Number.isNaN(Date.parse(row.value)) ? "" : new Date(row.value).toISOString() };
    if (kind !== "json")
        return { ...row, kind };
    try {
        return { ...row, kind, value: boxOf("json", valueOf(row)) };
    } catch {
        return { ...row, kind };
    }
}

export function withRow(edition: Edition): Edition {
    const id = edition.rows.reduce((last, row) => Math.max(last, row.id), -1) + 1;
    return { ...edition, rows: [...edition.rows, { id, name: "", kind: "text", value: "" }] };
}

/** The instant that <input type="datetime-local"> holds; "" for none. */
export function isoOf(local: string): string {
    const at = new Date(local); // without a zone: the reader's
    return Number.isNaN(at.getTime()) ? "" : at.toISOString();
}
