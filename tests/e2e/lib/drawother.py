"""Random legal filters in the words of PushMail and MailPanda, from the pools of draw.py."""
from .draw import PATHS, STATUSES, looks_like_a_date_and_is_none
from .otherwords import PUSHMAIL_OPERATORS

METRICS = ["opened", "clicked", "bounced", "complained", "sent", "delivered"]
PLUNK_TO_PUSHMAIL = {plunk: op for op, plunk in PUSHMAIL_OPERATORS.items()}
OWN_WORDS = {"email", "status", "company", "name", "created_at", "subscribed", "createdAt",
             "updatedAt", "subscribedAt"}


def pushmail(draw, emails, sets, depth=0, room=None):
    room = [draw.pick([1, 1, 2, 3, 4, 6])] if room is None else room
    conditions = [pushmail_condition(draw, emails, sets, depth, room)]
    while room[0] > 0 and draw.chance(0.6):
        conditions.append(pushmail_condition(draw, emails, sets, depth, room))
    return {"operator": draw.pick(["AND", "OR"]), "conditions": conditions}


def pushmail_condition(draw, emails, sets, depth, room):
    if depth < 14 and room[0] > 1 and draw.chance(0.3):
        return {"type": "group", **pushmail(draw, emails, sets, depth + 1, room)}
    room[0] -= 1
    return draw.pick([lambda: attribute(draw, emails), lambda: attribute(draw, emails),
                      lambda: engagement(draw), lambda: membership(draw, sets)])()


def attribute(draw, emails):
    """One of draw.py's leaves that PushMail has a word for."""
    while True:
        leaf = draw.pick([draw.data_leaf, draw.data_leaf, draw.instant_leaf, draw.subscribed_leaf,
                          draw.status_leaf, lambda: draw.email_leaf(emails)])()
        op = PLUNK_TO_PUSHMAIL.get(leaf["operator"])
        if op is None:
            continue
        field = leaf["field"]
        if field.startswith("data."):
            field = field[5:] if "." not in field[5:] and draw.chance(0.4) else "customFields." + field[5:]
        made = {"type": "attribute", "field": field, "op": op}
        if "value" in leaf:
            made["value"] = leaf["value"]
        return made


def engagement(draw):
    op = draw.pick(["within_days", "within_days", "not_within_days", "never"])
    made = {"type": "engagement", "metric": draw.pick(METRICS), "op": op}
    if op != "never":
        made["days"] = draw.pick([0, 0.5, 1, 3, 7, 30, 90, 365])
    return made


def membership(draw, sets):
    """sets: "tag.1", "campaign.2" ..., whose numbers are what PushMail writes."""
    kind, _, number = draw.pick([*sets, "tag.99", "list.99"]).partition(".")
    if kind == "tag":
        return {"type": "tag", "op": draw.pick(["has", "not_has", "has_not", "not_in"]),
                "tagId": int(number)}
    if kind == "list":
        return {"type": "list", "op": draw.pick(["in", "not_in"]), "listId": int(number)}
    op = "received_campaign" if kind == "campaign" else "completed_sequence"
    return {"type": "send_history", "op": draw.pick(["", "not_"]) + op, "targetId": int(number)}


def mailpanda(draw, emails):
    return [rule(draw, emails) for _ in range(draw.pick([1, 1, 2, 3]))]


def rule(draw, emails):
    field = draw.pick(["status", "email", "created_at", "created_at", "custom", "custom", "custom"])
    operators = ["equals", "not_equals"]
    if field == "status":
        value = draw.pick([*STATUSES, "active"])
    elif field == "created_at":
        operators, value = ["before", "after"], draw.date()
    elif field == "email":
        operators += ["contains", "not_contains", "starts_with", "ends_with"]
        whole = draw.pick(emails)
        value = whole
    else:
        field = draw.pick([p for p in PATHS if p not in OWN_WORDS and "." not in p])
        operators += ["contains", "not_contains", "starts_with", "ends_with", "before", "after"]
        value = draw.operand(field)
    operator = draw.pick(operators)
    if operator in ("before", "after") and field != "created_at":
        value = draw.date()
    if operator in ("starts_with", "ends_with", "contains", "not_contains"):
        value = value if isinstance(value, str) else draw.word()
        value = value[:draw.pick([2, 4, 9])] or "a"
        if looks_like_a_date_and_is_none(value):
            value = "a"
    return {"field": field, "operator": operator, "value": value}
