import { useState } from "react";
import { t } from "../../strings";
import type { ColumnDef } from "../../ui";
import { Await, Button, Card, DataTable, Empty, SelectField, Time, formatNumber, useQueryParam } from "../../ui";
import type { Delivery } from "./hooks";
import { DELIVERY_STATES, useDeliveries } from "./hooks";
import { DeliveryBadge } from "./StateBadge";

/** What came of the last attempt: the answer's status, or that there was none (why, the message tells). */
function LastAnswer({ delivery }: { delivery: Delivery }) {
    const last = delivery.attempts[delivery.attempts.length - 1];
    if (!last)
        return <span className="soft">–</span>;
    return (
        <span className="webhooks-answer" title={last.error ?? undefined}>
            {last.status ?? t.webhooks.noAnswer} <span className="soft">· {t.webhooks.tookMs(formatNumber(last.ms))}</span>
        </span>
    );
}

const columns: ColumnDef<Delivery>[] = [
    { id: "state", header: t.webhooks.deliveryColumns.state, cell: ({ row }) => <DeliveryBadge state={row.original.state} /> },
    { id: "attempts", header: t.webhooks.deliveryColumns.attempts, cell: ({ row }) => formatNumber(row.original.attemptCount) },
    { id: "answer", header: t.webhooks.deliveryColumns.answer, cell: ({ row }) => <LastAnswer delivery={row.original} /> },
    { id: "created", header: t.webhooks.deliveryColumns.created, cell: ({ row }) => <Time iso={row.original.createdAt} /> },
    { id: "next", header: t.webhooks.deliveryColumns.next, cell: ({ row }) => <Time iso={row.original.nextAttemptAt} none="–" /> },
];

function withName(onOpen: (id: string) => void): ColumnDef<Delivery>[] {
    return [{
        id: "type", header: t.webhooks.deliveryColumns.type,
        cell: ({ row: { original: delivery } }) => (
            <button type="button" className="webhooks-open" aria-label={t.webhooks.open(delivery.type)} onClick={() => onOpen(delivery.id)}>
                <code>{delivery.type}</code>
            </button>
        ),
    }, ...columns];
}

/** The messages of a webhook, newest first, by state; a press on one opens it. */
export function Deliveries({ webhookId, onOpen }: { webhookId: string; onOpen: (deliveryId: string) => void }) {
    const [state, setState] = useQueryParam("state", "", "cursor");
    const [cursor, setCursor] = useQueryParam("cursor");
    const [trail, setTrail] = useState<string[]>([]); // the pages before this one
    const [shownColumns] = useState(() => withName(onOpen));
    const query = useDeliveries(webhookId, state, cursor);

    function filter(next: string) {
        setTrail([]);
        setState(next);
    }
    function older(next: string) {
        setTrail([...trail, cursor]);
        setCursor(next);
    }
    function newer() {
        setCursor(trail[trail.length - 1] ?? "");
        setTrail(trail.slice(0, -1));
    }

    return (
        <Card title={t.webhooks.deliveries} actions={
            <SelectField label={t.webhooks.stateFilter} isLabelHidden value={state} onChange={(event) => filter(event.currentTarget.value)}
                         choices={[{ value: "", label: t.webhooks.allStates },
                                   ...DELIVERY_STATES.map((value) => ({ value, label: t.webhooks.states[value] }))]} />
        }>
            <Await query={query}>
                {(page) => (page.data.length === 0
                    ? <Empty title={state ? t.webhooks.noneInState : t.webhooks.noDeliveries}>{!state && <p>{t.webhooks.noDeliveriesHint}</p>}</Empty>
                    : <DataTable label={t.webhooks.deliveries} columns={shownColumns} rows={page.data} rowKey={(row) => row.id} />)}
            </Await>
            {(cursor || query.data?.hasMore) && (
                <div className="pager">
                    <Button isSmall disabled={!cursor} onClick={newer}>{trail.length > 0 ? t.webhooks.newer : t.webhooks.newest}</Button>
                    <Button isSmall disabled={!query.data?.hasMore || !query.data.cursor} onClick={() => older(query.data!.cursor!)}>{t.webhooks.older}</Button>
                </div>
            )}
        </Card>
    );
}
