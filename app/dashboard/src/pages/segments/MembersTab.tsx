import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { lazy, Suspense, useState } from "react";
import { api } from "../../api/client";
import type { Contact, Listed, Segment } from "../../api/types";
import { t } from "../../strings";
import { Combobox, Problem, useSettled } from "../../ui";
import MemberTable from "../members/MemberTable";

const ExplainDrawer = lazy(() => import("../explain/ExplainDrawer"));

const words = t.segments;
const TYPING_MS = 150;

/** Anybody of the project, member or not: what the filter says about them. */
function WhySearch({ segment }: { segment: Segment }) {
    const [text, setText] = useState("");
    const [asked, setAsked] = useState<Contact | null>(null);
    const search = useSettled(text.trim(), TYPING_MS);
    const found = useQuery({
        queryKey: ["contacts", "search", search],
        queryFn: ({ signal }) => api.get<Listed<Contact>>("/contacts", { search, limit: 8 }, signal),
        enabled: search !== "",
        placeholderData: keepPreviousData,
    });
    const contacts = search === "" ? [] : (found.data?.data ?? []);
    return (
        <div className="segments-why">
            <Combobox label={words.findContact} hint={words.findContactHint} text={text} onText={setText} clearsOnPick isLoading={found.isFetching}
                      options={contacts.map((contact) => ({ value: contact.id, label: contact.email }))}
                      onPick={(option) => setAsked(contacts.find((contact) => contact.id === option.value) ?? null)} />
            {found.error && <Problem error={found.error} onRetry={() => found.refetch()} />}
            {asked && (
                <Suspense fallback={null}>
                    <ExplainDrawer segmentId={segment.id} segmentName={segment.name} contactId={asked.id} email={asked.email}
                                   onClose={() => setAsked(null)} />
                </Suspense>
            )}
        </div>
    );
}

export default function MembersTab({ segment }: { segment: Segment }) {
    return <div className="stack"><WhySearch segment={segment} /><MemberTable segment={segment} /></div>;
}
