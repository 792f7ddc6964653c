/* What can be done to a segment as a whole: rename, snapshot, delete. Used by the list and by its page. */
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useMemo } from "react";
import type { FormEvent } from "react";
import { useLocation } from "wouter";
import { api, route } from "../../api/client";
import type { Segment } from "../../api/types";
import { useDraft } from "../../draft";
import { t } from "../../strings";
import { Button, Dialog, FormDialog, Problem, TextField, fieldProblem, isUnplaced, toast } from "../../ui";
import { useChangeSegment } from "./segmentData";

const words = t.segments;

interface FormProps {
    segment: Segment;
    onDone: () => void;
}

interface Named {
    name: string;
    description: string;
}

/** Name and description: two boxes and their buttons, to stand in a page or in a dialog. */
export function RenameForm({ segment, onDone }: FormProps) {
    const initial = useMemo<Named>(() => ({ name: segment.name, description: segment.description ?? "" }), [segment.name, segment.description]);
    const draft = useDraft<Named>(`segments.rename.${segment.id}`, initial);
    const change = useChangeSegment(segment.id);
    async function save(event: FormEvent) {
        event.preventDefault();
        const { name, description } = draft.value;
        const saved = await change.mutateAsync({ name, description: description || null }).catch(() => null);
        if (!saved)
            return; // the problem stands at its field
        draft.clear();
        toast(words.renamed(saved.name));
        onDone();
    }
    return (
        <form className="stack" onSubmit={save} noValidate>
            <TextField label={words.name} value={draft.value.name} autoFocus hint={segment.trackMembership ? words.slugHint : undefined}
                       error={fieldProblem(change.error, "name")}
                       onChange={(event) => draft.set({ ...draft.value, name: event.currentTarget.value })} />
            <TextField label={words.description} value={draft.value.description} error={fieldProblem(change.error, "description")}
                       onChange={(event) => draft.set({ ...draft.value, description: event.currentTarget.value })} />
            {isUnplaced(change.error, ["name", "description"]) && <Problem error={change.error} />}
            <div className="buttons">
                <Button type="submit" look="primary" isBusy={change.isPending}>{t.save}</Button>
                <Button onClick={() => {
                    draft.clear();
                    onDone();
                }}>{t.cancel}</Button>
            </div>
        </form>
    );
}

function SnapshotDialog({ segment, onDone }: FormProps) {
    const [, navigate] = useLocation();
    const queries = useQueryClient();
    const initial = useMemo<Named>(() => {
        const day = new Date().toLocaleDateString(undefined, { dateStyle: "medium" });
        return { name: words.snapshotName(segment.name, day), description: "" };
    }, [segment.name]);
    const draft = useDraft<Named>(`segments.snapshot.${segment.id}`, initial);
    const make = useMutation({
        mutationFn: ({ name, description }: Named) =>
            api.post<Segment>(route`/segments/${segment.id}/snapshot`, { name, description: description || undefined }),
        onSuccess: async (made) => {
            draft.clear();
            toast(words.snapshotDone(made.name));
            onDone();
            navigate(`/segments/${made.id}`);
            await queries.invalidateQueries({ queryKey: ["segments"] });
        },
    });
    return (
        <FormDialog title={words.snapshotTitle(segment.name)} isOpen onClose={onDone} submit={words.snapshot} isBusy={make.isPending}
                    onSubmit={() => make.mutate(draft.value)}
                    problem={isUnplaced(make.error, ["name", "description"]) ? make.error : null}>
            <p className="soft">{words.snapshotHint}</p>
            <TextField label={words.name} value={draft.value.name} error={fieldProblem(make.error, "name")}
                       onChange={(event) => draft.set({ ...draft.value, name: event.currentTarget.value })} />
            <TextField label={words.description} value={draft.value.description} error={fieldProblem(make.error, "description")}
                       onChange={(event) => draft.set({ ...draft.value, description: event.currentTarget.value })} />
        </FormDialog>
    );
}

/** Asks first; where something still refers to the segment, the API's words say what. */
function DeleteDialog({ segment, onDone, onDeleted }: FormProps & { onDeleted?: () => void }) {
    const queries = useQueryClient();
    const remove = useMutation({
        mutationFn: () => api.delete(route`/segments/${segment.id}`),
        onSuccess: async () => {
            toast(words.deleted(segment.name));
            onDone();
            onDeleted?.();
            queries.removeQueries({ queryKey: ["segments", segment.id] });
            await queries.invalidateQueries({ queryKey: ["segments"] });
        },
    });
    return (
        <FormDialog title={words.deleteTitle(segment.name)} isOpen onClose={onDone} submit={t.delete} isDanger isBusy={remove.isPending}
                    onSubmit={() => remove.mutate()} problem={remove.error}>
            <p>{words.deleteHint}</p>
        </FormDialog>
    );
}

/** Where the focus goes when what had it is no more. */
export function focusTitle() {
    document.querySelector<HTMLElement>("h1")?.focus();
}

export type SegmentAction = "rename" | "snapshot" | "delete";

/** The dialog of an action that was chosen in a menu. */
export function SegmentDialog({ action, ...rest }: FormProps & { action: SegmentAction; onDeleted?: () => void }) {
    if (action === "snapshot")
        return <SnapshotDialog {...rest} />;
    if (action === "delete")
        return <DeleteDialog {...rest} />;
    return <Dialog title={words.renameTitle(rest.segment.name)} isOpen onClose={rest.onDone}><RenameForm {...rest} /></Dialog>;
}
