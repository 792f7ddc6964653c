import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { t } from "../../strings";
import type { ComboboxOption } from "../../ui";
import { Combobox, messageOf, useSettled } from "../../ui";
import { looksLikeAddress } from "./addresses";
import type { Chosen } from "./standing";
import { findCandidates } from "./standing";

interface CandidateSearchProps {
    segmentId: string;
    chosen: Chosen[];
    onChoose: (chosen: Chosen) => void;
}

/** Contacts to add, found by a part of their address. Who is in, or chosen, cannot be chosen again. */
export function CandidateSearch({ segmentId, chosen, onChoose }: CandidateSearchProps) {
    const [text, setText] = useState("");
    const asked = useSettled(text.trim().toLowerCase(), 120);
    const found = useQuery({
        queryKey: ["contacts", "candidates", segmentId, asked],
        queryFn: ({ signal }) => findCandidates(segmentId, asked, signal),
        placeholderData: (before) => before,
    });
    const taken = new Set(chosen.map((item) => item.email));
    const options: ComboboxOption[] = (found.data?.contacts ?? []).map(({ email }) => {
        const isIn = found.data!.members.has(email);
        return {
            value: email, label: email, isDisabled: isIn || taken.has(email),
            detail: isIn ? t.members.alreadyIn : taken.has(email) ? t.members.alreadyChosen : undefined,
        };
    });
    const isNew = looksLikeAddress(asked) && !found.isPlaceholderData && found.data !== undefined && options.every((option) => option.value !== asked);
    if (isNew)
        options.push({ value: asked, label: asked, detail: taken.has(asked) ? t.members.alreadyChosen : t.members.asTyped, isDisabled: taken.has(asked) });
    return (
        <Combobox label={t.members.find} hint={t.members.findHint} placeholder={t.members.findPlaceholder}
                  error={found.error ? messageOf(found.error) : null}
                  text={text} onText={setText} options={options} isLoading={found.isFetching} clearsOnPick
                  onPick={({ value }) => onChoose({ email: value, standing: isNew && value === asked ? "unknown" : "contact" })} />
    );
}
