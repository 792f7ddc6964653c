import { keepPreviousData, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, route } from "../../api/client";
import type { Condition, Filter, Paged, Segment } from "../../api/types";
import { t } from "../../strings";
import { Await, Badge, Button, Empty, FormDialog, Pager, Time, toast, usePageParam } from "../../ui";
import { ConditionView } from "./ConditionView";
import { DiffView } from "./DiffView";
import { filterWords, filtersOf, type Names } from "./filterWords";
import { useNames } from "./names";

const words = t.segments;
const PAGE = 20;

interface Version {
    version: number;
    current: boolean;
    condition: Condition;
    changedAt: string;
    changedBy: { id: string; name: string | null } | null;
    changes: { added: Filter[]; removed: Filter[] } | null;
}

/** What a version changed against the one before, in words. */
function Changes({ version, names }: { version: Version; names: Names }) {
    const { changes } = version;
    if (!changes)
        return <p className="soft">{words.versionUnknown}</p>;
    if (changes.added.length + changes.removed.length === 0)
        return <p className="soft">{words.versionJoined}</p>;
    const line = (filter: Filter, i: number, sign: "plus" | "minus") => (
        <li key={`${sign}${i}`} className={sign}>
            <span className="sr-only">{sign === "plus" ? words.added : words.removed}: </span>{filterWords(filter, names)}
        </li>
    );
    return (
        <ul role="list" className="segments-words">
            {changes.removed.map((filter, i) => line(filter, i, "minus"))}
            {changes.added.map((filter, i) => line(filter, i, "plus"))}
        </ul>
    );
}

interface VersionProps {
    segment: Segment;
    version: Version;
    names: Names;
}

function RestoreDialog({ segment, version, names, onDone }: VersionProps & { onDone: () => void }) {
    const queries = useQueryClient();
    const restore = useMutation({
        mutationFn: () => api.post<Segment>(route`/segments/${segment.id}/versions/${version.version}/restore`),
        onSuccess: async () => {
            toast(words.restored(version.version));
            onDone();
            await queries.invalidateQueries({ queryKey: ["segments"] });
        },
    });
    return (
        <FormDialog title={words.restoreTitle(version.version)} isOpen onClose={onDone} submit={words.restore} isBusy={restore.isPending}
                    onSubmit={() => restore.mutate()} problem={restore.error}>
            <p className="soft">{words.restoreHint}</p>
            <ConditionView condition={version.condition} names={names} />
            <DiffView segment={segment} condition={version.condition} />
        </FormDialog>
    );
}

function VersionCard({ segment, version, names }: VersionProps) {
    const [isComparing, setComparing] = useState(false);
    const [isRestoring, setRestoring] = useState(false);
    return (
        <li className="card">
            <div className="segments-head">
                <h3>{words.version(version.version)}</h3>
                {version.current && <Badge tone="good">{words.current}</Badge>}
                <span className="soft grow">
                    <Time iso={version.changedAt} as="minute" />{" "}
                    {version.changedBy ? words.versionBy(version.changedBy.name ?? version.changedBy.id) : words.versionByNobody}
                </span>
                {!version.current && (
                    <span className="buttons">
                        <Button isSmall aria-expanded={isComparing} onClick={() => setComparing(!isComparing)}>{words.compare}</Button>
                        <Button isSmall onClick={() => setRestoring(true)}>{words.restore}</Button>
                    </span>
                )}
            </div>
            <Changes version={version} names={names} />
            <details><summary>{words.versionShow}</summary><ConditionView condition={version.condition} names={names} /></details>
            {isComparing && <DiffView segment={segment} condition={version.condition} />}
            {isRestoring && <RestoreDialog {...{ segment, version, names }} onDone={() => setRestoring(false)} />}
        </li>
    );
}

export default function VersionsTab({ segment }: { segment: Segment }) {
    const [page, setPage] = usePageParam("versions");
    const versions = useQuery({
        queryKey: ["segments", segment.id, "versions", page, segment.version],
        queryFn: ({ signal }) => api.get<Paged<Version>>(route`/segments/${segment.id}/versions`, { page, pageSize: PAGE }, signal),
        placeholderData: keepPreviousData,
    });
    // What a version removed stands in the one before, which may be on the next page.
    const filters = versions.data?.data.flatMap(({ condition, changes }) => [...filtersOf(condition), ...(changes?.removed ?? [])]) ?? [];
    const names = useNames(filters.map((filter) => filter.field));
    return (
        <Await query={versions}>
            {(found) => (found.total === 0
                ? <Empty title={words.noVersions} />
                : (
                    <>
                        <ul role="list" className="segments-cards">
                            {found.data.map((version) => <VersionCard key={version.version} {...{ segment, version, names }} />)}
                        </ul>
                        <Pager page={page} pageCount={found.totalPages} onPage={setPage} />
                    </>
                ))}
        </Await>
    );
}
