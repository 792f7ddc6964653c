import { useMutation, useQueryClient } from "@tanstack/react-query";
import { api, route } from "../../api/client";
import { t } from "../../strings";
import { Await, Badge, Button, CopyButton, Dialog, Json, Problem, Time, formatNumber, toast } from "../../ui";
import type { Attempt, DeliveryWithPayload } from "./hooks";
import { useDelivery } from "./hooks";
import { DeliveryBadge } from "./StateBadge";

function AttemptItem({ attempt }: { attempt: Attempt }) {
    const isGood = attempt.status !== null && attempt.status >= 200 && attempt.status < 300;
    return (
        <li className="webhooks-attempt">
            <div className="row">
                <strong>{t.webhooks.attemptNumber(formatNumber(attempt.number))}</strong>
                <Badge tone={isGood ? "good" : "bad"}>{attempt.status === null ? t.webhooks.noAnswer : t.webhooks.status(attempt.status)}</Badge>
                <span className="soft">{t.webhooks.tookMs(formatNumber(attempt.ms))} · <Time iso={attempt.at} as="minute" /></span>
            </div>
            {attempt.error && <p className="break webhooks-error">{attempt.error}</p>}
            {attempt.status !== null && (attempt.reply
                ? <pre className="json" tabIndex={0} aria-label={t.webhooks.reply}>{attempt.reply}</pre>
                : <p className="small soft">{t.webhooks.emptyReply}</p>)}
        </li>
    );
}

function Message({ delivery }: { delivery: DeliveryWithPayload }) {
    return (
        <>
            <div className="row">
                <code className="break">{delivery.type}</code>
                <span role="status"><DeliveryBadge state={delivery.state} /></span>
            </div>
            <dl className="facts">
                <dt>{t.webhooks.id}</dt><dd><code>{delivery.id}</code></dd>
                <dt>{t.webhooks.deliveryColumns.created}</dt><dd><Time iso={delivery.createdAt} as="minute" /></dd>
                {delivery.nextAttemptAt && <><dt>{t.webhooks.deliveryColumns.next}</dt><dd><Time iso={delivery.nextAttemptAt} /></dd></>}
            </dl>
            <h2>{t.webhooks.attempts}</h2>
            {delivery.attempts.length === 0
                ? <p className="soft">{t.webhooks.noAttempts}</p>
                : <ol role="list" className="webhooks-attempts">{delivery.attempts.toReversed().map((item) => <AttemptItem key={item.number} attempt={item} />)}</ol>}
            <div className="row spread">
                <h2>{t.webhooks.payload}</h2>
                <CopyButton text={JSON.stringify(delivery.payload, null, 2)} label={t.webhooks.copyPayload} />
            </div>
            <Json value={delivery.payload} />
        </>
    );
}

/** One message: what was sent, what each attempt came to; trying it again. */
export function DeliveryDrawer({ webhookId, deliveryId, onClose }: { webhookId: string; deliveryId: string; onClose: () => void }) {
    const queries = useQueryClient();
    const query = useDelivery(webhookId, deliveryId);
    const retry = useMutation({
        mutationFn: () => api.post(route`/webhooks/${webhookId}/deliveries/${deliveryId}/retry`),
        onSuccess: () => {
            toast(t.webhooks.retried);
            return queries.invalidateQueries({ queryKey: ["webhooks", webhookId] });
        },
    });
    return (
        <Dialog title={t.webhooks.deliveryTitle} isOpen onClose={onClose} isDrawer>
            <div className="stack">
                <Await query={query}>{(delivery) => <Message delivery={delivery} />}</Await>
                {retry.error && <Problem error={retry.error} />}
                <div className="buttons">
                    <Button onClick={() => retry.mutate()} isBusy={retry.isPending} disabled={query.data?.state === "pending"}>{t.webhooks.retry}</Button>
                </div>
            </div>
        </Dialog>
    );
}
