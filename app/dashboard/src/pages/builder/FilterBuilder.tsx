/* Writes a filter: as rules in groups or as JSON, with the count, the first contacts and what looks wrong beside it. */
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import type { Condition, Dialect } from "../../api/types";
import { useDraft } from "../../draft";
import { t } from "../../strings";
import { Button, Notice, Tabs } from "../../ui";
import { errorRemarks, nameOfPath, useCount, useLint, useRemarks } from "./answers";
import "./builder.css";
import { CatalogContext, useCatalog } from "./catalog";
import type { JsonDraft } from "./jsoncheck";
import { jsonDraftName, useJsonCheck } from "./jsoncheck";
import { JsonTab } from "./JsonTab";
import type { GroupNode, RuleNode } from "./model";
import { isGroup, treeOf, write } from "./model";
import { isComplete } from "./operators";
import { PreviewPanel } from "./PreviewPanel";
import { unshown } from "./shown";
import { TreeBox } from "./TreeBox";

export interface FilterBuilderProps {
    /** null: no rule yet. */
    value: Condition | null;
    onChange: (next: Condition | null) => void;
    /** What the API said about the request that the condition was in, and the condition's path there. */
    error?: unknown;
    errorPath?: string;
    /** Beside other things: a line with the count, no contacts. */
    isCompact?: boolean;
    /** The segment that is edited: it cannot name itself. */
    segmentId?: string;
    /** Tells whether there is text in the JSON tab that is no filter, so that nobody saves the one before by mistake. */
    onUnfinished?: (isUnfinished: boolean) => void;
}

const words = t.builder;

function openRules(tree: GroupNode): number {
    return tree.rules.reduce((sum, node) => sum + (isGroup(node) ? openRules(node) : isComplete(node as RuleNode) ? 0 : 1), 0);
}

/** The tree of a condition that its owner keeps; made anew only when the owner has another one. */
function useTree(value: Condition | null, onChange: (next: Condition | null) => void) {
    const given = JSON.stringify(value);
    const reason = unshown(value);
    const [state, setState] = useState(() => ({ given, tree: treeOf(reason ? null : value) }));
    if (state.given !== given)
        setState({ given, tree: treeOf(reason ? null : value) });
    function setTree(tree: GroupNode) {
        const { condition } = write(tree);
        setState({ given: JSON.stringify(condition), tree });
        onChange(condition);
    }
    return { tree: state.tree, setTree, reason };
}

/** What is sent to be counted: the complete rules, or all of a filter that the rules do not show. */
function useAsked(value: Condition | null, tree: GroupNode, isShown: boolean) {
    return useMemo(() => (isShown ? write(tree, isComplete) : { condition: value, places: write(tree).places }), [value, tree, isShown]);
}

/** The error of the request, as long as the filter is the one that was sent. */
function useErrorRemarks(error: unknown, errorPath: string, tree: GroupNode) {
    const [seen, setSeen] = useState<{ error: unknown; tree: GroupNode | null }>({ error: null, tree: null });
    if (seen.error !== error)
        setSeen({ error, tree: error ? tree : null });
    const isCurrent = error != null && seen.tree === tree;
    return useMemo(() => errorRemarks(isCurrent ? error : null, errorPath, write(tree).places), [isCurrent, error, errorPath, tree]);
}

function useJson(value: Condition | null, onChange: (next: Condition | null) => void, onUnfinished?: (isUnfinished: boolean) => void) {
    const kept = useDraft<JsonDraft | null>(jsonDraftName(), null);
    const [dialect, setDialect] = useState<Dialect>(kept.value?.dialect ?? "plunk");
    const current = useRef({ value, onChange, leave: () => undefined as void });
    const onFilter = useCallback((filter: Condition | null) => {
        if (JSON.stringify(filter) !== JSON.stringify(current.current.value))
            current.current.onChange(filter);
    }, []);
    const state = useJsonCheck(kept.value, onFilter);
    const isUnfinished = state.is === "bad" || state.is === "reading";
    useEffect(() => onUnfinished?.(isUnfinished), [isUnfinished, onUnfinished]);
    /** Text that has become the filter need not be kept. */
    function leave() {
        if (state.is === "good")
            kept.clear(null);
    }
    useEffect(() => {
        current.current = { value, onChange, leave };
    });
    useEffect(() => () => current.current.leave(), []);
    return {
        draft: kept.value, state, dialect,
        setDraft: (draft: JsonDraft | null) => (draft ? kept.set(draft) : kept.clear(null)),
        setDialect: (next: Dialect) => {
            setDialect(next);
            if (state.is === "bad" && kept.value)
                kept.set({ ...kept.value, dialect: next }); // the text may be one of that dialect
            else
                kept.clear(null);
        },
        leave,
    };
}

export default function FilterBuilder(props: FilterBuilderProps) {
    const { value, onChange, error, errorPath = "condition", isCompact, segmentId, onUnfinished } = props;
    const { tree, setTree, reason } = useTree(value, onChange);
    const json = useJson(value, onChange, onUnfinished);
    const [view, setView] = useState<"rules" | "json">(json.draft ? "json" : "rules");
    const asked = useAsked(value, tree, reason === null);
    const counted = useCount(asked.condition);
    const warnings = useLint(asked.condition);
    const refused = useErrorRemarks(error, errorPath, tree);
    const uncounted = useMemo(() => errorRemarks(counted.error, "condition", asked.places), [counted.error, asked]);
    const remarks = useRemarks(tree, warnings, asked.places, useMemo(() => [refused, uncounted], [refused, uncounted]));
    const catalog = useCatalog(segmentId);
    const selected = reason ? "json" : view;
    const jsonTab = (
        <JsonTab condition={value} dialect={json.dialect} onDialect={json.setDialect} draft={json.draft} onDraft={json.setDraft} state={json.state}
                 remarks={[...remarks.values()].flat().filter(({ tone }) => tone === "bad").map(({ text }) => text)}
                 nameOf={(path) => (reason ? path : nameOfPath(tree, write(tree).places, path, "filter"))} />
    );
    const rules = (
        <>
            {json.draft && json.state.is === "bad" && (
                <Notice tone="warn">
                    <p>{words.jsonPending}</p>
                    <div className="buttons">
                        <Button isSmall onClick={() => setView("json")}>{words.toJson}</Button>
                        <Button isSmall onClick={() => json.setDraft(null)}>{words.discardJson}</Button>
                    </div>
                </Notice>
            )}
            <TreeBox tree={tree} onTree={setTree} remarks={remarks} />
        </>
    );
    return (
        <CatalogContext.Provider value={catalog}>
            <div className={`bld ${isCompact ? "compact" : ""}`}>
                <div className="bld-main">
                    {reason && <Notice tone="accent"><p><strong>{words.unshownTitle}.</strong> {words.unshown[reason]}</p></Notice>}
                    <Tabs label={words.views} selected={selected}
                          onSelect={(id) => {
                              json.leave();
                              setView(id as typeof view);
                          }}
                          tabs={[
                              ...(reason ? [] : [{ id: "rules", label: words.rules, panel: () => rules }]),
                              { id: "json", label: words.json, panel: () => jsonTab },
                          ]} />
                </div>
                <PreviewPanel condition={asked.condition} counted={counted} openRules={reason ? 0 : openRules(tree)} isCompact={isCompact} />
            </div>
        </CatalogContext.Provider>
    );
}
