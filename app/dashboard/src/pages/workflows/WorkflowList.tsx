import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { Link } from "wouter";
import { t } from "../../strings";
import type { ColumnDef } from "../../ui";
import { Await, Badge, DataTable, Empty, Page, Pager, TextField, Time, usePageParam, useQueryParam, useSettled } from "../../ui";
import { live, useSegments } from "../segments/segmentData";
import { triggerWords } from "./stepWords";
import type { WorkflowSummary } from "./workflowData";
import { workflows } from "./workflowData";
import "./workflows.css";

const REFRESH_MS = 10_000;

export function StateBadge({ enabled }: { enabled: boolean }) {
    return enabled ? <Badge tone="good">{t.workflows.enabled}</Badge> : <Badge>{t.workflows.disabled}</Badge>;
}

function Trigger({ workflow }: { workflow: WorkflowSummary }) {
    return <div className="cell break">{triggerWords(workflow, useSegments().data ?? [])}</div>;
}

const columns: ColumnDef<WorkflowSummary, unknown>[] = [
    {
        header: t.workflows.name,
        cell: ({ row: { original: workflow } }) => <div className="cell"><Link to={`/workflows/${workflow.id}`} className="break">{workflow.name}</Link>{workflow.description && <div className="small soft break">{workflow.description}</div>}</div>,
    },
    { header: t.workflows.state, cell: ({ row }) => <StateBadge enabled={row.original.enabled} /> },
    { header: t.workflows.trigger, cell: ({ row }) => <Trigger workflow={row.original} /> },
    { header: t.workflows.nextRun, cell: ({ row }) => <Time iso={row.original.nextRunAt} none="–" /> },
    { header: t.workflows.updated, cell: ({ row }) => <Time iso={row.original.updatedAt} /> },
];

/** All workflows. They are written by the API; here they are watched, switched on and off. */
export default function WorkflowList() {
    const [search, setSearch] = useQueryParam("search", "", "page");
    const [page, setPage] = usePageParam();
    const query = { search: useSettled(search, 150), page, pageSize: 20 };
    const list = useQuery({
        queryKey: ["workflows", query],
        queryFn: ({ signal }) => workflows.list(query, signal),
        placeholderData: keepPreviousData,
        refetchInterval: live(REFRESH_MS),
    });
    return (
        <Page title={t.shell.workflows}>
            <div className="row workflow-filters">
                <TextField className="grow" label={t.workflows.searchLabel} type="search" value={search} onChange={(event) => setSearch(event.currentTarget.value)} />
            </div>
            <Await query={list}>
                {(found) => found.total === 0
                    ? <Empty title={search ? t.nothingFound : t.workflows.noneTitle}>{!search && <p>{t.workflows.noneHint} <code>POST /workflows</code></p>}</Empty>
                    : (
                        <>
                            <DataTable label={t.shell.workflows} columns={columns} rows={found.data} rowKey={(workflow) => workflow.id} />
                            <Pager page={found.page} pageCount={found.totalPages} onPage={setPage} />
                        </>
                    )}
            </Await>
        </Page>
    );
}
