import type { ReactNode } from "react";
import { useRef } from "react";
import { ApiError } from "../api/client";
import type { ContactStatus } from "../api/types";
import { t } from "../strings";
import { Button } from "./actions";

/** What is known of an error, in words for people. */
export function messageOf(error: unknown): string {
    return error instanceof Error ? error.message : String(error);
}

/**
 * The API's words about one field: the problem whose path is `field` or lies below it; null when
 * there is none. `field` as the request names it: "name", "condition.groups.0".
 */
export function fieldProblem(error: unknown, field: string): string | null {
    if (!(error instanceof ApiError))
        return null;
    const found = error.fields.find((item) => item.field === field || item.field.startsWith(`${field}.`));
    return found ? found.message : null;
}

/** Whether the error is about none of these fields: then it belongs above the buttons. */
export function isUnplaced(error: unknown, fields: string[]): boolean {
    return error != null && fields.every((field) => fieldProblem(error, field) === null);
}

/** An error, with what to do about it. */
export function Problem({ error, onRetry }: { error: unknown; onRetry?: () => void }) {
    const requestId = error instanceof ApiError ? error.requestId : "";
    return (
        <div className="problem" role="alert">
            <p>{messageOf(error)}</p>
            {requestId && <p className="small soft">{t.requestId} <code>{requestId}</code></p>}
            {onRetry && <Button isSmall onClick={onRetry}>{t.tryAgain}</Button>}
        </div>
    );
}

export function Loading({ label = t.loading }: { label?: string }) {
    return <div className="loading" role="status"><span className="spinner" aria-hidden="true" />{label}</div>;
}

/** Nothing there yet: says why, and what to do. */
export function Empty({ title, children }: { title: string; children?: ReactNode }) {
    return <div className="empty"><h2>{title}</h2>{children}</div>;
}

interface QueryLike<T> {
    data: T | undefined;
    error: unknown;
    refetch: () => unknown;
    errorUpdateCount?: number;
}

/** The three states of a query: waiting, failed, there. What was there stays while it is asked again. */
export function Await<T>({ query, children }: { query: QueryLike<T>; children: (data: T) => ReactNode }) {
    // While it is asked again the error stays, so that it is read out once and the button keeps the focus.
    const failed = useRef<unknown>(null);
    failed.current = query.error ?? (query.data === undefined && query.errorUpdateCount ? failed.current : null);
    const problem = failed.current ? <Problem error={failed.current} onRetry={() => query.refetch()} /> : null;
    return query.data === undefined ? (problem ?? <Loading />) : <>{problem}{children(query.data)}</>;
}

type Tone = "neutral" | "good" | "warn" | "bad" | "accent";

export function Badge({ tone = "neutral", children }: { tone?: Tone; children: ReactNode }) {
    return <span className={`badge ${tone}`}>{children}</span>;
}

const STATUS_TONES = { subscribed: "good", unsubscribed: "neutral", bounced: "warn", complained: "bad" } as const;

/** Whether a contact gets mail, and why not. */
export function StatusBadge({ status }: { status: ContactStatus }) {
    return <Badge tone={STATUS_TONES[status]}>{t.contacts.status[status]}</Badge>;
}

export function Notice({ tone = "neutral", children }: { tone?: Tone; children: ReactNode }) {
    return <div className={`notice ${tone}`}>{children}</div>;
}

export function Progress({ label, value, max }: { label: string; value: number; max: number }) {
    return <progress className="progress" aria-label={label} value={value} max={Math.max(max, 1)} />;
}
