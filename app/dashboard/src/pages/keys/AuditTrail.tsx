import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "wouter";
import { api } from "../../api/client";
import { t } from "../../strings";
import type { ColumnDef } from "../../ui";
import { Await, Button, DataTable, Empty, Time } from "../../ui";
import type { AuditEntry } from "./keyData";

interface AuditPage {
    data: AuditEntry[];
    cursor?: string;
    hasMore: boolean;
}

/* The objects that have a page of their own here. */
const PLACES: Record<string, string> = {
    segment: "segments", contact: "contacts", webhook: "webhooks", campaign: "campaigns", workflow: "workflows",
};

/** By its name, where the entry has one. */
function ObjectCell({ entry }: { entry: AuditEntry }) {
    const { type, id } = entry.object;
    const place = PLACES[type];
    const isGone = entry.action.endsWith(".deleted") || entry.action.endsWith(".erased");
    const name = typeof entry.summary?.name === "string" ? entry.summary.name : "";
    const text = name ? <span className="break" title={id}>{name}</span> : <code className="break">{id}</code>;
    return (
        <div className="cell">
            {place && !isGone ? <Link to={`/${place}/${encodeURIComponent(id)}`}>{text}</Link> : text}
            <span className="small soft"> {t.keys.objects[type] ?? type}</span>
        </div>
    );
}

function Actor({ actor }: { actor: AuditEntry["actor"] }) {
    return <div className="cell break">{actor.keyId === null ? t.keys.server : actor.name || <code>{actor.keyId}</code>}</div>;
}

const columns: ColumnDef<AuditEntry, unknown>[] = [
    { header: t.keys.at, cell: ({ row }) => <Time iso={row.original.at} as="minute" /> },
    { header: t.keys.who, cell: ({ row }) => <Actor actor={row.original.actor} /> },
    { header: t.keys.action, cell: ({ row }) => <span title={row.original.action}>{t.keys.actions[row.original.action] ?? row.original.action}</span> },
    { header: t.keys.object, cell: ({ row }) => <ObjectCell entry={row.original} /> },
];

/** Who did what that matters, newest first. */
export function AuditTrail() {
    const audit = useInfiniteQuery({
        queryKey: ["audit"],
        queryFn: ({ signal, pageParam }) => api.get<AuditPage>("/audit", { limit: 50, cursor: pageParam }, signal),
        initialPageParam: "",
        getNextPageParam: (last) => last.cursor ?? undefined,
    });
    return (
        <Await query={audit}>
            {({ pages }) => {
                const entries = pages.flatMap((page) => page.data);
                if (entries.length === 0)
                    return <Empty title={t.keys.noAudit}><p>{t.keys.noAuditHint}</p></Empty>;
                return (
                    <div className="stack">
                        <DataTable label={t.keys.tabAudit} columns={columns} rows={entries} rowKey={(entry) => entry.id} />
                        {audit.hasNextPage && <Button isBusy={audit.isFetchingNextPage} onClick={() => audit.fetchNextPage()}>{t.keys.older}</Button>}
                    </div>
                );
            }}
        </Await>
    );
}
