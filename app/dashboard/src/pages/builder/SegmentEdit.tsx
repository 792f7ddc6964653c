/* Edits a segment. Before another filter is saved, it says who enters and who leaves. */
import { useMutation, useQueryClient } from "@tanstack/react-query";
import type { FormEvent } from "react";
import { useCallback, useState } from "react";
import { Link, useLocation } from "wouter";
import { api, route } from "../../api/client";
import type { Condition, Segment } from "../../api/types";
import { dropDraft, useDraft } from "../../draft";
import { t } from "../../strings";
import { Await, Button, Card, Empty, isUnplaced, LinkButton, Notice, Page, Problem, toast } from "../../ui";
import type { Diff } from "../segments/segmentData";
import { useSegment } from "../segments/segmentData";
import { EditReview } from "./EditReview";
import FilterBuilder from "./FilterBuilder";
import { jsonDraftName } from "./jsoncheck";
import type { SegmentTexts } from "./SegmentFields";
import { PLACED, SegmentFields } from "./SegmentFields";
import { useShownError } from "./shownError";

const words = t.builder;

interface Edit extends SegmentTexts {
    condition: Condition | null;
    /** The version that was edited. */
    version: number;
}

function editOf(segment: Segment): Edit {
    const { name, description, trackMembership, condition, version } = segment;
    return { name, description: description ?? "", isTracked: trackMembership, condition, version };
}

/** What differs from the segment as it is saved. */
function changesOf(edit: Edit, segment: Segment): Record<string, unknown> {
    const before = editOf(segment);
    return {
        ...(edit.name === before.name ? {} : { name: edit.name }),
        ...(edit.description === before.description ? {} : { description: edit.description || null }),
        ...(edit.isTracked === before.isTracked ? {} : { trackMembership: edit.isTracked }),
        ...(JSON.stringify(edit.condition) === JSON.stringify(before.condition) ? {} : { condition: edit.condition }),
    };
}

function useEditing(segment: Segment) {
    const [first] = useState(() => editOf(segment));
    const draft = useDraft(`builder.edit.${segment.id}`, first);
    const saved = editOf(segment);
    if (!draft.isDraft && JSON.stringify(draft.value) !== JSON.stringify(saved))
        draft.clear(saved); // until one types, what somebody else saves is what is edited
    const queries = useQueryClient();
    const [, goTo] = useLocation();
    const [diff, setDiff] = useState<Diff | null>(null);
    const changes = changesOf(draft.value, segment);
    const save = useMutation({
        mutationFn: () => api.patch<Segment>(route`/segments/${segment.id}`, changes),
        onSuccess: (now) => {
            draft.clear(editOf(now));
            queries.setQueryData(["segments", segment.id], now);
            toast(words.saved(now.name));
            goTo(`/segments/${segment.id}`);
            return queries.invalidateQueries({ queryKey: ["segments"] });
        },
        onError: () => setDiff(null), // what is wrong stands at its field
    });
    const review = useMutation({
        mutationFn: () => api.post<Diff>(route`/segments/${segment.id}/diff`, { condition: draft.value.condition }),
        onSuccess: setDiff,
    });
    return { draft, changes, save, review, diff, closeReview: () => setDiff(null) };
}

function EditForm({ segment }: { segment: Segment }) {
    const { draft, changes, save, review, diff, closeReview } = useEditing(segment);
    const [isUnfinished, setUnfinished] = useState(false);
    const [round, setRound] = useState(0); // another one begins with a builder as new
    const { value, set } = draft;
    const setCondition = useCallback((condition: Condition | null) => set((before) => ({ ...before, condition })), [set]);
    const error = save.error ?? review.error;
    const isSame = Object.keys(changes).length === 0;
    const hasFilter = "condition" in changes;

    const form = useShownError(error);

    function discard() {
        draft.clear(editOf(segment));
        save.reset();
        review.reset();
        dropDraft(jsonDraftName());
        setRound(round + 1);
    }
    function send(event: FormEvent) {
        event.preventDefault();
        if (save.isPending || review.isPending || isUnfinished || isSame)
            return;
        save.reset();
        review.reset();
        if (hasFilter)
            review.mutate();
        else
            save.mutate();
    }
    const page = (
        <form onSubmit={send} noValidate className="stack bld-page" ref={form}>
            {draft.isDraft && value.version !== segment.version && <Notice tone="warn"><p>{words.changedMeanwhile}</p></Notice>}
            <Card>
                <SegmentFields value={value} error={error} hasTracking={segment.type === "DYNAMIC"}
                               onChange={(change) => set((before) => ({ ...before, ...change }))} />
            </Card>
            {segment.type === "DYNAMIC" ? (
                <Card>
                    <FilterBuilder key={round} value={value.condition} onChange={setCondition} error={error} segmentId={segment.id} onUnfinished={setUnfinished} />
                </Card>
            ) : (
                <Empty title={words.staticNoFilter}>
                    <p>{words.staticNoFilterHint}</p>
                    <LinkButton to={`/segments/${segment.id}?tab=members`}>{words.toMembers}</LinkButton>
                </Empty>
            )}
            {isUnplaced(error, PLACED) && <Problem error={error} />}
            <div className="bld-bar">
                {isUnfinished && <p className="field-error">{words.invalidJson}</p>}
                {(isUnfinished || (draft.isDraft && !isSame)) && <Button look="plain" onClick={discard}>{words.discard}</Button>}
                <LinkButton to={`/segments/${segment.id}`}>{t.cancel}</LinkButton>
                <Button type="submit" look="primary" isBusy={save.isPending || review.isPending} disabled={isUnfinished || isSame}>
                    {hasFilter ? words.review : words.save}
                </Button>
            </div>
        </form>
    );
    return (
        <>
            {page}
            <EditReview diff={diff} onClose={closeReview} onSave={() => save.mutate()} isBusy={save.isPending} />
        </>
    );
}

export default function SegmentEdit({ id }: { id: string }) {
    const query = useSegment(id);
    const name = query.data?.name;
    return (
        <Page title={name === undefined ? t.shell.segments : words.editTitle(name)} back={<Link to={`/segments/${id}`}>← {name ?? t.shell.segments}</Link>}>
            <Await query={query}>{(segment) => <EditForm segment={segment} />}</Await>
        </Page>
    );
}
