import type { ContactStatus } from "../../api/types";
import { t } from "../../strings";
import { Badge } from "../../ui";

const TONES = { subscribed: "good", unsubscribed: "neutral", bounced: "warn", complained: "bad" } as const;

export function StatusBadge({ status }: { status: ContactStatus }) {
    return <Badge tone={TONES[status]}>{t.contacts.status[status]}</Badge>;
}
