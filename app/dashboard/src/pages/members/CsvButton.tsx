import { useMutation } from "@tanstack/react-query";
import { download, route } from "../../api/client";
import type { Segment } from "../../api/types";
import { t } from "../../strings";
import { Button, Problem } from "../../ui";

/** All members as a file that a spreadsheet opens without taking any text for a formula. */
export function CsvButton({ segment }: { segment: Segment }) {
    const fetching = useMutation({
        mutationFn: () => download(route`/segments/${segment.id}/contacts`, { format: "csv", spreadsheet: 1 }, `${segment.slug}.csv`),
    });
    return (
        <>
            <Button isSmall isBusy={fetching.isPending} onClick={() => fetching.mutate()}>
                {fetching.isPending ? t.segments.csvBusy : t.segments.csv}
            </Button>
            {fetching.error && <Problem error={fetching.error} />}
        </>
    );
}
