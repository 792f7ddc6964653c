import { useMutation, useQueryClient } from "@tanstack/react-query";
import { api, route } from "../../api/client";
import { useDraft } from "../../draft";
import { t } from "../../strings";
import { FormDialog, Notice, SelectField, TextField, counted, fieldProblem, isUnplaced, toast } from "../../ui";
import { useTrackedSegments } from "./hooks";

const NOTHING = { segmentId: "", after: "0" };

/** What is no number goes as it is, so that the API says so: null would be as good as 0. */
function sequenceOf(text: string): number | string | undefined {
    if (text.trim() === "")
        return undefined;
    return Number.isNaN(Number(text)) ? text : Number(text);
}

/** Sends a segment's entries and exits again, from a sequence on. */
export function ReplayDialog({ webhookId, isOpen, onClose }: { webhookId: string; isOpen: boolean; onClose: () => void }) {
    const queries = useQueryClient();
    const segments = useTrackedSegments();
    const { value: typed, set, clear } = useDraft(`webhooks.replay.${webhookId}`, NOTHING);
    const replay = useMutation({
        mutationFn: () => api.post<{ queued: number }>(route`/webhooks/${webhookId}/replay`, {
            segmentId: typed.segmentId, after: sequenceOf(typed.after),
        }),
        onSuccess: ({ queued }) => {
            toast(t.webhooks.replayed(counted(queued, "message")));
            clear(NOTHING);
            onClose();
            return queries.invalidateQueries({ queryKey: ["webhooks", webhookId] });
        },
    });
    return (
        <FormDialog title={t.webhooks.replayTitle} submit={t.webhooks.replay} isOpen={isOpen} onClose={onClose}
                    onSubmit={() => replay.mutate()} isBusy={replay.isPending} isDisabled={!typed.segmentId}
                    problem={isUnplaced(replay.error, ["segmentId", "after"]) ? replay.error : null}>
            <p>{t.webhooks.replayHint}</p>
            {segments.data?.length === 0 && <Notice tone="warn">{t.webhooks.noTracked}</Notice>}
            <SelectField label={t.webhooks.replaySegment} value={typed.segmentId} error={fieldProblem(replay.error, "segmentId")}
                         choices={[{ value: "", label: t.webhooks.chooseSegment },
                                   ...(segments.data ?? []).map((segment) => ({ value: segment.id, label: segment.name }))]}
                         onChange={(event) => set({ ...typed, segmentId: event.currentTarget.value })} />
            <TextField label={t.webhooks.replayAfter} hint={t.webhooks.replayAfterHint} inputMode="numeric" value={typed.after}
                       error={fieldProblem(replay.error, "after")} onChange={(event) => set({ ...typed, after: event.currentTarget.value })} />
        </FormDialog>
    );
}
