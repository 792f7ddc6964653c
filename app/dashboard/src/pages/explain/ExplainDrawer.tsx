import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Link } from "wouter";
import { api, route } from "../../api/client";
import { t } from "../../strings";
import { Await, Dialog, TextField, Time, fieldProblem } from "../../ui";
import { useNames } from "../segments/names";
import { live } from "../segments/segmentData";
import { ExplainNodes } from "./ExplainTree";
import { fieldsOf, flipWords, type ExplainNode } from "./explainWords";
import "./explain.css";

const words = t.segments.explain;
const LIVE_MS = 10_000;

interface Explained {
    member: boolean;
    at: string;
    tree: ExplainNode;
}

interface ExplainDrawerProps {
    segmentId: string;
    segmentName: string;
    contactId: string;
    email: string;
    onClose: () => void;
}

function Verdict({ explained, email }: { explained: Explained; email: string }) {
    return (
        <div className={`explain-verdict ${explained.member ? "good" : "bad"}`}>
            <p className="break" role="status"><strong>{email}</strong> {explained.member ? words.isIn : words.isOut}</p>
            <p>
                {flipWords(explained.member, explained.tree.flipsAt)}
                {explained.tree.flipsAt && <> <Time iso={explained.tree.flipsAt} as="minute" /></>}
            </p>
            <p className="small">{words.asOf} <Time iso={explained.at} as="minute" /></p>
        </div>
    );
}

/** Why a contact is in a segment, or not: the filter as a tree with the result of each part. */
export default function ExplainDrawer({ segmentId, segmentName, contactId, email, onClose }: ExplainDrawerProps) {
    const [moment, setMoment] = useState(""); // as the browser's box writes it, in the reader's zone
    const date = new Date(moment);
    const at = moment && !Number.isNaN(date.getTime()) ? date.toISOString() : undefined;
    const query = useQuery({
        queryKey: ["segments", segmentId, "explain", contactId, at ?? "now"],
        queryFn: ({ signal }) => api.get<Explained>(route`/segments/${segmentId}/contacts/${contactId}/explain`, { at }, signal),
        placeholderData: keepPreviousData,
        refetchInterval: live(LIVE_MS),
    });
    const names = useNames(query.data ? fieldsOf(query.data.tree) : []);
    const atProblem = fieldProblem(query.error, "at");
    return (
        <Dialog title={words.title(email, segmentName)} isOpen onClose={onClose} isDrawer>
            <div className="stack">
                <TextField label={words.later} hint={words.laterHint} type="datetime-local" value={moment} error={atProblem}
                           onChange={(event) => setMoment(event.currentTarget.value)} />
                {!atProblem && (
                    <Await query={query}>
                        {(explained) => (
                            <>
                                <Verdict explained={explained} email={email} />
                                <h2>{words.tree}</h2>
                                <ExplainNodes nodes={[explained.tree]} names={names} />
                            </>
                        )}
                    </Await>
                )}
                <p><Link to={`/contacts/${contactId}`}>{words.contact}</Link></p>
            </div>
        </Dialog>
    );
}
