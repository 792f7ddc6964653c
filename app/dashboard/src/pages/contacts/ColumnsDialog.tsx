import { useState } from "react";
import { t } from "../../strings";
import { CheckField, FormDialog } from "../../ui";

interface ColumnsDialogProps {
    known: string[];
    shown: string[];
    onChoose: (paths: string[]) => void;
    onClose: () => void;
}

export function ColumnsDialog({ known, shown, onChoose, onClose }: ColumnsDialogProps) {
    const [chosen, setChosen] = useState(new Set(shown));
    function put(path: string, isOn: boolean) {
        const next = new Set(chosen);
        if (isOn)
            next.add(path);
        else
            next.delete(path);
        setChosen(next);
    }
    return (
        <FormDialog title={t.contacts.columnsTitle} isOpen onClose={onClose} submit={t.contacts.apply}
                    onSubmit={() => {
                        onChoose(known.filter((path) => chosen.has(path)));
                        onClose();
                    }}>
            {known.length === 0 && <p>{t.contacts.columnsNone}</p>}
            <div className="contacts-columns">
                {known.map((path) => <CheckField key={path} label={path} checked={chosen.has(path)} onChange={(isOn) => put(path, isOn)} />)}
            </div>
        </FormDialog>
    );
}
