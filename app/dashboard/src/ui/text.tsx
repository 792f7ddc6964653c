import { plural, t } from "../strings";

const whole = new Intl.NumberFormat();
const day = new Intl.DateTimeFormat(undefined, { dateStyle: "medium" });
const minute = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
const since = new Intl.RelativeTimeFormat(undefined, { numeric: "auto", style: "short" });

const UNITS: [Intl.RelativeTimeFormatUnit, number][] = [
    ["day", 86_400], ["hour", 3_600], ["minute", 60], ["second", 1],
];

export function formatNumber(value: number): string {
    return whole.format(value);
}

/** "1 contact", "1,204 contacts": `word` is a key of strings.plurals. */
export function counted(count: number, word: Parameters<typeof plural>[1]): string {
    return `${whole.format(count)} ${plural(count, word)}`;
}

export function formatBytes(bytes: number): string {
    const step = Math.min(Math.floor(Math.log2(Math.max(bytes, 1)) / 10), 3);
    return `${(bytes / 1024 ** step).toFixed(step ? 1 : 0)} ${["B", "KiB", "MiB", "GiB"][step]}`;
}

/** How long ago, or how long until: "3 min. ago". */
export function formatSince(iso: string, nowMs = Date.now()): string {
    const seconds = (Date.parse(iso) - nowMs) / 1_000;
    if (Math.abs(seconds) > 30 * 86_400)
        return day.format(new Date(iso));
    const [unit, length] = UNITS.find(([, size]) => Math.abs(seconds) >= size) ?? ["second", 1];
    return since.format(Math.round(seconds / length), unit);
}

interface TimeProps {
    iso: string | null | undefined;
    /** "since": how long ago (the default); "minute": date and time; "day": the date. */
    as?: "since" | "minute" | "day";
    none?: string;
}

/** An instant in the reader's zone; UTC stands in its title, for the pointer and for readers. */
export function Time({ iso, as = "since", none = t.never }: TimeProps) {
    if (!iso)
        return <span className="soft">{none}</span>;
    const date = new Date(iso);
    const text = as === "since" ? formatSince(iso) : (as === "day" ? day : minute).format(date);
    const title = as === "minute" ? `${iso} (UTC)` : `${minute.format(date)} · ${iso} (UTC)`;
    return <time dateTime={iso} title={title}>{text}</time>;
}

/** An instant as a box for date and time takes it, in the reader's zone, by default to the minute; "" for none. */
export function localTime(iso: string | null, length = 16): string {
    const at = Date.parse(iso ?? "");
    if (Number.isNaN(at))
        return "";
    return new Date(at - new Date(at).getTimezoneOffset() * 60_000).toISOString().slice(0, length);
}

/** What stands at a path ("address.city") of a contact's data, as text; "" for nothing. */
export function textAt(data: Record<string, unknown> | null, path: string): string {
    const value = path.split(".").reduce<unknown>(
        (part, name) => (typeof part === "object" && part !== null && Object.hasOwn(part, name) ? (part as Record<string, unknown>)[name] : undefined), data);
    if (value === undefined || value === null)
        return "";
    return typeof value === "object" ? JSON.stringify(value) : String(value);
}

export function Json({ value }: { value: unknown }) {
    return <pre className="json" tabIndex={0}>{JSON.stringify(value, null, 2)}</pre>;
}
