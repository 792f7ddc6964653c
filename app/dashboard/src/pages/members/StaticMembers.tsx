import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useCallback, useState } from "react";
import type { Contact, Segment } from "../../api/types";
import { t } from "../../strings";
import { Button, Notice, Problem } from "../../ui";
import { AddMembers } from "./AddMembers";
import MemberTable from "./MemberTable";
import { addMembers, removeMembers } from "./standing";

/** The Members tab of a static segment: who is in it, and how others get in. */
export default function StaticMembers({ segment }: { segment: Segment }) {
    const queries = useQueryClient();
    const [removed, setRemoved] = useState<string | null>(null);
    const changed = () => queries.invalidateQueries({ queryKey: ["segments"] });
    const take = useMutation({
        mutationFn: (email: string) => removeMembers(segment.id, [email]),
        onSuccess: (_, email) => {
            setRemoved(email);
            return changed();
        },
    });
    const putBack = useMutation({
        mutationFn: (email: string) => addMembers(segment.id, [email], false),
        onSuccess: () => {
            setRemoved(null);
            return changed();
        },
    });
    const { mutate, variables, isPending } = take;
    const actions = useCallback((contact: Contact) => (
        <Button isSmall aria-label={t.members.removeOne(contact.email)} isBusy={isPending && variables === contact.email}
                onClick={() => mutate(contact.email)}>
            {t.members.remove}
        </Button>
    ), [mutate, variables, isPending]);
    return (
        <div className="stack">
            <AddMembers segmentId={segment.id} onChanged={changed} />
            {take.error ? <Problem error={take.error} /> : null}
            {putBack.error ? <Problem error={putBack.error} /> : null}
            {removed !== null && (
                <Notice>
                    <span role="status">{t.members.removed(removed)}</span>
                    {/* The pressed button went with its row: the focus comes here. */}
                    <Button key={removed} isSmall autoFocus isBusy={putBack.isPending} onClick={() => putBack.mutate(removed)}>{t.members.putBack}</Button>
                </Notice>
            )}
            <MemberTable segment={segment} actions={actions} />
        </div>
    );
}
