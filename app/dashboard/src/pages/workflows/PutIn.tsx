import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useDraft } from "../../draft";
import { t } from "../../strings";
import { Button, Combobox, fieldProblem, FormDialog, isUnplaced, messageOf, toast, useSettled } from "../../ui";
import type { Workflow } from "./workflowData";
import { findContacts, workflows } from "./workflowData";

const SETTLE_MS = 120;

/** Puts a contact in by hand, whatever begins the workflow. */
export function PutIn({ workflow }: { workflow: Workflow }) {
    const queries = useQueryClient();
    const [isOpen, setOpen] = useState(false);
    const draft = useDraft(`workflows.${workflow.id}.putIn`, "");
    const asked = useSettled(draft.value.trim(), SETTLE_MS);
    const found = useQuery({
        queryKey: ["contacts", "find", asked],
        queryFn: ({ signal }) => findContacts(asked, signal),
        enabled: isOpen,
        placeholderData: (before) => before,
    });
    const contact = found.data?.find((item) => item.email === draft.value.trim().toLowerCase());
    const putIn = useMutation({
        mutationFn: () => workflows.putIn(workflow.id, contact?.id ?? ""),
        onSuccess: async (execution) => {
            draft.clear("");
            setOpen(false);
            toast(t.workflows.isIn(execution.email));
            await queries.invalidateQueries({ queryKey: ["workflows", workflow.id] });
        },
    });
    const problem = fieldProblem(putIn.error, "contactId") ?? (found.error ? messageOf(found.error) : null);
    return (
        <>
            <Button onClick={() => setOpen(true)}>{t.workflows.putIn}</Button>
            <FormDialog title={t.workflows.putInTitle(workflow.name)} isOpen={isOpen} onClose={() => setOpen(false)} submit={t.workflows.putInSubmit}
                        onSubmit={() => putIn.mutate()} isBusy={putIn.isPending} isDisabled={contact === undefined}
                        problem={isUnplaced(putIn.error, ["contactId"]) ? putIn.error : null}>
                <Combobox label={t.workflows.contact} hint={t.workflows.putInHint} error={problem} text={draft.value} onText={draft.set}
                          onPick={({ value }) => draft.set(value)} isLoading={found.isFetching}
                          options={(found.data ?? []).map(({ email }) => ({ value: email, label: email }))} />
            </FormDialog>
        </>
    );
}
