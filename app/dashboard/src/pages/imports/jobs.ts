/* Imports as the API tells them, and the requests for them. */
import { useQuery } from "@tanstack/react-query";
import type { QueryValue } from "../../api/client";
import { api, route, upload } from "../../api/client";
import type { ImportKind, Targets } from "./columns";
import { live } from "../segments/segmentData";
import { columnsOption } from "./columns";
import type { TypeCounts } from "./cells";

export type JobState = "waiting" | "active" | "completed" | "failed" | "cancelled";
export const COUNTS = ["rows", "created", "updated", "unchanged", "skipped", "rejected"] as const;

export interface RejectedRow {
    row: number;
    line?: number;
    email: string | null;
    reason: string;
}

export interface ImportJob extends Record<(typeof COUNTS)[number], number> {
    id: string;
    state: JobState;
    progress: number;
    data: { kind: ImportKind; format: "csv" | "ndjson"; mode: Mode; dryRun: boolean; segmentId?: string; tag?: string };
    /** After the check of a CSV file. */
    columns?: { name: string; target: string | null; types: TypeCounts }[] | null;
    failedReason: string | null;
    bytes: number;
    rowsDone: number;
    totalRows: number;
    errors: RejectedRow[];
    createdAt: string;
    startedAt: string | null;
    finishedAt: string | null;
}

export type Mode = "upsert" | "create" | "update";

/** What the import is asked for, besides the file. */
interface ImportOptions {
    mode: Mode;
    segmentId: string;
    tag: string;
    targets: Targets;
}

const POLL_MS = 800;

export function isOver(job: ImportJob): boolean {
    return job.state !== "waiting" && job.state !== "active";
}

export function jobPath(kind: ImportKind, id: string): string {
    return kind === "events" ? route`/events/import/${id}` : route`/contacts/import/${id}`;
}

/** The job's page in the dashboard. */
export function jobLink(kind: ImportKind, id: string): string {
    return `/contacts/import/${id}${kind === "events" ? "?kind=events" : ""}`;
}

/** A job, asked for again until it is over; null: none yet. */
export function useImportJob(kind: ImportKind, id: string | null) {
    return useQuery({
        queryKey: ["imports", kind, id],
        queryFn: ({ signal }) => api.get<ImportJob>(jobPath(kind, id!), {}, signal),
        enabled: id !== null,
        refetchInterval: (query) => (query.state.data && isOver(query.state.data) ? false : live(POLL_MS)(query)),
    });
}

/** The options as the query of the request. A column that is the date of creation asks for keeping it. */
function queryOf(options: ImportOptions, isDryRun: boolean): Record<string, QueryValue> {
    const keepsCreated = Object.values(options.targets).some((target) => target.as === "createdAt");
    return {
        mode: options.mode,
        segmentId: options.segmentId,
        tag: options.tag.trim(),
        keepCreatedAt: keepsCreated || undefined,
        dryRun: isDryRun || undefined,
    };
}

interface Upload {
    kind: ImportKind;
    file: Blob;
    name: string;
    options: ImportOptions;
    isDryRun: boolean;
    onProgress: (sent: number, total: number) => void;
    signal: AbortSignal;
}

/** Sends the file; the answer is the id of the job. */
export async function startImport({ kind, file, name, options, isDryRun, onProgress, signal }: Upload): Promise<string> {
    const form = new FormData();
    const columns = columnsOption(options.targets);
    if (Object.keys(columns).length > 0)
        form.append("columns", JSON.stringify(columns)); // must stand before the file
    form.append("file", file, name);
    const answer = await upload<{ jobId: string }>(`/${kind}/import`, form, { query: queryOf(options, isDryRun), onProgress, signal });
    return answer.jobId;
}

// ---- the imports of this session: the API keeps no list of them

const RECENT = "muster.imports.recent";
const RECENT_MAX = 8;

interface RecentImport {
    kind: ImportKind;
    id: string;
    name: string;
    at: string;
}

export function recentImports(): RecentImport[] {
    try {
        return JSON.parse(sessionStorage.getItem(RECENT) ?? "[]") as RecentImport[];
    } catch {
        return [];
    }
}

export function rememberImport(done: RecentImport): void {
    sessionStorage.setItem(RECENT, JSON.stringify([done, ...recentImports()].slice(0, RECENT_MAX)));
}
