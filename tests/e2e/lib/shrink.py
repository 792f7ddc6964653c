"""Makes a failing tree, and the data it fails on, as small as they go."""


def shrink_tree(tree, fails, segments):
    """Tries smaller trees as long as one of them still fails."""
    progress = True
    while progress:
        progress = False
        for smaller in smaller_trees(tree, segments):
            if fails(smaller):
                tree, progress = smaller, True
                break
    return tree


def smaller_trees(tree, segments):
    groups = tree["groups"]
    for group in groups:
        if group.get("conditions"):
            yield group["conditions"]
        for leaf in group.get("filters", []):
            target = segments.get(leaf["field"].partition(".")[2])
            if leaf["field"].startswith("segment.") and target and target["condition"]:
                yield target["condition"]
    for i, group in enumerate(groups):
        if len(groups) > 1:
            yield {**tree, "groups": groups[:i] + groups[i + 1:]}
        for smaller in smaller_groups(group, segments):
            yield {**tree, "groups": groups[:i] + [smaller] + groups[i + 1:]}


def smaller_groups(group, segments):
    filters, nested = group.get("filters", []), group.get("conditions")
    if "not" in group:
        yield {k: v for k, v in group.items() if k != "not"}
    if filters and nested:
        yield {k: v for k, v in group.items() if k != "conditions"}
        yield {k: v for k, v in group.items() if k != "filters"}
    for i, leaf in enumerate(filters):
        if len(filters) > 1 or nested:
            yield {**group, "filters": filters[:i] + filters[i + 1:]}
        for j in range(len(leaf.get("where", []))):
            fewer = leaf["where"][:j] + leaf["where"][j + 1:]
            short = {k: v for k, v in leaf.items() if k != "where"}
            yield {**group, "filters": filters[:i] + [{**short, "where": fewer} if fewer else short]
                   + filters[i + 1:]}
        if isinstance(leaf.get("value"), list) and leaf["operator"] in ("in", "notIn") \
                and len(leaf["value"]) > 1:
            for j in range(len(leaf["value"])):
                value = leaf["value"][:j] + leaf["value"][j + 1:]
                yield {**group, "filters": filters[:i] + [{**leaf, "value": value}]
                       + filters[i + 1:]}
    if nested:
        for smaller in smaller_trees(nested, segments):
            yield {**group, "conditions": smaller}


def shrink_contacts(contacts, fails):
    """Drops contacts, then events and data keys, while it still fails in a project made anew."""
    contacts = drop_each(contacts, fails)
    for i, contact in enumerate(contacts):
        def without(part, i=i, contact=contact):
            return contacts[:i] + [{**contact, **part}] + contacts[i + 1:]
        events = [(name, one) for name, happened in contact["log"].items() for one in happened]
        events = drop_each(events, lambda e: fails(without(as_events(e))))
        contact = {**contact, **as_events(events)}
        inside = drop_each(sorted(contact["has"]), lambda h: fails(without({"has": set(h)})))
        contact = {**contact, "has": set(inside)}
        keys = drop_each(list((contact["data"] or {}).items()),
                         lambda d: fails(without({"data": dict(d) or None}, contact=contact)))
        contact = {**contact, "data": dict(keys) or None}
        contacts = contacts[:i] + [contact] + contacts[i + 1:]
    return contacts


def as_events(pairs):
    events, log = {}, {}
    for name, (at, data) in pairs:
        events.setdefault(name, []).append(at)
        log.setdefault(name, []).append((at, data))
    return {"events": events, "log": log}


def drop_each(items, fails):
    """The list without every item, or half of them, that it fails without too."""
    size = max(1, len(items) // 2)
    while size:
        start = 0
        while start < len(items):
            rest = items[:start] + items[start + size:]
            if fails(rest):
                items = rest
            else:
                start += size
        size //= 2
    return items
