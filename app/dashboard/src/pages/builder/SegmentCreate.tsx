/* Makes a segment: dynamic, with a filter, or static, with members that are put in on its own page. */
import { useMutation, useQueryClient } from "@tanstack/react-query";
import type { FormEvent } from "react";
import { useCallback, useState } from "react";
import { useLocation, useSearchParams } from "wouter";
import { api } from "../../api/client";
import type { Condition, Segment } from "../../api/types";
import { dropDraft, useDraft } from "../../draft";
import { t } from "../../strings";
import { Button, Card, isUnplaced, LinkButton, Page, Problem, toast, Toggle } from "../../ui";
import FilterBuilder from "./FilterBuilder";
import { jsonDraftName } from "./jsoncheck";
import type { SegmentTexts } from "./SegmentFields";
import { PLACED, SegmentFields } from "./SegmentFields";
import { useShownError } from "./shownError";

const words = t.builder;

interface NewSegment extends SegmentTexts {
    type: Segment["type"];
    condition: Condition | null;
}

const EMPTY: NewSegment = { name: "", description: "", type: "DYNAMIC", isTracked: false, condition: null };

/** A link may bring a filter: /segments/new?condition=<JSON>. */
function useGivenCondition(): Condition | null {
    const [params] = useSearchParams();
    const text = params.get("condition");
    try {
        return text ? (JSON.parse(text) as Condition) : null;
    } catch {
        return null;
    }
}

function useCreate(onDone: (segment: Segment) => void) {
    const queries = useQueryClient();
    return useMutation({
        mutationFn: ({ name, description, type, isTracked, condition }: NewSegment) => api.post<Segment>("/segments", {
            name, type, ...(description ? { description } : {}),
            ...(type === "DYNAMIC" ? { trackMembership: isTracked, ...(condition ? { condition } : {}) } : {}),
        }),
        onSuccess: (segment) => {
            onDone(segment);
            return queries.invalidateQueries({ queryKey: ["segments"] });
        },
    });
}

function FilterCard({ value, onChange, error, onUnfinished }: {
    value: Condition | null; onChange: (next: Condition | null) => void; error: unknown; onUnfinished: (isUnfinished: boolean) => void;
}) {
    return (
        <Card>
            <FilterBuilder value={value} onChange={onChange} error={error} onUnfinished={onUnfinished} />
        </Card>
    );
}

export default function SegmentCreate() {
    const given = useGivenCondition();
    const [initial] = useState<NewSegment>(() => (given ? { ...EMPTY, condition: given } : EMPTY));
    const draft = useDraft(given ? `builder.new.${JSON.stringify(given)}` : "builder.new", initial);
    const [isUnfinished, setUnfinished] = useState(false);
    const [round, setRound] = useState(0); // another one begins with an empty builder
    const [, goTo] = useLocation();
    const create = useCreate((segment) => {
        draft.clear();
        toast(words.created(segment.name));
        goTo(`/segments/${segment.id}${segment.type === "STATIC" ? "?tab=members" : ""}`);
    });
    const { value, set } = draft;
    const setCondition = useCallback((condition: Condition | null) => set((before) => ({ ...before, condition })), [set]);
    const isStatic = value.type === "STATIC";
    const isBlocked = isUnfinished && !isStatic;

    const form = useShownError(create.error);

    function discard() {
        draft.clear();
        create.reset();
        dropDraft(jsonDraftName());
        setRound(round + 1);
    }
    function send(event: FormEvent) {
        event.preventDefault();
        if (!create.isPending && !isBlocked)
            create.mutate(value);
    }
    return (
        <Page title={words.createTitle}>
            <form onSubmit={send} noValidate className="stack bld-page" ref={form}>
                <Card>
                    <div className="stack">
                        <div>
                            <Toggle legend={words.type} value={value.type} onChange={(type) => set({ ...value, type })}
                                    choices={[{ value: "DYNAMIC", label: words.dynamic }, { value: "STATIC", label: words.static }]} />
                            <p className="field-hint">{isStatic ? words.staticHint : words.dynamicHint}</p>
                        </div>
                        <SegmentFields value={value} error={create.error} hasTracking={!isStatic}
                                       onChange={(change) => set((before) => ({ ...before, ...change }))} />
                    </div>
                </Card>
                {!isStatic && <FilterCard key={round} value={value.condition} onChange={setCondition} error={create.error} onUnfinished={setUnfinished} />}
                {isUnplaced(create.error, PLACED) && <Problem error={create.error} />}
                <div className="bld-bar">
                    {isBlocked && <p className="field-error">{words.invalidJson}</p>}
                    {draft.isDraft && <Button look="plain" onClick={discard}>{words.discard}</Button>}
                    <LinkButton to="/segments">{t.cancel}</LinkButton>
                    <Button type="submit" look="primary" isBusy={create.isPending} disabled={isBlocked}>{isStatic ? words.createStatic : words.create}</Button>
                </div>
            </form>
        </Page>
    );
}
