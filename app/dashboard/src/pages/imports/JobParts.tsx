import { useMemo } from "react";
import { download } from "../../api/client";
import { t } from "../../strings";
import { Button, DataTable, Notice, Problem, Progress, counted, formatNumber } from "../../ui";
import type { ColumnDef } from "../../ui";
import { useMutation } from "@tanstack/react-query";
import type { ImportKind } from "./columns";
import type { ImportJob, RejectedRow } from "./jobs";
import { COUNTS, isOver, jobPath } from "./jobs";

/** How far a job is. */
function JobProgress({ job }: { job: ImportJob }) {
    const done = `${counted(job.rowsDone, "row")} (${formatNumber(Math.floor(job.progress))} %)`;
    const words = job.state === "waiting" ? t.imports.waiting : job.data.dryRun ? t.imports.checking(done) : t.imports.importing(done);
    return (
        <div className="stack imports-progress">
            <Progress label={t.imports.progress} value={job.progress} max={100} />
            <p>{words}</p>
        </div>
    );
}

/** What became of the rows, or would become of them. */
function JobCounts({ job }: { job: ImportJob }) {
    const words = job.data.dryRun ? t.imports.wouldBe : t.imports.counts;
    return (
        <dl className="imports-counts">
            {COUNTS.map((name) => (
                <div key={name} className={name === "rejected" && job.rejected > 0 ? "bad" : ""}>
                    <dt>{words[name]}</dt>
                    <dd>{formatNumber(job[name])}</dd>
                </div>
            ))}
        </dl>
    );
}

const columns: ColumnDef<RejectedRow>[] = [
    { id: "row", header: t.imports.row, cell: ({ row }) => <span className="numeric">{formatNumber(row.original.row)}</span> },
    { id: "line", header: t.imports.line, cell: ({ row }) => row.original.line !== undefined && formatNumber(row.original.line) },
    { id: "email", header: t.imports.address, cell: ({ row }) => <span className="break">{row.original.email ?? "–"}</span> },
    { id: "reason", header: t.imports.reason, cell: ({ row }) => row.original.reason },
];

/** The rows that were refused, with the reasons; all of them as a file. */
function RejectedRows({ job, kind }: { job: ImportJob; kind: ImportKind }) {
    const save = useMutation({
        mutationFn: () => download(`${jobPath(kind, job.id)}/errors.csv`, { spreadsheet: true }, `rejected-rows-${job.id}.csv`),
    });
    const rows = useMemo(() => job.errors, [job.errors]);
    if (job.rejected === 0)
        return null;
    return (
        <div className="stack">
            <div className="row spread">
                <h3>{t.imports.rejectedTitle}</h3>
                <Button isSmall isBusy={save.isPending} onClick={() => save.mutate()}>{t.imports.rejectedDownload}</Button>
            </div>
            {save.error && <Problem error={save.error} />}
            <DataTable label={t.imports.rejectedTitle} columns={columns} rows={rows} rowKey={(row) => String(row.row)} visibleRows={12} />
            {job.rejected > rows.length && <p className="soft">{t.imports.rejectedFirst(counted(rows.length, "row"))}</p>}
        </div>
    );
}

/** A job from its start to its end: progress, what stopped it, what became of the rows. */
export function JobReport({ job, kind }: { job: ImportJob; kind: ImportKind }) {
    return (
        <div className="stack">
            <p className="sr-only" role="status">{t.imports.states[job.state]}</p>
            {!isOver(job) && <JobProgress job={job} />}
            {job.failedReason && (
                <Notice tone="bad"><strong>{job.data.dryRun ? t.imports.checkFailed : t.imports.failed}</strong><p>{job.failedReason}</p></Notice>
            )}
            {job.state !== "waiting" && <JobCounts job={job} />}
            <RejectedRows job={job} kind={kind} />
        </div>
    );
}
