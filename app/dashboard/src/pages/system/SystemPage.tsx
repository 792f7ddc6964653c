import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { api } from "../../api/client";
import { t } from "../../strings";
import type { ColumnDef } from "../../ui";
import { Await, Badge, Card, DataTable, formatBytes, formatNumber, Page, Time } from "../../ui";
import { live } from "../segments/segmentData";
import type { Job, Queue, QueueRow, System } from "./systemData";
import { concernsOf, formatSeconds, LIMIT_BYTES, queueRows } from "./systemData";

const REFRESH_MS = 5_000;

function Facts({ facts, inColumns }: { facts: [string, ReactNode][]; inColumns?: boolean }) {
    return (
        <dl className={`facts ${inColumns ? "columns" : ""}`}>
            {facts.map(([name, value]) => <div key={name} className="fact"><dt>{name}</dt><dd>{value}</dd></div>)}
        </dl>
    );
}

function Waiting({ queue }: { queue: Queue | undefined }) {
    if (!queue)
        return <span className="soft">–</span>;
    return (
        <>
            {formatNumber(queue.depth)}{queue.isCapped ? "+" : ""}
            {queue.oldestSeconds !== null && <span className="soft"> · {t.system.oldest(formatSeconds(queue.oldestSeconds))}</span>}
        </>
    );
}

function queueColumns(hasServer: boolean): ColumnDef<QueueRow, unknown>[] {
    const columns: ColumnDef<QueueRow, unknown>[] = [
        { header: t.system.queue, cell: ({ row }) => <div className="cell">{t.system.queues[row.original.name as keyof typeof t.system.queues] ?? row.original.name}</div> },
        { header: t.system.inProject, cell: ({ row }) => <Waiting queue={row.original.project} /> },
        { header: t.system.onServer, cell: ({ row }) => <Waiting queue={row.original.server} /> },
        { header: t.system.state, cell: ({ row: { original: { concern } } }) => (concern ? <Badge tone="warn">{t.system.concerns[concern]}</Badge> : <Badge tone="good">{t.system.fine}</Badge>) },
    ];
    return hasServer ? columns : columns.filter((column) => column.header !== t.system.onServer);
}

const jobColumns: ColumnDef<Job, unknown>[] = [
    { header: t.system.job, cell: ({ row: { original: { name } } }) => <div className="cell"><strong>{name}</strong><div className="small soft">{t.system.jobsDo[name]}</div></div> },
    { header: t.system.runs, cell: ({ row }) => formatNumber(row.original.runs) },
    { header: t.system.failed, cell: ({ row }) => (row.original.failed ? <Badge tone="bad">{formatNumber(row.original.failed)}</Badge> : 0) },
    { header: t.system.lastRun, cell: ({ row }) => <Time iso={row.original.lastRunAt} /> },
    { header: t.system.mean, cell: ({ row }) => (row.original.meanMs < 1_000 ? t.system.ms(row.original.meanMs) : formatSeconds(row.original.meanMs / 1_000)) },
];

function Server({ server }: { server: NonNullable<System["server"]> }) {
    return (
        <>
            <Card title={t.system.jobs}>
                <DataTable label={t.system.jobs} columns={jobColumns} rows={server.jobs} rowKey={(job) => job.name} />
            </Card>
            <Card title={t.system.server}>
                <Facts facts={[
                    [t.system.projects, formatNumber(server.projects)],
                    [t.system.webhooksDisabled, server.webhooksDisabled ? <Badge key="off" tone="warn">{formatNumber(server.webhooksDisabled)}</Badge> : 0],
                    [t.system.cache, t.system.cacheText(server.chunkCache.hits, server.chunkCache.loads)],
                ]} />
            </Card>
        </>
    );
}

/** Changes that are not in the columns yet are read from the rows: they count all the same. */
function FoldLag({ system: { project } }: { system: System }) {
    const marks = project.queues.dirtyMarks;
    return (
        <>
            {marks?.depth ? t.system.unfolded(`${formatNumber(marks.depth)}${marks.isCapped ? "+" : ""}`) : t.system.allFolded}
            <span className="soft"> · {t.system.folded} <Time iso={project.foldedAt} /></span>
        </>
    );
}

function Health({ system }: { system: System }) {
    const count = concernsOf(system);
    return <span role="status">{count ? <Badge tone="warn">{t.system.concernCount(count)}</Badge> : <Badge tone="good">{t.system.allFine}</Badge>}</span>;
}

function limitText(name: string, value: number | string | null): string {
    if (value === null)
        return t.none;
    if (typeof value === "string")
        return value;
    return LIMIT_BYTES.has(name) ? formatBytes(value) : formatNumber(value);
}

function Body({ system }: { system: System }) {
    const { version, project } = system;
    return (
        <>
            <div className="grid">
                <Card title={t.system.versions}>
                    <Facts facts={[
                        ["Muster", version.muster],
                        [t.system.database, version.database],
                        [t.system.migration, <>{version.migration.last} {version.migration.applied < version.migration.available && <Badge tone="bad">{t.system.behind}</Badge>}</>],
                        [t.system.up, formatSeconds(system.uptimeSeconds)],
                    ]} />
                </Card>
                <Card title={t.system.project}>
                    <Facts facts={[
                        [t.shell.contacts, formatNumber(project.contacts)],
                        [t.shell.events, formatNumber(project.events)],
                        [t.system.eventNames, formatNumber(project.eventNames)],
                        [t.system.fields, formatNumber(project.fields)],
                        [t.shell.segments, t.system.segmentsText(project.segments, project.trackedSegments)],
                        [t.shell.webhooks, formatNumber(project.webhooks)],
                        [t.system.foldLag, <FoldLag key="lag" system={system} />],
                    ]} />
                </Card>
            </div>
            <Card title={t.system.waiting}>
                <DataTable label={t.system.waiting} columns={queueColumns(system.server !== undefined)} rows={queueRows(system)} rowKey={(row) => row.name} />
            </Card>
            {system.server && <Server server={system.server} />}
            <Card title={t.system.limits}>
                <Facts inColumns facts={Object.entries(system.limits).map(([name, value]): [string, ReactNode] =>
                    [t.system.limitNames[name as keyof typeof t.system.limitNames] ?? name, limitText(name, value)])} />
            </Card>
        </>
    );
}

/** How the server is: versions, what waits and for how long, and the limits. */
export default function SystemPage() {
    const system = useQuery({
        queryKey: ["system"],
        queryFn: ({ signal }) => api.get<System>("/system", undefined, signal),
        refetchInterval: live(REFRESH_MS),
    });
    return (
        <Page title={t.shell.system} beside={system.data && <><Health system={system.data} /><span className="soft small">{t.system.asOf} <Time iso={system.data.at} as="minute" /></span></>}>
            <Await query={system}>{(data) => <Body system={data} />}</Await>
        </Page>
    );
}
