import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api } from "../../api/client";
import { useDraft } from "../../draft";
import { t } from "../../strings";
import { Combobox, FormDialog, TextAreaField, TextField, fieldProblem, formatNumber, isUnplaced, messageOf, toast } from "../../ui";
import type { NameCount } from "./eventData";

interface Draft {
    email: string;
    event: string;
    at: string; // as the browser's control writes it, in the reader's zone
    data: string;
}

const FIELDS = ["email", "event", "timestamp", "data"];

function readData(text: string): Record<string, unknown> | undefined {
    if (text.trim() === "")
        return undefined;
    const value: unknown = JSON.parse(text);
    if (typeof value !== "object" || value === null || Array.isArray(value))
        throw new Error(text.trim().slice(0, 40));
    return value as Record<string, unknown>;
}

/** Stores one occurrence, as a product would send it. */
export function TrackDialog({ name, names, onClose }: { name: string; names: NameCount[]; onClose: () => void }) {
    const queries = useQueryClient();
    const [initial] = useState<Draft>({ email: "", event: name, at: "", data: "" });
    const draft = useDraft(`events.track.${name}`, initial);
    const { email, event, at, data } = draft.value;
    const [dataProblem, setDataProblem] = useState<string | null>(null);
    const change = (more: Partial<Draft>) => draft.set((before) => ({ ...before, ...more }));
    const track = useMutation({
        mutationFn: (given: Record<string, unknown> | undefined) =>
            api.post("/v1/track", { email: email.trim(), event: event.trim(), data: given, timestamp: at ? new Date(at).toISOString() : undefined }),
        onSuccess: () => {
            toast(t.events.tracked(event.trim(), email.trim()));
            draft.clear();
            void queries.invalidateQueries({ queryKey: ["events"] });
            void queries.invalidateQueries({ queryKey: ["contacts"] });
            void queries.invalidateQueries({ queryKey: ["segments"] });
            onClose();
        },
    });
    function submit() {
        setDataProblem(null);
        let given: Record<string, unknown> | undefined;
        try {
            given = readData(data);
        } catch (error) {
            setDataProblem(t.events.dataWrong(messageOf(error)));
            return;
        }
        track.mutate(given);
    }
    const known = names
        .filter((item) => item.name.toLowerCase().includes(event.trim().toLowerCase()))
        .slice(0, 50)
        .map((item) => ({ value: item.name, label: item.name, detail: formatNumber(item.count) }));
    return (
        <FormDialog title={t.events.trackOne} isOpen onClose={onClose} submit={t.events.track} onSubmit={submit} isBusy={track.isPending}
                    problem={isUnplaced(track.error, FIELDS) ? track.error : null}>
            <TextField label={t.events.email} hint={t.events.emailHint} type="email" value={email} autoFocus
                       error={fieldProblem(track.error, "email")} onChange={(input) => change({ email: input.currentTarget.value })} />
            <Combobox label={t.events.name} hint={t.events.eventHint} error={fieldProblem(track.error, "event")}
                      text={event} onText={(text) => change({ event: text })} options={known} onPick={(option) => change({ event: option.value })} />
            <TextField label={t.events.at} hint={t.events.atHint} type="datetime-local" step={1} value={at}
                       error={fieldProblem(track.error, "timestamp")} onChange={(input) => change({ at: input.currentTarget.value })} />
            <TextAreaField label={t.events.data} hint={t.events.dataHint} value={data} error={dataProblem ?? fieldProblem(track.error, "data")}
                           onChange={(input) => change({ data: input.currentTarget.value })} />
        </FormDialog>
    );
}
