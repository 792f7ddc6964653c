import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { api, ApiError, route } from "../../api/client";
import { t } from "../../strings";
import { Await, Button, formatNumber, Notice, Progress } from "../../ui";

const ASK_MS = 700;

interface Job {
    state: "waiting" | "active" | "completed" | "failed";
    result: { updated?: number; unchanged?: number; deleted?: number } | null;
    data: { operation: "subscribe" | "unsubscribe" | "delete"; mode: "ids" | "query" };
    failedReason: string | null;
    total: number;
    done: number;
}

function isOver(job: Job | undefined): boolean {
    return job?.state === "completed" || job?.state === "failed";
}

/** Asking again would not help: there is no such job any more. */
function isRefused(error: unknown): boolean {
    return error instanceof ApiError && !error.isPassing;
}

function wordsOf(job: Job): string {
    if (job.state === "failed")
        return `${t.contacts.jobFailed}: ${job.failedReason ?? ""}`;
    if (job.state === "waiting")
        return t.contacts.jobWaiting;
    if (job.state === "active")
        return `${t.contacts.job[job.data.operation]}: ${t.contacts.jobProgress(formatNumber(job.done), formatNumber(job.total))}`;
    const unchanged = job.result?.unchanged ?? 0;
    const done = `${t.contacts.jobDone[job.data.operation]}: ${formatNumber(job.result?.updated ?? job.result?.deleted ?? 0)}`;
    return unchanged > 0 ? `${done} · ${t.contacts.jobUnchanged(formatNumber(unchanged))}` : done;
}

/** How far a bulk action is; the list is asked again when it is over. */
export function BulkJob({ jobId, onClose }: { jobId: string; onClose: () => void }) {
    const queries = useQueryClient();
    const job = useQuery({
        queryKey: ["bulk", jobId],
        queryFn: ({ signal }) => api.get<Job>(route`/contacts/bulk/${jobId}`, undefined, signal),
        refetchInterval: ({ state }) => (isOver(state.data) || isRefused(state.error) ? false : ASK_MS),
    });
    const isDone = isOver(job.data);
    useEffect(() => {
        if (isDone) {
            void queries.invalidateQueries({ queryKey: ["contacts"] });
            void queries.invalidateQueries({ queryKey: ["segments"] });
        }
    }, [isDone, queries]);
    return (
        <div className="contacts-job">
            <Await query={job}>
                {(data) => (
                    <Notice tone={data.state === "failed" ? "bad" : data.state === "completed" ? "good" : "accent"}>
                        <p role="status" aria-live={data.state === "active" ? "off" : "polite"}>{wordsOf(data)}</p>
                        {!isOver(data) && <Progress label={t.contacts.job[data.data.operation]} value={data.done} max={data.total} />}
                        {isOver(data) && <Button isSmall onClick={onClose}>{t.close}</Button>}
                    </Notice>
                )}
            </Await>
            {job.error && <Button isSmall onClick={onClose}>{t.close}</Button>}
        </div>
    );
}
