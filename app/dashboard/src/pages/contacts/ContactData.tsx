import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { api, route } from "../../api/client";
import type { Contact } from "../../api/types";
import { useDraft } from "../../draft";
import { t } from "../../strings";
import { Button, Card, fieldProblem, isUnplaced, Notice, Problem, toast } from "../../ui";
import { DataEditor } from "./DataEditor";
import type { Data, Edition } from "./dataRows";
import { checkedData, editionOf, isSame, notKept, patchOf } from "./dataRows";

/** Only what was touched is sent, so that two people can work on one contact. */
export function ContactData({ contact }: { contact: Contact }) {
    const queries = useQueryClient();
    const fresh = useMemo(() => editionOf(contact.data), [contact.data]);
    const draft = useDraft<Edition>(`contacts.data.${contact.id}`, fresh);
    const [isChecked, setChecked] = useState(false);
    const edition = draft.isDraft ? draft.value : fresh;
    const moved = draft.isDraft ? Object.keys(patchOf(edition.base, contact.data ?? {})) : [];

    const save = useMutation({
        mutationFn: (patch: Data) => api.patch<Contact>(route`/contacts/${contact.id}`, { data: patch }),
        onSuccess: (stored, patch) => {
            const lost = notKept(patch, stored.data);
            toast(lost.length > 0 ? t.contacts.notKept(lost.join(", ")) : t.contacts.dataSaved);
            queries.setQueryData(["contacts", contact.id], (before: Contact | undefined) => before && { ...before, ...stored });
            void queries.invalidateQueries({ queryKey: ["contacts"] });
            setChecked(false);
            draft.clear();
        },
    });

    function submit() {
        const next = checkedData(edition);
        setChecked(next === null);
        if (next)
            save.mutate(patchOf(edition.base, next));
    }

    function discard() {
        save.reset();
        setChecked(false);
        draft.clear();
    }

    const next = checkedData(edition);
    const isTouched = next === null || !isSame(next, edition.base);
    return (
        <Card title={t.contacts.data} actions={draft.isDraft && isTouched && <span className="soft">{t.contacts.unsaved}</span>}>
            <div className="stack">
                {moved.length > 0 && <Notice tone="warn"><p>{t.contacts.changedMeanwhile(moved.join(", "))}</p></Notice>}
                <DataEditor edition={edition} onChange={(value) => draft.set(value)} isChecked={isChecked} error={fieldProblem(save.error, "data")} />
                {isUnplaced(save.error, ["data"]) && <Problem error={save.error} />}
                {draft.isDraft && (
                    <div className="buttons end">
                        <Button onClick={discard}>{t.contacts.discard}</Button>
                        <Button look="primary" isBusy={save.isPending} disabled={!isTouched} onClick={submit}>{t.contacts.saveData}</Button>
                    </div>
                )}
            </div>
        </Card>
    );
}
