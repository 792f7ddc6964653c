/* How many the filter finds, and ten of them: the last answer stays until the next one is there. */
import { Link } from "wouter";
import type { Condition, Contact } from "../../api/types";
import { t } from "../../strings";
import { formatNumber, Problem, StatusBadge, textAt } from "../../ui";
import { filtersOf } from "../segments/filterWords";
import type { Counted } from "./answers";

const words = t.builder;
const COLUMNS = 2;

interface PreviewProps {
    condition: Condition | null;
    counted: Counted;
    openRules: number;
    isCompact?: boolean;
}

/** The data that the rules look at: it says why somebody is in. */
function dataPaths(condition: Condition | null): string[] {
    const paths = filtersOf(condition).map(({ field }) => field).filter((field) => field.startsWith("data.")).map((field) => field.slice("data.".length));
    return [...new Set(paths)].slice(0, COLUMNS);
}

function Sample({ contacts, paths }: { contacts: Contact[]; paths: string[] }) {
    return (
        <ul role="list" className="bld-sample">
            {contacts.map((contact) => (
                <li key={contact.id}>
                    <Link to={`/contacts/${contact.id}`} title={contact.email}>{contact.email}</Link>
                    <span className="bld-sample-data">
                        {contact.status === "subscribed"
                            ? paths.map((path) => <span key={path} title={path}>{textAt(contact.data, path) || "–"}</span>)
                            : <StatusBadge status={contact.status} />}
                    </span>
                </li>
            ))}
        </ul>
    );
}

function CountLine({ counted }: { counted: Counted }) {
    const { last, isCurrent, error } = counted;
    if (!last)
        return <p className="bld-count-note">{words.counting}</p>;
    const word = words.contactsWord(last.count);
    return (
        <div className={`bld-count ${isCurrent ? "" : "old"}`}>
            <p role="status" aria-live="polite" aria-atomic="true"><strong>{formatNumber(last.count)}</strong> {word}</p>
            <p className="bld-count-note">{error ? words.stale : isCurrent ? words.tookMs(formatNumber(Math.round(last.tookMs * 10) / 10)) : words.counting}</p>
        </div>
    );
}

export function PreviewPanel({ condition, counted, openRules, isCompact }: PreviewProps) {
    const { last, error, retry } = counted;
    return (
        <section className="bld-preview" aria-label={words.preview}>
            {!isCompact && <h2>{words.preview}</h2>}
            {condition ? <CountLine counted={counted} /> : <p className="soft">{words.previewStart}</p>}
            {openRules > 0 && <p className="bld-count-note">{words.incompleteRules(openRules)}</p>}
            {condition && error ? <Problem error={error} onRetry={retry} /> : null}
            {!isCompact && condition && last && (
                <>
                    <p className="bld-count-note">{last.sample.length === 0 ? words.sampleNone : last.count === last.sample.length ? words.sampleAll : words.sample(last.sample.length)}</p>
                    <Sample contacts={last.sample} paths={dataPaths(condition)} />
                </>
            )}
        </section>
    );
}
