import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Link } from "wouter";
import { api, route } from "../../api/client";
import type { Listed, Segment } from "../../api/types";
import { t } from "../../strings";
import { Await, Badge, Button, DataTable, Empty, LinkButton, Notice, Time } from "../../ui";
import type { ColumnDef } from "../../ui";
import type { Delivery, Webhook } from "../webhooks/hooks";
import { DeliveryBadge } from "../webhooks/StateBadge";
import { live } from "./segmentData";

const words = t.segments;
const LIVE_MS = 10_000;
const LOOKED_AT = 100; // messages of an endpoint, the API's most
const SHOWN = 5;

/** The endpoints whose patterns match the segment's entries or exits, with their state. */
function useListeners(id: string) {
    return useQuery({
        queryKey: ["webhooks", "ofSegment", id],
        queryFn: async ({ signal }) => {
            const [usage, all] = await Promise.all([
                api.get<{ webhooks: { id: string }[] }>(route`/segments/${id}/usage`, undefined, signal),
                api.get<Webhook[]>("/webhooks", undefined, signal),
            ]);
            return all.filter((webhook) => usage.webhooks.some((user) => user.id === webhook.id));
        },
        refetchInterval: live(LIVE_MS),
    });
}

function State({ webhook }: { webhook: Webhook }) {
    if (!webhook.enabled)
        return <Badge tone="bad">{words.webhookStates.off}</Badge>;
    if (webhook.failures > 0)
        return <Badge tone="warn">{words.webhookStates.failing}: {words.failures(webhook.failures)}</Badge>;
    return webhook.lastSuccessAt ? <Badge tone="good">{words.webhookStates.on}</Badge> : <Badge>{words.webhookStates.fresh}</Badge>;
}

const deliveryColumns: ColumnDef<Delivery>[] = [
    { id: "type", header: words.changeColumns.what, cell: ({ row }) => <code>{row.original.type}</code> },
    { id: "state", header: words.webhookColumns.state, cell: ({ row }) => <DeliveryBadge state={row.original.state} /> },
    { id: "attempts", header: words.webhookColumns.attempts, cell: ({ row }) => words.attempts(row.original.attemptCount) },
    { id: "at", header: words.changeColumns.at, cell: ({ row }) => <Time iso={row.original.createdAt} /> },
];

function Deliveries({ webhook, slug }: { webhook: Webhook; slug: string }) {
    const deliveries = useQuery({
        queryKey: ["webhooks", webhook.id, "deliveries", "latest"],
        queryFn: ({ signal }) => api.get<Listed<Delivery>>(route`/webhooks/${webhook.id}/deliveries`, { limit: LOOKED_AT }, signal),
        refetchInterval: live(LIVE_MS),
    });
    return (
        <Await query={deliveries}>
            {({ data }) => {
                const types = [`segment.${slug}.entry`, `segment.${slug}.exit`];
                const own = data.filter((item) => types.includes(item.type)).slice(0, SHOWN);
                return own.length === 0
                    ? <p className="soft">{words.noDeliveries}</p>
                    : <DataTable label={words.lastDeliveries} columns={deliveryColumns} rows={own} rowKey={(item) => item.id} />;
            }}
        </Await>
    );
}

function WebhookCard({ webhook, slug, isOpen }: { webhook: Webhook; slug: string; isOpen: boolean }) {
    const [isShown, setShown] = useState(isOpen);
    return (
        <li className="card">
            <div className="segments-head">
                <h3><Link to={`/webhooks/${webhook.id}`}>{webhook.url}</Link></h3>
                <State webhook={webhook} />
            </div>
            {webhook.disabledReason && <Notice tone="warn">{words.webhookReason(webhook.disabledReason)}</Notice>}
            <dl className="facts">
                <dt>{words.webhookColumns.events}</dt>
                <dd>{webhook.events.map((event) => <span key={event}><code>{event}</code> </span>)}</dd>
                <dt>{words.webhookColumns.success}</dt>
                <dd><Time iso={webhook.lastSuccessAt} /></dd>
            </dl>
            <div><Button isSmall aria-expanded={isShown} onClick={() => setShown(!isShown)}>{words.lastDeliveries}</Button></div>
            {isShown && <Deliveries webhook={webhook} slug={slug} />}
        </li>
    );
}

export default function WebhooksTab({ segment }: { segment: Segment }) {
    const listeners = useListeners(segment.id);
    return (
        <div className="stack">
            {!segment.trackMembership && <Notice tone="warn">{words.webhooksUntracked}</Notice>}
            <Await query={listeners}>
                {(webhooks) => (webhooks.length === 0
                    ? (
                        <Empty title={words.noWebhooks}>
                            <p>{words.noWebhooksHint(segment.slug)}</p>
                            <LinkButton to="/webhooks">{words.webhooksAdd}</LinkButton>
                        </Empty>
                    )
                    : (
                        <>
                            <p className="soft">{words.webhooksHint}</p>
                            <ul role="list" className="segments-cards">
                                {webhooks.map((webhook) => <WebhookCard key={webhook.id} webhook={webhook} slug={segment.slug} isOpen={webhooks.length <= 3} />)}
                            </ul>
                        </>
                    ))}
            </Await>
        </div>
    );
}
