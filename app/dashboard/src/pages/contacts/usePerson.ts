import { useQuery } from "@tanstack/react-query";
import { api, route } from "../../api/client";
import type { Person } from "./timeline";

/** All that is known of one person, in one document: asked for only where it is shown. */
export function usePerson(contactId: string) {
    return useQuery({
        queryKey: ["contacts", contactId, "person"],
        queryFn: ({ signal }) => api.get<Person>(route`/contacts/${contactId}/export`, undefined, signal),
    });
}
