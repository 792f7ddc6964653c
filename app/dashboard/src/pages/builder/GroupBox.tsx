/* A group of rules: all or any of them, perhaps turned round; rules and groups inside. */
import type { Ref } from "react";
import type { RuleGroupProps, UseRuleGroup } from "react-querybuilder";
import { RuleGroupBodyComponents, useRuleGroup } from "react-querybuilder";
import { t } from "../../strings";
import { Button, IconButton, Menu, SelectField } from "../../ui";
import { nextTo, numberOf, useEditing } from "./edit";
import { MoveHandle } from "./MoveHandle";
import type { GroupNode } from "./model";
import { newGroup, newRule } from "./model";
import { Remarks } from "./Remarks";

const words = t.builder;

type Group = RuleGroupProps & UseRuleGroup;

function GroupHead({ group, node, name }: { group: Group; node: GroupNode; name: string }) {
    const { actions, path } = group;
    return (
        <>
            <SelectField label={`${words.match}: ${name}`} isLabelHidden className="bld-match" value={node.combinator}
                         choices={[{ value: "and", label: words.all }, { value: "or", label: words.any }]}
                         onChange={(event) => actions.onPropChange("combinator", event.currentTarget.value, path)} />
            <label className={`bld-not ${node.not ? "on" : ""}`} title={words.notHint}>
                <input type="checkbox" className="checkbox" checked={node.not} aria-label={`${words.not}: ${name}`}
                       onChange={(event) => actions.onPropChange("not", event.currentTarget.checked, path)} />
                <span aria-hidden="true">{words.not}</span>
            </label>
        </>
    );
}

function GroupTools({ group, node, name }: { group: Group; node: GroupNode; name: string }) {
    const { actions, path } = group;
    const { focusNext, say } = useEditing();
    function move(to: "up" | "down") {
        focusNext(node.id, ".bld-handle");
        actions.moveRule(path, to);
    }
    return (
        <div className="bld-tools">
            <Menu label={words.more(name)} items={[
                { label: words.up, onSelect: () => move("up"), isDisabled: group.shiftUpDisabled },
                { label: words.down, onSelect: () => move("down"), isDisabled: group.shiftDownDisabled },
                { label: words.duplicate, onSelect: () => actions.moveRule(path, nextTo(path), true) },
            ]} />
            <IconButton label={`${words.removeGroup}: ${name}`}
                        onClick={() => {
                            say(words.removeGroup);
                            focusNext("", ".bld-add");
                            actions.onGroupRemove(path);
                        }}>✕</IconButton>
        </div>
    );
}

function AddButtons({ group }: { group: Group }) {
    const { actions, path } = group;
    const { focusNext } = useEditing();
    function add(makes: "rule" | "group") {
        const rule = newRule();
        focusNext(rule.id, "input");
        if (makes === "rule")
            actions.onRuleAdd(rule, path);
        else
            actions.onGroupAdd(newGroup([rule], (group.ruleGroup as GroupNode).combinator === "and" ? "or" : "and"), path);
    }
    return (
        <div className="bld-adds">
            <Button isSmall className="bld-add" onClick={() => add("rule")}>+ {words.addRule}</Button>
            <Button isSmall look="plain" onClick={() => add("group")}>+ {words.addGroup}</Button>
        </div>
    );
}

export function GroupBox(props: RuleGroupProps) {
    const group = useRuleGroup(props);
    const { remarks } = useEditing();
    const node = group.ruleGroup as GroupNode;
    const name = words.groupName(numberOf(group.path));
    const isRoot = group.path.length === 0;
    return (
        <div ref={group.previewRef} data-node={node.id} role="group" aria-label={name}
             className={`bld-group ${isRoot ? "root" : ""} ${node.not ? "not" : ""} ${group.isDragging ? "dragged" : ""}`}>
            <div ref={group.dropRef} className={`bld-group-head ${group.isOver ? "over" : ""}`}>
                {!isRoot && (
                    <MoveHandle handle={group.dragRef as Ref<HTMLSpanElement>} id={node.id} name={name} path={group.path} actions={group.actions}
                                isFirst={group.shiftUpDisabled} isLast={group.shiftDownDisabled} />
                )}
                <GroupHead group={group} node={node} name={name} />
                {!isRoot && <GroupTools group={group} node={node} name={name} />}
            </div>
            <Remarks of={remarks.get(node.id)} />
            {node.rules.length === 0 && <p className="bld-none">{isRoot ? words.start : words.noRules}</p>}
            <div className="bld-group-body">
                <RuleGroupBodyComponents {...group} />
            </div>
            <AddButtons group={group} />
        </div>
    );
}
