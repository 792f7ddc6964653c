import type { FormEvent } from "react";
import { useCallback, useEffect, useRef, useState } from "react";
import { api } from "../../api/client";
import { session } from "../../session";
import { t } from "../../strings";
import { Button, Loading, Notice, Problem, TextField, fieldProblem, isUnplaced } from "../../ui";

/* The token of a sign-in link stands behind #, which no browser sends to a server. */
function takeToken(): string | null {
    const found = /^#login=([^&]+)/.exec(location.hash);
    if (!found)
        return null;
    history.replaceState(null, "", location.pathname + location.search);
    return found[1]!;
}

/** Exchanges a key, or the link's token, for a session; afterwards the page that was asked for shows. */
export function SignIn() {
    const [key, setKey] = useState("");
    const [projectId, setProjectId] = useState("");
    const [isBusy, setBusy] = useState(false);
    const [problem, setProblem] = useState<unknown>(null);
    const token = useRef<string | null>(null);

    const exchange = useCallback(async (what: { key: string; projectId?: string } | { loginToken: string }) => {
        setBusy(true);
        setProblem(null);
        try {
            const begun = await api.post<{ key: string; expiresAt: string; project: { id: string } }>("/session", what, { withoutKey: true });
            session.begin({ key: begun.key, expiresAt: begun.expiresAt, projectId: begun.project.id });
        } catch (error) {
            setProblem(error);
        } finally {
            setBusy(false);
        }
    }, []);

    useEffect(() => {
        document.title = `${t.signIn.title}`;
        token.current ??= takeToken();
        if (token.current)
            void exchange({ loginToken: token.current });
        token.current = null; // it works once
    }, [exchange]);

    function submit(event: FormEvent) {
        event.preventDefault();
        void exchange({ key: key.trim(), projectId: projectId.trim() || undefined });
    }

    const ended = session.ended();
    const projectProblem = fieldProblem(problem, "projectId"); // an account's key: it must be told which of its projects
    return (
        <main className="sign-in">
            <form className="card stack" onSubmit={submit} noValidate>
                <h1>{t.signIn.title}</h1>
                {ended === "expired" && <Notice tone="warn">{t.signIn.expired}</Notice>}
                {ended === "signedOut" && <Notice tone="good">{t.signIn.signedOut}</Notice>}
                {isBusy && !key ? <Loading label={t.signIn.byLink} /> : null}
                <TextField label={t.signIn.key} hint={t.signIn.keyHint} type="password" name="key" value={key} autoFocus
                           error={fieldProblem(problem, "key")} onChange={(event) => setKey(event.currentTarget.value)} />
                {(projectProblem || projectId) && (
                    <TextField label={t.signIn.project} value={projectId} error={projectProblem} onChange={(event) => setProjectId(event.currentTarget.value)} />
                )}
                {isUnplaced(problem, ["key", "projectId"]) && <Problem error={problem} />}
                <Button type="submit" look="primary" isBusy={isBusy}>{t.signIn.submit}</Button>
                <p className="soft">{t.signIn.linkHint}</p>
            </form>
        </main>
    );
}
