/* What an operator wants, as controls. */
import { t } from "../../strings";
import { Button, IconButton, SelectField } from "../../ui";
import type { Values } from "./catalog";
import { ListBox } from "./ListBox";
import type { Operand } from "./model";
import { NumberBox, SpanBox } from "./NumberBox";
import type { ValueType } from "./operators";
import { operandOf } from "./operators";
import { ScalarBox } from "./ScalarBox";

const words = t.builder;

interface OperandProps {
    operator: string;
    operand: Operand;
    onChange: (operand: Operand) => void;
    types: ValueType[];
    /** The only values that there can be. */
    choices?: string[];
    values: Values | undefined;
    onFocus: () => void;
}

function Pair({ operand, onChange, ...rest }: Omit<OperandProps, "operator">) {
    const [low, high] = Array.isArray(operand.value) ? (operand.value as unknown[]) : [];
    return (
        <>
            <ScalarBox {...rest} label={words.low} value={low} onChange={(next) => onChange({ ...operand, value: [next, high] })} />
            <span className="bld-word">{words.and}</span>
            <ScalarBox {...rest} label={words.high} value={high} onChange={(next) => onChange({ ...operand, value: [low, next] })} />
        </>
    );
}

function Count({ operand, onChange }: Pick<OperandProps, "operand" | "onChange">) {
    const { window, ...rest } = operand;
    return (
        <>
            <NumberBox label={words.times} isShort isWhole value={operand.value} onChange={(value) => onChange({ ...operand, value })} />
            <span className="bld-word">{words.timesWord}</span>
            {window ? (
                <>
                    <span className="bld-word">{words.inWindow}</span>
                    <SpanBox value={window.value} unit={window.unit}
                             onChange={(value, unit) => onChange({ ...operand, window: { value: value as number, unit } })} />
                    <IconButton label={words.removeWindow} onClick={() => onChange(rest)}>✕</IconButton>
                </>
            ) : <Button isSmall onClick={() => onChange({ ...operand, window: { value: 30, unit: "days" } })}>{words.addWindow}</Button>}
        </>
    );
}

function Choice({ operand, onChange, choices }: OperandProps) {
    return (
        <SelectField label={words.value} isLabelHidden className="bld-value" value={String(operand.value ?? "")}
                     choices={[{ value: "", label: words.choose }, ...choices!.map((name) => ({ value: name, label: name }))]}
                     onChange={(event) => onChange({ ...operand, value: event.currentTarget.value || undefined })} />
    );
}

export function OperandBox(props: OperandProps) {
    const { operator, operand, onChange, types, values, onFocus, choices } = props;
    const set = (value: unknown) => onChange({ ...operand, value });
    switch (operandOf(operator)) {
    case "none":
        return null;
    case "value":
        return choices ? <Choice {...props} />
            : <ScalarBox label={words.value} value={operand.value} onChange={set} {...{ types, values, onFocus }} />;
    case "list":
        return <ListBox value={operand.value} onChange={set} {...{ types, values, onFocus }} />;
    case "pair":
        return <Pair {...{ operand, onChange, types, values, onFocus }} />;
    case "span":
        return <SpanBox value={operand.value} unit={operand.unit} onChange={(value, unit) => onChange({ ...operand, value, unit })} />;
    case "days":
        return (
            <>
                <NumberBox label={words.days} isShort isWhole value={operand.value} onChange={set} />
                <span className="bld-word">{t.segments.units.days![1]}</span>
            </>
        );
    case "count":
        return <Count {...{ operand, onChange }} />;
    }
}
