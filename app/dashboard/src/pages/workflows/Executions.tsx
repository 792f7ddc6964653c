import { keepPreviousData, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Link } from "wouter";
import { t } from "../../strings";
import type { ColumnDef } from "../../ui";
import { Await, Button, Confirm, DataTable, Empty, Pager, SelectField, Time, usePageParam, useQueryParam } from "../../ui";
import { live } from "../segments/segmentData";
import { ExecutionLog } from "./ExecutionLog";
import { StateOf } from "./ExecutionState";
import { PutIn } from "./PutIn";
import type { ExecutionSummary, Workflow } from "./workflowData";
import { EXECUTION_STATES, stepNameOf, workflows } from "./workflowData";

const REFRESH_MS = 5_000;

function CancelAll({ workflow }: { workflow: Workflow }) {
    const queries = useQueryClient();
    return (
        <Confirm title={t.workflows.cancelAllTitle} submit={t.workflows.cancelAll}
                 onConfirm={async () => { await workflows.cancelAll(workflow.id); await queries.invalidateQueries({ queryKey: ["workflows"] }); }}
                 trigger={(open) => <Button onClick={open}>{t.workflows.cancelAll}</Button>}>
            <p>{t.workflows.cancelAllText}</p>
        </Confirm>
    );
}

function columnsOf(workflow: Workflow, onOpen: (id: string) => void): ColumnDef<ExecutionSummary, unknown>[] {
    return [
        { header: t.workflows.contact, cell: ({ row }) => <div className="cell"><Link to={`/contacts/${row.original.contactId}`} className="break">{row.original.email}</Link></div> },
        { header: t.workflows.state, cell: ({ row }) => <StateOf state={row.original.status} /> },
        { header: t.workflows.at, cell: ({ row }) => stepNameOf(workflow, row.original.currentStepId) },
        { header: t.workflows.started, cell: ({ row }) => <Time iso={row.original.startedAt} /> },
        { header: t.workflows.ended, cell: ({ row }) => <Time iso={row.original.completedAt} none="–" /> },
        { id: "log", header: () => <span className="sr-only">{t.workflows.log}</span>, cell: ({ row }) => <Button isSmall aria-label={t.workflows.logOf(row.original.email)} onClick={() => onOpen(row.original.id)}>{t.workflows.log}</Button> },
    ];
}

/** Who is and was in a workflow. */
export function Executions({ workflow }: { workflow: Workflow }) {
    const [status, setStatus] = useQueryParam("status", "", "page");
    const [page, setPage] = usePageParam();
    const [open, setOpen] = useState<string | null>(null);
    const query = { status, page, pageSize: 20 };
    const list = useQuery({
        queryKey: ["workflows", workflow.id, "executions", query],
        queryFn: ({ signal }) => workflows.executions(workflow.id, query, signal),
        placeholderData: keepPreviousData,
        refetchInterval: live(REFRESH_MS),
    });
    return (
        <div className="stack">
            <div className="row spread">
                <SelectField label={t.workflows.state} value={status} onChange={(event) => setStatus(event.currentTarget.value)}
                             choices={[{ value: "", label: t.workflows.anyState }, ...EXECUTION_STATES.map((value) => ({ value, label: t.workflows.executionStates[value] }))]} />
                <div className="buttons"><PutIn workflow={workflow} /><CancelAll workflow={workflow} /></div>
            </div>
            <Await query={list}>
                {(found) => found.total === 0
                    ? <Empty title={t.workflows.nobody}><p>{status ? t.workflows.nobodyLike : t.workflows.nobodyHint}</p></Empty>
                    : (
                        <>
                            <DataTable label={t.workflows.executions} columns={columnsOf(workflow, setOpen)} rows={found.data} rowKey={(item) => item.id} />
                            <Pager page={found.page} pageCount={found.totalPages} onPage={setPage} />
                        </>
                    )}
            </Await>
            {open && <ExecutionLog workflow={workflow} executionId={open} onClose={() => setOpen(null)} />}
        </div>
    );
}
