/* What is done to a contact as a whole: another address, and the end. */
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useLocation } from "wouter";
import type { ApiError } from "../../api/client";
import { api, route } from "../../api/client";
import type { Contact } from "../../api/types";
import { dropDraft, useDraft } from "../../draft";
import { t } from "../../strings";
import { fieldProblem, FormDialog, messageOf, TextField, toast } from "../../ui";

interface ContactDialogProps {
    contact: Contact;
    onClose: () => void;
}

export function RenameContact({ contact, onClose }: ContactDialogProps) {
    const queries = useQueryClient();
    const draft = useDraft(`contacts.address.${contact.id}`, contact.email);
    const rename = useMutation<Contact, ApiError>({
        mutationFn: () => api.patch<Contact>(route`/contacts/${contact.id}`, { email: draft.value }),
        onSuccess: (stored) => {
            queries.setQueryData(["contacts", contact.id], (before: Contact | undefined) => before && { ...before, ...stored });
            void queries.invalidateQueries({ queryKey: ["contacts"] });
            toast(t.contacts.renamed);
            draft.clear();
            onClose();
        },
    });
    // The address is all that was sent: what the API refuses (409: it is another's) is about it.
    const refused = rename.error && rename.error.status >= 400 && rename.error.status < 500;
    const problem = fieldProblem(rename.error, "email") ?? (refused ? messageOf(rename.error) : null);
    return (
        <FormDialog title={t.contacts.rename} isOpen onClose={onClose} submit={t.save} onSubmit={() => rename.mutate()} isBusy={rename.isPending}
                    problem={problem === null ? rename.error : undefined}>
            <TextField label={t.contacts.email} type="email" value={draft.value} error={problem} onChange={(event) => draft.set(event.currentTarget.value)} />
        </FormDialog>
    );
}

export function EraseContact({ contact, onClose }: ContactDialogProps) {
    const queries = useQueryClient();
    const [, navigate] = useLocation();
    const [typed, setTyped] = useState("");
    const erase = useMutation({
        mutationFn: () => api.delete(route`/contacts/${contact.id}`),
        onSuccess: () => {
            toast(t.contacts.erased(contact.email));
            dropDraft(`contacts.data.${contact.id}`); // nothing of this person stays
            dropDraft(`contacts.address.${contact.id}`);
            navigate("/contacts");
            queries.removeQueries({ queryKey: ["contacts", contact.id] });
            void queries.invalidateQueries({ queryKey: ["contacts"] });
            void queries.invalidateQueries({ queryKey: ["segments"] });
        },
    });
    return (
        <FormDialog title={t.contacts.eraseTitle} isOpen onClose={onClose} submit={t.contacts.erase} isDanger onSubmit={() => erase.mutate()}
                    isBusy={erase.isPending} isDisabled={typed.trim().toLowerCase() !== contact.email.toLowerCase()} problem={erase.error}>
            <p>{t.contacts.eraseHint}</p>
            <TextField label={t.contacts.eraseConfirm(contact.email)} value={typed} spellCheck={false} onChange={(event) => setTyped(event.currentTarget.value)} />
        </FormDialog>
    );
}
