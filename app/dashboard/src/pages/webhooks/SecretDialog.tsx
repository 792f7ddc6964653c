import { useMutation } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import { api, route } from "../../api/client";
import { t } from "../../strings";
import { Button, CopyButton, Dialog, Notice, Problem } from "../../ui";
import type { WebhookWithSecret } from "./hooks";

/* Run as it stands by tests/browser/webhooks.mjs. */
const VERIFY = `import { createHmac, timingSafeEqual } from "node:crypto";

export function isFromMuster(secret, headers, body) {
    const id = headers["webhook-id"];
    const timestamp = headers["webhook-timestamp"];
    if (Math.abs(Date.now() / 1000 - Number(timestamp)) > 300)
        return false;
    const key = Buffer.from(secret.slice("whsec_".length), "base64");
    const wanted = createHmac("sha256", key).update(id + "." + timestamp + "." + body).digest();
    return headers["webhook-signature"].split(" ").some((one) => {
        const [version, text] = one.split(",");
        const given = Buffer.from(text ?? "", "base64");
        return version === "v1" && given.length === wanted.length && timingSafeEqual(given, wanted);
    });
}`;

/** How a receiver tells that a message is ours. */
export function VerifyHelp() {
    return (
        <details className="webhooks-verify">
            <summary>{t.webhooks.verify}</summary>
            <div className="stack">
                <p>{t.webhooks.verifyHint}</p>
                <pre className="json" tabIndex={0}><code>{VERIFY}</code></pre>
                <div><CopyButton text={VERIFY} label={t.webhooks.copyCode} /></div>
                <p>{t.webhooks.verifyRules}</p>
            </div>
        </details>
    );
}

/* Takes the focus: in a dialog that showed something else before, what had it is gone. */
function SecretBody({ secret, isRotated, onClose }: { secret: string; isRotated: boolean; onClose: () => void }) {
    const shown = useRef<HTMLElement>(null);
    useEffect(() => shown.current?.focus(), []);
    return (
        <div className="stack">
            <Notice tone="warn">{t.webhooks.secretOnce}</Notice>
            {isRotated && <p>{t.webhooks.secretRotated}</p>}
            <div className="row webhooks-secret">
                <code ref={shown} tabIndex={-1} className="break" role="group" aria-label={t.webhooks.secret}>{secret}</code>
                <CopyButton text={secret} label={t.webhooks.copySecret} />
            </div>
            <VerifyHelp />
            <div className="buttons end"><Button look="primary" onClick={onClose}>{t.webhooks.secretDone}</Button></div>
        </div>
    );
}

/** The secret of a new webhook, this once: it is kept nowhere in the page. null: closed. */
export function SecretDialog({ secret, onClose }: { secret: string | null; onClose: () => void }) {
    return (
        <Dialog title={t.webhooks.secretTitle} isOpen={secret !== null} onClose={onClose} isPinned>
            {secret !== null && <SecretBody secret={secret} isRotated={false} onClose={onClose} />}
        </Dialog>
    );
}

/** Asks, makes a new secret, and shows it, all in one dialog. */
export function RotateDialog({ webhookId, isOpen, onClose }: { webhookId: string; isOpen: boolean; onClose: () => void }) {
    const rotate = useMutation({
        mutationFn: () => api.post<WebhookWithSecret>(route`/webhooks/${webhookId}/rotate-secret`),
        gcTime: 0, // its answer holds the secret
    });
    const secret = rotate.data?.secret;
    function close() {
        rotate.reset();
        onClose();
    }
    return (
        <Dialog title={secret ? t.webhooks.secretTitle : t.webhooks.rotateTitle} isOpen={isOpen} onClose={close} isPinned={secret !== undefined}>
            {secret ? <SecretBody secret={secret} isRotated onClose={close} /> : (
                <div className="stack">
                    <p>{t.webhooks.secretRotated}</p>
                    {rotate.error && <Problem error={rotate.error} />}
                    <div className="buttons end">
                        <Button onClick={close}>{t.cancel}</Button>
                        <Button look="primary" isBusy={rotate.isPending} onClick={() => rotate.mutate()}>{t.webhooks.rotate}</Button>
                    </div>
                </div>
            )}
        </Dialog>
    );
}
