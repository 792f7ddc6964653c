/* The tree of rules: react-querybuilder keeps and moves it, what is seen is ours. */
import { combine } from "@atlaskit/pragmatic-drag-and-drop/combine";
import { draggable, dropTargetForElements, monitorForElements } from "@atlaskit/pragmatic-drag-and-drop/element/adapter";
import { QueryBuilderDnD } from "@react-querybuilder/dnd";
import { createPragmaticDndAdapter } from "@react-querybuilder/dnd/pragmatic-dnd";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import type { CombinatorSelectorProps, RuleGroupType } from "react-querybuilder";
import { QueryBuilder } from "react-querybuilder";
import { t } from "../../strings";
import type { Editing, Remark } from "./edit";
import { EditContext } from "./edit";
import { GroupBox } from "./GroupBox";
import type { GroupNode } from "./model";
import { changeRule, newId, wrapRule } from "./model";
import { RuleBox } from "./RuleBox";

const dnd = createPragmaticDndAdapter({ draggable, dropTargetForElements, monitorForElements, combine });

/** The word between two rules; a dragged rule can be put here. */
function Between({ value }: CombinatorSelectorProps) {
    return <span className="bld-between">{value === "or" ? t.builder.or : t.builder.and}</span>;
}

const controls = { rule: RuleBox, ruleGroup: GroupBox, combinatorSelector: Between };

interface TreeBoxProps {
    tree: GroupNode;
    onTree: (tree: GroupNode) => void;
    remarks: ReadonlyMap<string, Remark[]>;
}

interface Wanted {
    id: string; // "": anywhere
    selector: string;
}

/** Gives the focus to a control that the last change has made or moved. */
function useFocusNext(tree: GroupNode) {
    const box = useRef<HTMLDivElement>(null);
    const wanted = useRef<Wanted | null>(null);
    useEffect(() => {
        const { id, selector } = wanted.current ?? {};
        wanted.current = null;
        if (selector === undefined)
            return;
        // After the menu, from which the change may have come, has given the focus back.
        requestAnimationFrame(() => requestAnimationFrame(() => {
            const node = id ? box.current?.querySelector(`[data-node="${id}"]`) : box.current;
            node?.querySelector<HTMLElement>(selector)?.focus();
        }));
    }, [tree]);
    const focusNext = useCallback((id: string, selector: string) => {
        wanted.current = { id, selector };
    }, []);
    return { box, focusNext };
}

export function TreeBox({ tree, onTree, remarks }: TreeBoxProps) {
    const { box, focusNext } = useFocusNext(tree);
    const [said, say] = useState("");
    const latest = useRef({ tree, onTree });
    useEffect(() => {
        latest.current = { tree, onTree };
    });
    const editing = useMemo((): Editing => ({
        change: (id, change) => latest.current.onTree(changeRule(latest.current.tree, id, change)),
        wrap: (id) => latest.current.onTree(wrapRule(latest.current.tree, id)),
        focusNext, remarks, say,
    }), [focusNext, remarks]);
    const onQueryChange = useCallback((query: RuleGroupType) => {
        if (query !== (latest.current.tree as unknown))
            latest.current.onTree(query as unknown as GroupNode);
    }, []);
    return (
        <EditContext.Provider value={editing}>
            <div ref={box}>
                <QueryBuilderDnD dnd={dnd} controlElements={controls}>
                    <QueryBuilder query={tree as unknown as RuleGroupType} onQueryChange={onQueryChange} enableMountQueryChange={false}
                                  showCombinatorsBetweenRules showNotToggle idGenerator={newId} suppressStandardClassnames />
                </QueryBuilderDnD>
            </div>
            <p className="sr-only" role="status">{said}</p>
        </EditContext.Provider>
    );
}
