import type { Segment } from "../../api/types";
import { t } from "../../strings";
import { Card, SelectField, TextField, fieldProblem } from "../../ui";
import { useSegments } from "../segments/segmentData";
import type { ImportChoice } from "./choice";
import type { ImportKind } from "./columns";
import type { Mode } from "./jobs";

const staticOnes = (all: Segment[]) => all.filter((segment) => segment.type === "STATIC");

/** The static segments, which an import can add to. */
export function useStaticSegments() {
    return useSegments(staticOnes);
}

interface Props {
    kind: ImportKind;
    choice: ImportChoice;
    problem: unknown;
    onChange: (part: Partial<ImportChoice>) => void;
}

/** Which rows are taken, and what else is done with their contacts. */
export function OptionFields({ kind, choice, problem, onChange }: Props) {
    const segments = useStaticSegments();
    const modes = kind === "events" ? t.imports.eventModes : t.imports.modes;
    return (
        <Card title={t.imports.options}>
            <div className="grid">
                <SelectField label={t.imports.mode} value={choice.mode} error={fieldProblem(problem, "mode")}
                             choices={Object.entries(modes).map(([value, label]) => ({ value, label }))}
                             onChange={(event) => onChange({ mode: event.currentTarget.value as Mode })} />
                <SelectField label={t.imports.segment} value={choice.segmentId} error={fieldProblem(problem, "segmentId")}
                             choices={[{ value: "", label: t.imports.noSegment },
                                       ...(segments.data ?? []).map((segment) => ({ value: segment.id, label: segment.name }))]}
                             onChange={(event) => onChange({ segmentId: event.currentTarget.value })} />
                <TextField label={t.imports.tag} hint={t.imports.tagHint} value={choice.tag} error={fieldProblem(problem, "tag")}
                           onChange={(event) => onChange({ tag: event.currentTarget.value })} />
            </div>
        </Card>
    );
}
