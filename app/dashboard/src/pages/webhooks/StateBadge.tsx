import { t } from "../../strings";
import { Badge } from "../../ui";
import type { DeliveryState, Webhook } from "./hooks";

/** Whether messages go there, and whether they arrive. */
export function WebhookBadge({ webhook }: { webhook: Webhook }) {
    if (!webhook.enabled)
        return <Badge tone="warn">{t.webhooks.off}</Badge>;
    return webhook.failures > 0 ? <Badge tone="bad">{t.webhooks.failing}</Badge> : <Badge tone="good">{t.webhooks.on}</Badge>;
}

const TONES: Record<DeliveryState, "neutral" | "warn" | "good" | "bad"> = {
    pending: "neutral", failed: "warn", delivered: "good", dead: "bad",
};

export function DeliveryBadge({ state }: { state: DeliveryState }) {
    return <Badge tone={TONES[state]}>{t.webhooks.states[state]}</Badge>;
}
