import { lazy, Suspense, useMemo, useState } from "react";
import type { Condition } from "../../api/types";
import { useDraft } from "../../draft";
import { t } from "../../strings";
import { Button, Dialog, Loading } from "../../ui";
import { readFilter } from "./listState";

const FilterBuilder = lazy(() => import("../builder/FilterBuilder"));

interface FilterDrawerProps {
    /** The filter in force, as the address has it. */
    applied: string;
    /** What the API said about it. */
    error: unknown;
    onApply: (filter: string) => void;
    onClose: () => void;
}

interface FilterDraft {
    applied: string;
    condition: Condition | null;
}

/** What is built here is kept until it is applied. */
export function FilterDrawer({ applied, error, onApply, onClose }: FilterDrawerProps) {
    const initial = useMemo<FilterDraft>(() => ({ applied, condition: readFilter(applied) ?? null }), [applied]);
    const draft = useDraft<FilterDraft>("contacts.filter", initial);
    // What was built on another filter than the one in force is of no use here.
    const condition = draft.value.applied === applied ? draft.value.condition : initial.condition;
    const [isUnfinished, setUnfinished] = useState(false);

    function apply(next: Condition | null) {
        draft.clear();
        onApply(next === null ? "" : JSON.stringify(next));
        onClose();
    }

    return (
        <Dialog title={t.contacts.filterTitle} isOpen isDrawer onClose={onClose}>
            <div className="stack">
                <Suspense fallback={<Loading />}>
                    <FilterBuilder value={condition} onChange={(next) => draft.set({ applied, condition: next })}
                                   error={error ?? undefined} errorPath="filter" isCompact onUnfinished={setUnfinished} />
                </Suspense>
                <div className="buttons end">
                    {applied !== "" && <Button onClick={() => apply(null)}>{t.contacts.clearFilter}</Button>}
                    <Button look="primary" disabled={isUnfinished} onClick={() => apply(condition)}>{t.contacts.apply}</Button>
                </div>
            </div>
        </Dialog>
    );
}
