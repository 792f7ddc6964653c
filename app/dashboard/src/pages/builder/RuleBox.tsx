/* One rule: a field, an operator that fits it, and what the operator wants. */
import { useState } from "react";
import type { RuleProps } from "react-querybuilder";
import { t } from "../../strings";
import { Button, CheckField, IconButton, Menu, SelectField } from "../../ui";
import { typesOf, useSubjects, useValues } from "./catalog";
import { nextTo, numberOf, tidy, useEditing } from "./edit";
import { FieldBox } from "./FieldBox";
import { MoveHandle } from "./MoveHandle";
import type { Operand, RuleNode } from "./model";
import { OperandBox } from "./OperandBox";
import { carryOver, isComplete, kindOf, operandOf, operatorsFor, partsOf, typeOf } from "./operators";
import { Remarks } from "./Remarks";
import { WhereBox } from "./WhereBox";
import { operatorWords } from "./words";

const words = t.builder;

const STATES = ["subscribed", "unsubscribed", "bounced", "complained"];

/** What is known of the values of a rule's field, asked for when they are wanted. */
function useField(rule: RuleNode) {
    const [isWanted, setWanted] = useState(false);
    const subject = useSubjects().of(rule.field);
    const kind = kindOf(rule.field, rule.operator);
    const isText = kind === "data" && (subject.types[0] ?? "string") === "string";
    const values = useValues(rule.field, (isText && subject.types.length > 0) || (isWanted && kind === "data"));
    const types = kind === "data" ? typesOf(subject, values.data)
        : kind === "time" ? (["date"] as const).slice() : kind === "subscribed" ? (["boolean"] as const).slice() : (["string"] as const).slice();
    return { kind, types, values: values.data, onFocus: () => setWanted(true) };
}

type Field = ReturnType<typeof useField>;

function OperatorBox({ rule, field, onOperator }: { rule: RuleNode; field: Field; onOperator: (operator: string) => void }) {
    const fitting = operatorsFor(field.kind, field.types);
    const all = !rule.operator || fitting.includes(rule.operator) ? fitting : [...fitting, rule.operator];
    const isDate = field.types.includes("date") || typeOf(rule.value.value) === "date";
    const choices = all.map((name) => ({ value: name, label: operatorWords(name, field.kind, isDate) }));
    return (
        <SelectField label={words.operator} isLabelHidden className="bld-operator" value={rule.operator} disabled={!rule.field}
                     choices={rule.operator ? choices : [{ value: "", label: words.operatorPlaceholder }, ...choices]}
                     onChange={(event) => onOperator(event.currentTarget.value)} />
    );
}

function RuleTools({ props, name }: { props: RuleProps; name: string }) {
    const { path, actions } = props;
    const rule = props.rule as RuleNode;
    const { wrap, focusNext, say } = useEditing();
    function move(to: "up" | "down") {
        focusNext(rule.id, ".bld-handle");
        actions.moveRule(path, to);
    }
    return (
        <div className="bld-tools">
            <Menu label={words.more(name)} items={[
                { label: words.up, onSelect: () => move("up"), isDisabled: props.shiftUpDisabled },
                { label: words.down, onSelect: () => move("down"), isDisabled: props.shiftDownDisabled },
                { label: words.wrap, onSelect: () => { focusNext(rule.id, ".bld-handle"); wrap(rule.id); } },
                { label: words.duplicate, onSelect: () => actions.moveRule(path, nextTo(path), true) },
            ]} />
            <IconButton label={`${words.removeRule}: ${name}`}
                        onClick={() => {
                            say(words.removeRule);
                            focusNext("", ".bld-add");
                            actions.onRuleRemove(path);
                        }}>✕</IconButton>
        </div>
    );
}

/** What only some rules have: the check for missing values, and conditions on occurrences. */
function RuleExtras({ rule, field, set }: { rule: RuleNode; field: Field; set: (operand: Operand) => void }) {
    const operand = rule.value;
    const isOccurrence = field.kind === "event" || field.kind === "message";
    const mayMiss = rule.field.startsWith("data.") && rule.operator !== "" && rule.operator !== "exists" && rule.operator !== "notExists";
    const { kind, name } = partsOf(rule.field);
    const event = field.kind === "event" ? (kind === "event" ? name : rule.field) : null;
    return (
        <>
            {mayMiss && (
                <div className="bld-missing">
                    <CheckField label={words.orMissing} checked={operand.orMissing === true} onChange={(orMissing) => set({ ...operand, orMissing })} />
                </div>
            )}
            {isOccurrence && rule.operator && !operand.where?.length && (
                <Button isSmall onClick={() => set({ ...operand, where: [{ property: "", operator: "equals" }] })}>{words.addWhere}</Button>
            )}
            {isOccurrence && operand.where && operand.where.length > 0 && (
                <WhereBox event={event} where={operand.where} onChange={(where) => set({ ...operand, where })} />
            )}
        </>
    );
}

export function RuleBox(props: RuleProps) {
    const rule = props.rule as RuleNode;
    const { change, remarks, focusNext } = useEditing();
    const catalog = useSubjects();
    const field = useField(rule);
    const name = words.ruleName(numberOf(props.path));
    const set = (operand: Operand) => change(rule.id, { value: tidy(operand) });

    function setField(next: string) {
        const kind = kindOf(next, "");
        const operators = operatorsFor(kind, catalog.of(next).types);
        const isKept = operators.includes(rule.operator) && rule.operator !== "" && kind !== "data";
        const operator = isKept ? rule.operator : (operators[0] ?? "");
        const value = isKept ? rule.value : carryOver({}, rule.operator, operator);
        focusNext(rule.id, operandOf(operator) === "none" ? ".bld-operator select" : ".bld-operand input, .bld-operand select");
        change(rule.id, { field: next, operator, value: tidy(value) });
    }
    return (
        <div ref={props.dndRef} data-node={rule.id} role="group" aria-label={name}
             className={`bld-rule ${props.isDragging ? "dragged" : ""} ${props.isOver ? "over" : ""} ${isComplete(rule) ? "" : "open"}`}>
            <MoveHandle handle={props.dragRef} id={rule.id} name={name} path={props.path} actions={props.actions}
                        isFirst={props.shiftUpDisabled} isLast={props.shiftDownDisabled} />
            <div className="bld-rule-body">
                <div className="bld-parts">
                    <FieldBox field={rule.field} onField={setField} />
                    <OperatorBox rule={rule} field={field}
                                 onOperator={(operator) => change(rule.id, { operator, value: tidy(carryOver(rule.value, rule.operator, operator)) })} />
                    {rule.operator && operandOf(rule.operator) !== "none" && (
                        <div className={`bld-operand ${operandOf(rule.operator)} ${field.types.includes("date") ? "date" : ""}`}>
                            <OperandBox key={rule.field} operator={rule.operator} operand={rule.value} onChange={set} types={field.types}
                                        choices={field.kind === "status" ? STATES : undefined} values={field.values} onFocus={field.onFocus} />
                        </div>
                    )}
                    <RuleExtras rule={rule} field={field} set={set} />
                </div>
                <Remarks of={remarks.get(rule.id)} />
            </div>
            <RuleTools props={props} name={name} />
        </div>
    );
}
