import { useMutation, useQueryClient } from "@tanstack/react-query";
import { t } from "../../strings";
import { Button, CheckField, Problem, counted, fieldProblem, toast } from "../../ui";
import { ChosenChips } from "./ChosenChips";
import type { Chosen, Outcome } from "./standing";
import { addMembers, removeMembers } from "./standing";

interface ChosenMembersProps {
    segmentId: string;
    chosen: Chosen[];
    createMissing: boolean;
    onChange: (change: { chosen?: Chosen[]; createMissing?: boolean }) => void;
    onAdded: (outcomes: Outcome[]) => unknown;
    /** They were taken out of the segment, or given up. */
    onCleared: () => unknown;
}

function standingLine(chosen: Chosen[], createMissing: boolean) {
    const count = (standing: Chosen["standing"]) => chosen.filter((item) => item.standing === standing).length;
    const unknown = count("unknown");
    const present = count("in");
    const fresh = count("contact") + (createMissing ? unknown : 0);
    return { fresh, present, unknown, text: t.members.standings(fresh, present, unknown) };
}

/** Whom somebody has chosen, and what can be done with them. */
export function ChosenMembers({ segmentId, chosen, createMissing, onChange, onAdded, onCleared }: ChosenMembersProps) {
    const queries = useQueryClient();
    const add = useMutation({
        mutationFn: () => addMembers(segmentId, chosen.map((item) => item.email), createMissing),
        onSuccess: (outcomes) => {
            void queries.invalidateQueries({ queryKey: ["contacts"] });
            return onAdded(outcomes);
        },
    });
    const takeOut = useMutation({
        mutationFn: () => removeMembers(segmentId, chosen.filter((item) => item.standing === "in").map((item) => item.email)),
        onSuccess: (removed) => {
            toast(t.members.takenOut(removed));
            return onCleared();
        },
    });
    const line = standingLine(chosen, createMissing);
    const problem = add.error ?? takeOut.error;
    return (
        <>
            <ChosenChips chosen={chosen} onDrop={(email) => onChange({ chosen: chosen.filter((item) => item.email !== email) })} />
            <p className="soft" aria-live="polite">{line.text}</p>
            {line.unknown > 0 && (
                <CheckField label={`${t.members.createMissing} (${counted(line.unknown, "contact")})`} hint={t.members.createMissingHint}
                            error={fieldProblem(problem, "createMissing")} checked={createMissing} onChange={(isOn) => onChange({ createMissing: isOn })} />
            )}
            {problem ? <Problem error={problem} /> : null}
            <div className="buttons">
                <Button look="primary" isBusy={add.isPending} disabled={line.fresh === 0} onClick={() => add.mutate()}>{t.members.addCount(line.fresh)}</Button>
                {line.present > 0 && <Button isBusy={takeOut.isPending} onClick={() => takeOut.mutate()}>{t.members.removeCount(line.present)}</Button>}
                <Button look="plain" onClick={onCleared}>{t.members.clear}</Button>
            </div>
        </>
    );
}
