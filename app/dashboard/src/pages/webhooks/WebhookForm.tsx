import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useEffect, useMemo, useState } from "react";
import { api, route } from "../../api/client";
import { useDraft } from "../../draft";
import { t } from "../../strings";
import { Button, FormDialog, Notice, TextField, fieldProblem, isUnplaced } from "../../ui";
import { EventPatterns } from "./EventPatterns";
import type { Webhook } from "./hooks";

interface Typed {
    url: string;
    events: string[];
    description: string;
    pending: string; // an event that was typed and not added
}

interface Props<T extends Webhook> {
    /** The one to edit; null: a new one. */
    webhook: Webhook | null;
    isOpen: boolean;
    onClose: () => void;
    onSaved: (saved: T) => void;
}

/** A dialog that makes a webhook or changes one. What was typed is kept when it is closed. */
export function WebhookForm<T extends Webhook>({ webhook, isOpen, onClose, onSaved }: Props<T>) {
    const queries = useQueryClient();
    const initial = useMemo<Typed>(() => webhook
        ? { url: webhook.url, events: webhook.events, description: webhook.description ?? "", pending: "" }
        : { url: "", events: ["segment.*"], description: "", pending: "" }, [webhook]);
    const { value: typed, isDraft, clear, set } = useDraft(webhook ? `webhooks.${webhook.id}` : "webhooks.new", initial);
    const [isKept, setKept] = useState(isDraft); // it was there when the dialog opened
    const change = (part: Partial<Typed>) => set((before) => ({ ...before, ...part }));
    useEffect(() => {
        if (!isDraft)
            clear(initial); // a webhook that was changed meanwhile shows as it is now
    }, [initial, isDraft, clear]);

    const save = useMutation({
        gcTime: 0, // the answer to a new one holds its secret
        mutationFn: () => {
            const events = typed.pending.trim() ? [...new Set([...typed.events, typed.pending.trim()])] : typed.events;
            change({ events, pending: "" });
            const body = { url: typed.url.trim(), events, description: typed.description.trim() || null };
            return webhook ? api.patch<T>(route`/webhooks/${webhook.id}`, body) : api.post<T>("/webhooks", body);
        },
        onSuccess: (saved) => {
            discard();
            void queries.invalidateQueries({ queryKey: ["webhooks"] });
            onSaved(saved);
        },
    });

    function close() {
        setKept(isDraft);
        save.reset();
        onClose();
    }
    function discard() {
        clear(initial);
        setKept(false);
    }

    return (
        <FormDialog title={webhook ? t.webhooks.editTitle : t.webhooks.create} submit={webhook ? t.save : t.create}
                    isOpen={isOpen} onClose={close} onSubmit={() => save.mutate()} isBusy={save.isPending}
                    problem={isUnplaced(save.error, ["url", "events", "description"]) ? save.error : null}>
            {isKept && isDraft && (
                <Notice tone="accent">
                    <div className="row spread">{t.webhooks.kept}<Button isSmall onClick={discard}>{t.webhooks.discard}</Button></div>
                </Notice>
            )}
            <TextField label={t.webhooks.url} hint={t.webhooks.urlHint} type="url" inputMode="url" placeholder="https://" value={typed.url}
                       error={fieldProblem(save.error, "url")} onChange={(event) => change({ url: event.currentTarget.value })} />
            <EventPatterns events={typed.events} onEvents={(events) => change({ events, pending: "" })} text={typed.pending}
                           onText={(pending) => change({ pending })} error={save.error} />
            <TextField label={t.webhooks.description} value={typed.description} error={fieldProblem(save.error, "description")}
                       onChange={(event) => change({ description: event.currentTarget.value })} />
        </FormDialog>
    );
}
