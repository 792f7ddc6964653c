import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Link, useLocation } from "wouter";
import { api, route } from "../../api/client";
import { t } from "../../strings";
import { Await, Button, Card, CheckField, Confirm, Menu, Notice, Page, Problem, Time, formatNumber, toast, useQueryParam } from "../../ui";
import { Deliveries } from "./Deliveries";
import { DeliveryDrawer } from "./DeliveryDrawer";
import type { Delivery, Webhook } from "./hooks";
import { useWebhook } from "./hooks";
import { ReplayDialog } from "./ReplayDialog";
import { RotateDialog, VerifyHelp } from "./SecretDialog";
import { WebhookBadge } from "./StateBadge";
import { WebhookForm } from "./WebhookForm";
import "./webhooks.css";

function Settings({ webhook, onEdit }: { webhook: Webhook; onEdit: () => void }) {
    const queries = useQueryClient();
    const turn = useMutation({
        mutationFn: (enabled: boolean) => api.patch<Webhook>(route`/webhooks/${webhook.id}`, { enabled }),
        onSettled: () => queries.invalidateQueries({ queryKey: ["webhooks"] }),
    });
    const isOn = turn.isPending ? turn.variables : webhook.enabled;
    return (
        <Card title={t.webhooks.settings} actions={<Button isSmall onClick={onEdit}>{t.edit}</Button>}>
            <div className="stack">
                <CheckField isSwitch label={t.webhooks.sending} checked={isOn} onChange={(enabled) => turn.mutate(enabled)} />
                {turn.error && <Problem error={turn.error} />}
                {!webhook.enabled && webhook.disabledReason && (
                    <Notice tone="warn"><p>{t.webhooks.disabledSince(webhook.disabledReason)} (<Time iso={webhook.disabledAt} />)</p></Notice>
                )}
                <dl className="facts">
                    {webhook.description && <><dt>{t.webhooks.description}</dt><dd>{webhook.description}</dd></>}
                    <dt>{t.webhooks.columns.events}</dt>
                    <dd className="webhooks-events">{webhook.events.map((pattern) => <code key={pattern}>{pattern}</code>)}</dd>
                    <dt>{t.webhooks.columns.lastSuccess}</dt><dd><Time iso={webhook.lastSuccessAt} /></dd>
                    {webhook.failures > 0 && (
                        <>
                            <dt>{t.webhooks.columns.failures}</dt><dd>{formatNumber(webhook.failures)}</dd>
                            <dt>{t.webhooks.failingSince}</dt><dd><Time iso={webhook.failingSince} as="minute" /></dd>
                        </>
                    )}
                    <dt>{t.webhooks.made}</dt><dd><Time iso={webhook.createdAt} as="minute" /></dd>
                    <dt>{t.webhooks.changed}</dt><dd><Time iso={webhook.updatedAt} as="minute" /></dd>
                </dl>
                <VerifyHelp />
            </div>
        </Card>
    );
}

/** What is rarely done with a webhook; a new secret and the end of it behind a question. */
function More({ webhook, onEdit }: { webhook: Webhook; onEdit: () => void }) {
    const queries = useQueryClient();
    const [, go] = useLocation();
    const [asked, setAsked] = useState<"rotate" | "replay" | null>(null);
    async function remove() {
        await api.delete(route`/webhooks/${webhook.id}`);
        go("/webhooks");
        toast(t.webhooks.deleted);
        queries.removeQueries({ queryKey: ["webhooks", webhook.id] });
        await queries.invalidateQueries({ queryKey: ["webhooks"], exact: true });
    }
    return (
        <>
            <Confirm title={t.webhooks.deleteTitle} submit={t.delete} onConfirm={remove} trigger={(askRemove) => (
                <Menu label={t.webhooks.more} items={[
                    { label: t.edit, onSelect: onEdit },
                    { label: t.webhooks.replay, onSelect: () => setAsked("replay") },
                    { label: t.webhooks.rotate, onSelect: () => setAsked("rotate") },
                    { label: t.delete, onSelect: askRemove, isDanger: true },
                ]} />
            )}>
                <p>{t.webhooks.deleteHint}</p>
            </Confirm>
            <RotateDialog webhookId={webhook.id} isOpen={asked === "rotate"} onClose={() => setAsked(null)} />
            <ReplayDialog webhookId={webhook.id} isOpen={asked === "replay"} onClose={() => setAsked(null)} />
        </>
    );
}

/** One webhook: its settings, its messages with what each attempt came to. */
export default function WebhookPage({ id }: { id: string }) {
    const queries = useQueryClient();
    const query = useWebhook(id);
    const webhook = query.data;
    const [delivery, setDelivery] = useQueryParam("delivery");
    const [isEdit, setEdit] = useState(false);
    const test = useMutation({
        mutationFn: () => api.post<Delivery>(route`/webhooks/${id}/test`),
        onSuccess: () => void queries.invalidateQueries({ queryKey: ["webhooks", id, "deliveries"] }),
    });
    // Said here and not above, which would bring back who has left the page meanwhile.
    const sendTest = () => test.mutate(undefined, { onSuccess: (sent) => setDelivery(sent.id) });
    const actions = webhook && (
        <>
            <Button look="primary" onClick={sendTest} isBusy={test.isPending}>{t.webhooks.test}</Button>
            <More webhook={webhook} onEdit={() => setEdit(true)} />
        </>
    );
    return (
        <Page title={webhook?.url ?? t.webhooks.title} back={<Link to="/webhooks">{t.webhooks.title}</Link>}
              beside={webhook && <WebhookBadge webhook={webhook} />} actions={actions}>
            <Await query={query}>
                {(found) => (
                    <>
                        {test.error && <Problem error={test.error} />}
                        <Settings webhook={found} onEdit={() => setEdit(true)} />
                        <Deliveries webhookId={id} onOpen={setDelivery} />
                        <WebhookForm<Webhook> webhook={found} isOpen={isEdit} onClose={() => setEdit(false)}
                                     onSaved={() => {
                                         toast(t.webhooks.saved);
                                         setEdit(false);
                                     }} />
                        {delivery && <DeliveryDrawer webhookId={id} deliveryId={delivery} onClose={() => setDelivery("")} />}
                    </>
                )}
            </Await>
        </Page>
    );
}
