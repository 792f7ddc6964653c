/* Operators in the words that fit what they are about. */
import { t } from "../../strings";
import type { FieldKind } from "./operators";

/** "is after" rather than "is more than" for dates; "was received" rather than "has" for campaigns. */
export function operatorWords(operator: string, kind: FieldKind, isDate: boolean): string {
    const { onMembers, onTimes } = t.builder;
    return onMembers[kind]?.[operator] ?? (isDate ? onTimes[operator] : undefined) ?? t.segments.operators[operator] ?? operator;
}
