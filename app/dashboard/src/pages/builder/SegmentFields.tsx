/* What a segment has besides its filter. */
import { t } from "../../strings";
import { CheckField, fieldProblem, TextField } from "../../ui";

const words = t.builder;

export interface SegmentTexts {
    name: string;
    description: string;
    isTracked: boolean;
}

interface SegmentFieldsProps {
    value: SegmentTexts;
    onChange: (change: Partial<SegmentTexts>) => void;
    error: unknown;
    /** Static segments have no entries and exits to record. */
    hasTracking: boolean;
}

export function SegmentFields({ value, onChange, error, hasTracking }: SegmentFieldsProps) {
    return (
        <div className="bld-form">
            <TextField label={words.name} required placeholder={words.namePlaceholder} value={value.name} error={fieldProblem(error, "name")}
                       onChange={(event) => onChange({ name: event.currentTarget.value })} />
            <TextField label={words.description} value={value.description} error={fieldProblem(error, "description")} placeholder={words.descriptionHint}
                       onChange={(event) => onChange({ description: event.currentTarget.value })} />
            {hasTracking && (
                <CheckField label={words.track} hint={words.trackHint} isSwitch checked={value.isTracked} error={fieldProblem(error, "trackMembership")}
                            onChange={(isTracked) => onChange({ isTracked })} />
            )}
        </div>
    );
}

/** The fields whose problems stand beside them; what else is wrong stands above the buttons. */
export const PLACED = ["name", "description", "trackMembership", "condition"];
