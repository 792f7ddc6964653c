/* Only some occurrences of an event: conditions on what each of them holds. */
import type { Where } from "../../api/types";
import { t } from "../../strings";
import { Button, Combobox, IconButton, SelectField } from "../../ui";
import { useProperties } from "./catalog";
import { OperandBox } from "./OperandBox";
import { carryOver, ON_DATA, typeOf } from "./operators";
import { operatorWords } from "./words";

interface WhereBoxProps {
    /** The event's name; null for messages, whose properties nobody lists. */
    event: string | null;
    where: Where[];
    onChange: (where: Where[]) => void;
}

const words = t.builder;

function WhereRow({ item, properties, onChange, onRemove }: { item: Where; properties: string[]; onChange: (item: Where) => void; onRemove: () => void }) {
    const wanted = item.property.toLocaleLowerCase();
    const isExact = properties.includes(item.property);
    const options = properties.filter((name) => isExact || name.toLocaleLowerCase().includes(wanted)).map((name) => ({ value: name, label: name }));
    const isDate = typeOf(Array.isArray(item.value) ? item.value[0] : item.value) === "date";
    return (
        <div className="bld-where-row">
            <div className="bld-property">
                <Combobox label={words.property} isLabelHidden placeholder={words.property} text={item.property} options={options}
                          onText={(property) => onChange({ ...item, property })} onPick={({ value }) => onChange({ ...item, property: value })} />
            </div>
            <SelectField label={words.operator} isLabelHidden className="bld-operator" value={item.operator}
                         choices={ON_DATA.map((name) => ({ value: name, label: operatorWords(name, "data", isDate) }))}
                         onChange={(event) => {
                             const { property } = item;
                             const operator = event.currentTarget.value;
                             const { value, unit } = carryOver({ value: item.value, unit: item.unit }, item.operator, operator);
                             onChange({ property, operator, ...(value === undefined ? {} : { value }), ...(unit ? { unit } : {}) });
                         }} />
            <OperandBox operator={item.operator} operand={{ value: item.value, unit: item.unit }} types={[]} values={undefined} onFocus={() => undefined}
                        onChange={({ value, unit }) => onChange({ property: item.property, operator: item.operator, value, ...(unit ? { unit } : {}) })} />
            <IconButton label={words.removeCondition} onClick={onRemove}>✕</IconButton>
        </div>
    );
}

export function WhereBox({ event, where, onChange }: WhereBoxProps) {
    const properties = useProperties(event);
    return (
        <fieldset className="bld-where">
            <legend>{words.whereTitle}</legend>
            {where.map((item, i) => (
                <WhereRow key={i} item={item} properties={properties.data ?? []}
                          onChange={(next) => onChange(where.map((other, k) => (k === i ? next : other)))}
                          onRemove={() => onChange(where.filter((_, k) => k !== i))} />
            ))}
            <Button isSmall onClick={() => onChange([...where, { property: "", operator: "equals" }])}>{words.addCondition}</Button>
        </fieldset>
    );
}
