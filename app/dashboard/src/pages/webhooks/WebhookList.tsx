import { useState } from "react";
import { Link, useLocation } from "wouter";
import { t } from "../../strings";
import type { ColumnDef } from "../../ui";
import { Await, Button, DataTable, Empty, Page, Time, formatNumber, useQueryParam } from "../../ui";
import type { Webhook, WebhookWithSecret } from "./hooks";
import { useWebhooks } from "./hooks";
import { SecretDialog } from "./SecretDialog";
import { WebhookBadge } from "./StateBadge";
import { WebhookForm } from "./WebhookForm";
import "./webhooks.css";

const SHOWN_EVENTS = 3;

function Events({ events }: { events: string[] }) {
    const rest = events.slice(SHOWN_EVENTS);
    return (
        <span className="webhooks-events">
            {events.slice(0, SHOWN_EVENTS).map((pattern) => <code key={pattern}>{pattern}</code>)}
            {rest.length > 0 && <span className="soft" title={rest.join(", ")}>+{rest.length}</span>}
        </span>
    );
}

const columns: ColumnDef<Webhook>[] = [
    {
        id: "url", header: t.webhooks.columns.url,
        cell: ({ row: { original: hook } }) => (
            <div className="webhooks-address">
                <Link to={`/webhooks/${hook.id}`} className="break">{hook.url}</Link>
                {hook.description && <p className="small soft break">{hook.description}</p>}
            </div>
        ),
    },
    { id: "state", header: t.webhooks.columns.state, cell: ({ row }) => <WebhookBadge webhook={row.original} /> },
    { id: "events", header: t.webhooks.columns.events, cell: ({ row }) => <Events events={row.original.events} /> },
    { id: "lastSuccess", header: t.webhooks.columns.lastSuccess, cell: ({ row }) => <Time iso={row.original.lastSuccessAt} /> },
    { id: "failures", header: t.webhooks.columns.failures, cell: ({ row }) => formatNumber(row.original.failures) },
];

/** Every webhook with its state; making one. `?create=1` opens the dialog, for links from elsewhere. */
export default function WebhookList() {
    const [, go] = useLocation();
    const webhooks = useWebhooks();
    const [create, setCreate] = useQueryParam("create");
    const [made, setMade] = useState<WebhookWithSecret | null>(null);
    const button = <Button look="primary" onClick={() => setCreate("1")}>{t.webhooks.create}</Button>;
    return (
        <Page title={t.webhooks.title} actions={button}>
            <Await query={webhooks}>
                {(list) => (list.length === 0
                    ? <Empty title={t.webhooks.none}><p>{t.webhooks.noneHint}</p>{button}</Empty>
                    : <DataTable label={t.webhooks.title} columns={columns} rows={list} rowKey={(hook) => hook.id} />)}
            </Await>
            <WebhookForm<WebhookWithSecret> webhook={null} isOpen={create === "1"} onClose={() => setCreate("")}
                         onSaved={(saved) => {
                             setCreate("");
                             setMade(saved);
                         }} />
            <SecretDialog secret={made?.secret ?? null} onClose={() => made && go(`/webhooks/${made.id}`)} />
        </Page>
    );
}
