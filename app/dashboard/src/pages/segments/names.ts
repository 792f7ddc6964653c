/* What the ids in filters are called. */
import { useMemo } from "react";
import type { Names } from "./filterWords";
import { useNamed } from "./named";
import { useSegments } from "./segmentData";

/** The names of segments, and of tags, lists, campaigns and sequences where one of the fields is about one. */
export function useNames(fields: string[] = []): Names {
    const isAbout = (kind: string) => fields.some((field) => field.startsWith(`${kind}.`));
    const segments = useSegments().data;
    const tags = useNamed("tag", isAbout("tag")).data;
    const lists = useNamed("list", isAbout("list")).data;
    const campaigns = useNamed("campaign", isAbout("campaign")).data;
    const sequences = useNamed("sequence", isAbout("sequence")).data;
    return useMemo(() => {
        const kinds = { segment: segments, tag: tags, list: lists, campaign: campaigns, sequence: sequences };
        return new Map(Object.entries(kinds).flatMap(([kind, all]) => (all ?? []).map(({ id, name }) => [`${kind}.${id}`, name] as const)));
    }, [segments, tags, lists, campaigns, sequences]);
}
