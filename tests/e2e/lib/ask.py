"""Who is in? The same question by two routes, and the naive evaluator's answer beside it."""
import json

from .client import query
from .draw import iso


def preview(client, condition, at):
    """(count, ids of at most 100 members, newest first)."""
    answer = client.want(200, "POST", "/segments/preview",
                         {"condition": condition, "limit": 100, "at": iso(at)})
    return answer["count"], [c["id"] for c in answer["sample"]]


def listed(client, condition, at, limit=37):
    """(total, ids of all members) by the contact list, page after page."""
    ids, cursor, total = [], None, None
    while True:
        answer = client.want(200, "GET", query(
            "/contacts", filter=json.dumps(condition), at=iso(at), limit=limit, cursor=cursor))
        total = answer["total"] if cursor is None else total
        ids += [c["id"] for c in answer["data"]]
        cursor = answer.get("cursor")
        if answer["hasMore"] != (cursor is not None):
            raise AssertionError(f"hasMore and cursor disagree: {answer}")
        if cursor is None:
            return total, ids


def by_segment(client, condition, at):
    """(total, ids of all members) of a segment made for the occasion, page after page."""
    made = client.want(201, "POST", "/segments", {"name": "asked", "condition": condition})["id"]
    ids, page = [], 1
    while True:
        answer = client.want(200, "GET", query(f"/segments/{made}/contacts", page=page,
                                               pageSize=37, at=iso(at)))
        ids += [c["id"] for c in answer["data"]]
        if page >= answer["totalPages"]:
            break
        page += 1
    client.want(204, "DELETE", "/segments/" + made)
    return answer["total"], ids


def differs(client, world, condition, at):
    """None, or what the server says otherwise than the naive evaluator."""
    wanted = world.members(condition, at)
    count, ids = preview(client, condition, at)
    if count > 100 or len(wanted) > 100:
        count, ids = listed(client, condition, at, limit=100)
    if count == len(wanted) and len(ids) == len(set(ids)) and set(ids) == wanted:
        return None
    missing, extra = wanted - set(ids), set(ids) - wanted
    return (f"{json.dumps(condition)}\n  at {iso(at)}: told {count} ({len(ids)} listed), wanted "
            f"{len(wanted)}; missing {sorted(missing)[:5]}, extra {sorted(extra)[:5]}")
