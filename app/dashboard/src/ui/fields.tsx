import type { ComponentProps, ReactNode } from "react";
import { useId } from "react";

interface FieldProps {
    label: ReactNode;
    hint?: ReactNode;
    /** The API's words about this field (see fieldProblem in ui/status). */
    error?: string | null;
    isLabelHidden?: boolean;
    className?: string;
}

interface Ids {
    id: string;
    "aria-describedby": string | undefined;
    "aria-invalid": true | undefined;
}

/** A label, a control, what helps with it, and what is wrong with it. */
export function Field({ label, hint, error, isLabelHidden, className, children }: FieldProps & { children: (ids: Ids) => ReactNode }) {
    const id = useId();
    const describedBy = [hint && `${id}-hint`, error && `${id}-error`].filter(Boolean).join(" ");
    return (
        <div className={`field ${className ?? ""}`}>
            <label htmlFor={id} className={isLabelHidden ? "sr-only" : "field-label"}>{label}</label>
            {children({ id, "aria-describedby": describedBy || undefined, "aria-invalid": error ? true : undefined })}
            {hint && <p id={`${id}-hint`} className="field-hint">{hint}</p>}
            {error && <p id={`${id}-error`} className="field-error" role="alert">{error}</p>}
        </div>
    );
}

type Plain<T extends "input" | "select" | "textarea"> = Omit<ComponentProps<T>, "id" | "className"> & FieldProps;

export function TextField({ label, hint, error, isLabelHidden, className, ...rest }: Plain<"input">) {
    return (
        <Field {...{ label, hint, error, isLabelHidden, className }}>
            {(ids) => <input type="text" autoComplete="off" {...rest} {...ids} className="input" />}
        </Field>
    );
}

export function TextAreaField({ label, hint, error, isLabelHidden, className, ...rest }: Plain<"textarea">) {
    return (
        <Field {...{ label, hint, error, isLabelHidden, className }}>
            {(ids) => <textarea rows={4} spellCheck={false} {...rest} {...ids} className="input" />}
        </Field>
    );
}

export interface Choice {
    value: string;
    label: string;
}

export function SelectField({ label, hint, error, isLabelHidden, className, choices, ...rest }: Plain<"select"> & { choices: Choice[] }) {
    return (
        <Field {...{ label, hint, error, isLabelHidden, className }}>
            {(ids) => (
                <select {...rest} {...ids} className="input">
                    {choices.map((choice) => <option key={choice.value} value={choice.value}>{choice.label}</option>)}
                </select>
            )}
        </Field>
    );
}

interface CheckProps extends Omit<ComponentProps<"input">, "type" | "onChange" | "className"> {
    label: ReactNode;
    hint?: ReactNode;
    error?: string | null;
    onChange: (isOn: boolean) => void;
    isSwitch?: boolean;
}

/** A checkbox; with isSwitch it looks and speaks like a switch, for what takes effect at once. */
export function CheckField({ label, hint, error, onChange, isSwitch, ...rest }: CheckProps) {
    const id = useId();
    const describedBy = [hint && `${id}-hint`, error && `${id}-error`].filter(Boolean).join(" ");
    return (
        <div className="field check">
            <label htmlFor={id}>
                <input {...rest} id={id} type="checkbox" role={isSwitch ? "switch" : undefined}
                       className={isSwitch ? "switch" : "checkbox"} aria-describedby={describedBy || undefined}
                       onChange={(event) => onChange(event.currentTarget.checked)} />
                <span>{label}</span>
            </label>
            {hint && <p id={`${id}-hint`} className="field-hint">{hint}</p>}
            {error && <p id={`${id}-error`} className="field-error" role="alert">{error}</p>}
        </div>
    );
}

interface ToggleProps<T extends string> {
    legend: string;
    value: T;
    onChange: (value: T) => void;
    choices: { value: T; label: string }[];
    isDisabled?: boolean;
}

/** A few choices side by side, of which one holds. */
export function Toggle<T extends string>({ legend, value, onChange, choices, isDisabled }: ToggleProps<T>) {
    const name = useId();
    return (
        <fieldset className="toggle" disabled={isDisabled}>
            <legend className="field-label">{legend}</legend>
            <div className="toggle-row">
                {choices.map((choice) => (
                    <label key={choice.value} className="toggle-choice">
                        <input type="radio" name={name} value={choice.value} checked={choice.value === value}
                               onChange={() => onChange(choice.value)} />
                        <span>{choice.label}</span>
                    </label>
                ))}
            </div>
        </fieldset>
    );
}
