import { useEffect, useId, useState } from "react";
import { t } from "../../strings";
import { Card, Notice, SelectField, formatBytes } from "../../ui";
import type { ImportChoice } from "./choice";
import type { ImportKind } from "./columns";
import type { Encoding, Preview } from "./preview";
import { ENCODINGS } from "./preview";

/** Takes files that are dropped anywhere on the page: beside the box they would replace the page. */
function useDrop(onFile: (file: File) => void): boolean {
    const [isOver, setOver] = useState(false);
    useEffect(() => {
        function over(event: DragEvent) {
            if (!event.dataTransfer?.types.includes("Files"))
                return;
            event.preventDefault();
            setOver(true);
        }
        function leave(event: DragEvent) {
            if (event.relatedTarget === null)
                setOver(false);
        }
        function drop(event: DragEvent) {
            const file = event.dataTransfer?.files[0];
            if (!file)
                return;
            event.preventDefault();
            setOver(false);
            onFile(file);
        }
        window.addEventListener("dragover", over);
        window.addEventListener("dragleave", leave);
        window.addEventListener("drop", drop);
        return () => {
            window.removeEventListener("dragover", over);
            window.removeEventListener("dragleave", leave);
            window.removeEventListener("drop", drop);
        };
    }, [onFile]);
    return isOver;
}

function Separation({ preview }: { preview: Preview }) {
    const name = t.imports.delimiters[preview.delimiter] ?? `“${preview.delimiter}”`;
    if (preview.format === "ndjson")
        return null;
    return preview.isDelimiterKnown
        ? <p className="soft">{t.imports.separatedBy(name)}</p>
        : <Notice tone="bad">{t.imports.badDelimiter(name)}</Notice>;
}

interface Props {
    kind: ImportKind;
    file: File | null;
    choice: ImportChoice;
    preview: Preview | null;
    isUnreadable: boolean;
    onFile: (file: File) => void;
    onEncoding: (encoding: Encoding) => void;
}

/** The file: by dragging it here or by choosing it; what it is as far as its beginning tells. */
export function FilePicker({ kind, file, choice, preview, isUnreadable, onFile, onEncoding }: Props) {
    const id = useId();
    const isOver = useDrop(onFile);
    return (
        <Card title={t.imports.file}>
            <div className={`imports-drop ${isOver ? "over" : ""}`}>
                {file
                    ? <p className="break"><strong>{file.name}</strong> <span className="soft">{formatBytes(file.size)}</span></p>
                    : <p>{t.imports.drop}</p>}
                <input id={id} type="file" className="sr-only" accept={kind === "events" ? ".csv,.tsv,.txt,.ndjson,.jsonl" : ".csv,.tsv,.txt"}
                       aria-describedby={`${id}-hint`}
                       onChange={(event) => {
                           const chosen = event.currentTarget.files?.[0];
                           if (chosen)
                               onFile(chosen);
                           event.currentTarget.value = ""; // the same file can be chosen again
                       }} />
                <label htmlFor={id} className={`button ${file ? "secondary" : "primary"}`}>{file ? t.imports.chooseOther : t.imports.choose}</label>
                <p id={`${id}-hint`} className="field-hint">{t.imports.accepts[kind]}</p>
            </div>
            {!file && choice.file && <Notice tone="warn">{t.imports.chooseAgain(choice.file.name)}</Notice>}
            {isUnreadable && <Notice tone="bad">{t.imports.unreadable}</Notice>}
            {file?.size === 0 && <Notice tone="bad">{t.imports.emptyFile}</Notice>}
            {file && preview && file.size > 0 && (
                <div className="row imports-reading">
                    <SelectField label={t.imports.encoding} value={preview.encoding}
                                 hint={preview.encoding === "utf-8" ? undefined : t.imports.recoded}
                                 choices={ENCODINGS.map((value) => ({ value, label: t.imports.encodings[value] }))}
                                 onChange={(event) => onEncoding(event.currentTarget.value as Encoding)} />
                    <Separation preview={preview} />
                </div>
            )}
        </Card>
    );
}
