import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useLocation } from "wouter";
import { api } from "../../api/client";
import type { Contact } from "../../api/types";
import { useDraft } from "../../draft";
import { t } from "../../strings";
import { Button, CheckField, fieldProblem, FormDialog, isUnplaced, messageOf, Notice, TextField, toast, useSettled } from "../../ui";
import { DataEditor } from "./DataEditor";
import type { Edition } from "./dataRows";
import { checkedData, editionOf } from "./dataRows";

interface Form {
    email: string;
    isSubscribed: boolean;
    data: Edition;
}

type Written = Contact & { _meta: { isNew: boolean } };

const BLANK: Form = { email: "", isSubscribed: true, data: editionOf(null) };
const TYPING_MS = 250;

/** The contact that has this address already. */
function useThere(email: string): Contact | null {
    const settled = useSettled(email.trim(), TYPING_MS);
    const found = useQuery({
        queryKey: ["contacts", "lookup", settled],
        queryFn: async ({ signal }) =>
            (await api.post<{ found: Contact[] }>("/contacts/lookup", { emails: [settled] }, { signal })).found[0] ?? null,
        enabled: settled.includes("@"),
    }).data;
    return found?.email === email.trim().toLowerCase() ? found : null; // and not that of what stood there before
}

export function AddContact({ onClose }: { onClose: () => void }) {
    const queries = useQueryClient();
    const [, navigate] = useLocation();
    const { value: form, set, clear } = useDraft<Form>("contacts.add", BLANK);
    const [isChecked, setChecked] = useState(false);
    const there = useThere(form.email);

    const add = useMutation({
        // A new contact is subscribed unless told otherwise; one that is there keeps its subscription.
        mutationFn: (data: object) => api.post<Written>("/contacts", { email: form.email.trim(), data, subscribed: form.isSubscribed || there ? undefined : false }),
        onSuccess: (contact) => {
            clear();
            toast(contact._meta.isNew ? t.contacts.added(contact.email) : t.contacts.merged(contact.email));
            void queries.invalidateQueries({ queryKey: ["contacts"] });
            onClose();
            navigate(`/contacts/${contact.id}`);
        },
    });

    function submit() {
        const data = checkedData(form.data);
        setChecked(data === null);
        if (data)
            add.mutate(data);
    }

    const emailProblem = fieldProblem(add.error, "email") ?? (form.email === "" && add.error ? messageOf(add.error) : null);
    return (
        <FormDialog title={t.contacts.addTitle} isOpen isWide onClose={onClose} submit={there ? t.contacts.addMerge : t.contacts.add} onSubmit={submit}
                    isBusy={add.isPending} problem={emailProblem === null && isUnplaced(add.error, ["email", "data"]) ? add.error : undefined}>
            <div>
                <TextField label={t.contacts.email} type="email" value={form.email} error={emailProblem} autoFocus
                           onChange={(event) => set({ ...form, email: event.currentTarget.value })} />
                <div aria-live="polite" className="contacts-there">
                    {there && (
                        <Notice tone="warn">
                            <p>{t.contacts.addThere}</p>
                            <Button isSmall onClick={() => navigate(`/contacts/${there.id}`)}>{t.contacts.openIt}</Button>
                        </Notice>
                    )}
                </div>
            </div>
            {!there && <CheckField label={t.contacts.addSubscribed} checked={form.isSubscribed} onChange={(isSubscribed) => set({ ...form, isSubscribed })} />}
            <DataEditor edition={form.data} onChange={(data) => set({ ...form, data })} isChecked={isChecked} error={fieldProblem(add.error, "data")} />
        </FormDialog>
    );
}
