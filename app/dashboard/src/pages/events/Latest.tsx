import { useMemo, useState } from "react";
import { Link } from "wouter";
import { t } from "../../strings";
import type { ColumnDef } from "../../ui";
import { Await, Button, Card, DataTable, Time } from "../../ui";
import type { Occurrence } from "./eventData";
import { useLatest } from "./eventData";

const FIRST = 50;
const MOST = 1_000; // what the API gives

function columnsFor(name: string): ColumnDef<Occurrence, unknown>[] {
    const columns: ColumnDef<Occurrence, unknown>[] = [
        { id: "when", header: t.events.when, cell: ({ row }) => <Time iso={row.original.timestamp} /> },
        { id: "name", header: t.events.name, cell: ({ row }) => row.original.name },
        {
            id: "contact", header: t.events.contact,
            cell: ({ row: { original: it } }) => it.contact && it.contactId
                ? <Link to={`/contacts/${it.contactId}`}>{it.contact.email}</Link>
                : <span className="soft">{t.events.nobody}</span>,
        },
        {
            id: "data", header: t.events.data,
            cell: ({ row }) => {
                const text = row.original.data ? JSON.stringify(row.original.data) : "";
                return text ? <code className="events-data" title={text}>{text}</code> : <span className="soft">{t.none}</span>;
            },
        },
    ];
    return name ? columns.filter((column) => column.id !== "name") : columns;
}

/** What happened last, of one event or of all; new ones come by themselves. */
export function Latest({ name }: { name: string }) {
    const [limit, setLimit] = useState(FIRST);
    const latest = useLatest(name, limit);
    const columns = useMemo(() => columnsFor(name), [name]);
    return (
        <Card title={t.events.latest}>
            <Await query={latest}>
                {({ events }) => events.length === 0 ? <p className="soft">{t.events.noneYet}</p> : (
                    <div className="stack">
                        <DataTable label={t.events.latest} columns={columns} rows={events} rowKey={(row) => row.id} visibleRows={12} />
                        {events.length === limit && limit < MOST && (
                            <div><Button isSmall isBusy={latest.isFetching && latest.isPlaceholderData} onClick={() => setLimit(Math.min(limit * 5, MOST))}>{t.events.more}</Button></div>
                        )}
                    </div>
                )}
            </Await>
        </Card>
    );
}
