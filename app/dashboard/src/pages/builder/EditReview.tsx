/* Before an edit is saved: who enters, who leaves. */
import type { Contact } from "../../api/types";
import { t } from "../../strings";
import { formatNumber, FormDialog } from "../../ui";
import type { Diff } from "../segments/segmentData";

const words = t.builder;

function Moves({ title, contacts, count }: { title: string; contacts: Contact[]; count: number }) {
    return (
        <section aria-label={title}>
            <h2>{title}</h2>
            {contacts.length === 0 ? <p className="soft">{words.nobody}</p> : (
                <ul role="list" className="bld-sample">
                    {contacts.map(({ id, email }) => <li key={id}>{email}</li>)}
                    {count > contacts.length && <li className="soft">{words.andMore(formatNumber(count - contacts.length))}</li>}
                </ul>
            )}
        </section>
    );
}

interface EditReviewProps {
    diff: Diff | null;
    onClose: () => void;
    onSave: () => void;
    isBusy: boolean;
}

export function EditReview({ diff, onClose, onSave, isBusy }: EditReviewProps) {
    return (
        <FormDialog title={words.reviewTitle} isOpen={diff !== null} onClose={onClose} submit={words.saveAnyway} onSubmit={onSave}
                    isBusy={isBusy} isWide>
            {diff && (
                <>
                    <p className="bld-balance" role="status">
                        <span className="in">+ {words.entering(formatNumber(diff.entering))}</span>
                        <span className="out">− {words.leaving(formatNumber(diff.leaving))}</span>
                        <span>{words.staying(formatNumber(diff.staying))}</span>
                    </p>
                    {diff.entering + diff.leaving === 0 ? <p>{words.reviewSame}</p> : (
                        <div className="bld-moves">
                            <Moves title={words.enteringTitle} contacts={diff.sample.entering} count={diff.entering} />
                            <Moves title={words.leavingTitle} contacts={diff.sample.leaving} count={diff.leaving} />
                        </div>
                    )}
                </>
            )}
        </FormDialog>
    );
}
