import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { api } from "../../api/client";
import { t } from "../../strings";
import { Button, counted, FormDialog, formatNumber, TextField } from "../../ui";
import type { Selection } from "./selection";
import { countChosen, NONE } from "./selection";
import type { ListState } from "./listState";
import { asCondition } from "./listState";

type Action = "subscribe" | "unsubscribe" | "delete";

interface BulkBarProps {
    state: ListState;
    selection: Selection;
    setSelection: (next: Selection) => void;
    total: number;
    /** The work is in the queue: its job. */
    onJob: (jobId: string) => void;
}

const WORDS = {
    subscribe: { title: t.contacts.subscribeManyTitle, hint: t.contacts.subscribeManyHint, submit: t.contacts.subscribe },
    unsubscribe: { title: t.contacts.unsubscribeManyTitle, hint: t.contacts.unsubscribeManyHint, submit: t.contacts.unsubscribe },
    delete: { title: t.contacts.eraseManyTitle, hint: t.contacts.eraseManyHint, submit: t.contacts.erase },
};

/** What can be done with those who are chosen. All that match may be chosen, whatever page they are on. */
export function BulkBar({ state, selection, setSelection, total, onJob }: BulkBarProps) {
    const [action, setAction] = useState<Action | null>(null);
    const count = countChosen(selection, total);
    const chosen = counted(count, "contact");
    return (
        <div aria-live="polite">
            {count > 0 && (
                <div className="contacts-bulk" role="group" aria-label={t.contacts.chosen(chosen)}>
                    <strong>{selection.isAll && selection.ids.size === 0 ? t.contacts.allChosen(formatNumber(count)) : t.contacts.chosen(chosen)}</strong>
                    {!selection.isAll && total > count && (
                        <Button isSmall look="plain" onClick={() => setSelection({ isAll: true, ids: new Set() })}>
                            {t.contacts.chooseAll(formatNumber(total))}
                        </Button>
                    )}
                    <Button isSmall look="plain" onClick={() => setSelection(NONE)}>{t.contacts.dropChoice}</Button>
                    <span className="buttons contacts-bulk-actions">
                        <Button isSmall onClick={() => setAction("subscribe")}>{t.contacts.subscribe}</Button>
                        <Button isSmall onClick={() => setAction("unsubscribe")}>{t.contacts.unsubscribe}</Button>
                        <Button isSmall look="danger" onClick={() => setAction("delete")}>{t.contacts.erase}</Button>
                    </span>
                </div>
            )}
            {action && <BulkDialog action={action} {...{ state, selection, count, onJob }} onClose={() => setAction(null)} />}
        </div>
    );
}

interface BulkDialogProps {
    action: Action;
    state: ListState;
    selection: Selection;
    count: number;
    onJob: (jobId: string) => void;
    onClose: () => void;
}

function BulkDialog({ action, state, selection, count, onJob, onClose }: BulkDialogProps) {
    const [typed, setTyped] = useState("");
    const words = WORDS[action];
    const ask = useMutation({
        mutationFn: () => api.post<{ jobId: string }>(`/contacts/bulk-${action}`, selection.isAll
            ? { mode: "query", filter: asCondition(state), excludeIds: [...selection.ids] }
            : { contactIds: [...selection.ids] }),
        onSuccess: ({ jobId }) => {
            onClose();
            onJob(jobId);
        },
    });
    // Erasing more than can be seen at once is confirmed by hand.
    const mustType = action === "delete" && selection.isAll;
    const isSure = !mustType || typed.replace(/\D/g, "") === String(count);
    return (
        <FormDialog title={words.title(counted(count, "contact"))} isOpen onClose={onClose} submit={words.submit} onSubmit={() => ask.mutate()}
                    isBusy={ask.isPending} isDanger={action === "delete"} isDisabled={!isSure} problem={ask.error}>
            <p>{words.hint}</p>
            {mustType && <TextField label={t.contacts.typeNumber(count)} inputMode="numeric" value={typed} onChange={(event) => setTyped(event.currentTarget.value)} />}
        </FormDialog>
    );
}
