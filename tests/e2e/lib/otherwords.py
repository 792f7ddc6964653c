"""What a filter of PushMail or MailPanda means, in Plunk's words (filters.md, section 6). For the naive
evaluator: it shares nothing with the server's dialects.

Readings: MailPanda's `name` is data.name, since a tree has no joined fields; `before` and `after` are
ordinary comparisons, so on a custom field they see stored dates only.
"""
PUSHMAIL_OPERATORS = {
    "eq": "equals", "neq": "notEquals", "in": "in", "not_in": "notIn", "contains": "contains",
    "not_contains": "notContains", "starts_with": "startsWith", "ends_with": "endsWith",
    "gt": "greaterThan", "gte": "greaterThanOrEqual", "lt": "lessThan", "lte": "lessThanOrEqual",
    "between": "between", "exists": "exists", "not_exists": "notExists", "is_empty": "isEmpty"}
PUSHMAIL_FIELDS = {"email", "status", "subscribed", "createdAt", "updatedAt", "subscribedAt"}
HISTORY = {"received_campaign": ("campaign", "has"), "not_received_campaign": ("campaign", "notHas"),
           "completed_sequence": ("sequence", "has"), "not_completed_sequence": ("sequence", "notHas")}
MAILPANDA_OPERATORS = {
    "equals": "equals", "not_equals": "notEquals", "contains": "contains",
    "not_contains": "notContains", "starts_with": "startsWith", "ends_with": "endsWith"}


def from_pushmail(rules):
    groups = [from_condition(c) for c in rules["conditions"]]
    return {"logic": rules["operator"], "groups": groups}


def from_condition(condition):
    """A group of Plunk's with one filter, or with what is nested."""
    kind, op = condition["type"], condition.get("op")
    if kind == "group":
        return {"conditions": from_pushmail(condition)}
    if kind == "attribute":
        field = condition["field"]
        leaf = {"field": field if field in PUSHMAIL_FIELDS
                else "data." + field.removeprefix("customFields."),
                "operator": PUSHMAIL_OPERATORS[op]}
        if "value" in condition:
            leaf["value"] = condition["value"]
    elif kind == "tag":
        leaf = {"field": f"tag.{condition['tagId']}", "operator": "has" if op == "has" else "notHas"}
    elif kind == "list":
        leaf = {"field": f"list.{condition['listId']}", "operator": "has" if op == "in" else "notHas"}
    elif kind == "send_history":
        column, operator = HISTORY[op]
        leaf = {"field": f"{column}.{condition['targetId']}", "operator": operator}
    else:
        leaf = {"field": "email." + condition["metric"],
                "operator": {"within_days": "triggeredWithin", "not_within_days": "notTriggeredWithin",
                             "never": "notTriggered"}[op]}
        if op != "never":
            leaf.update(value=condition["days"], unit="days")
    return {"filters": [leaf]}


def from_mailpanda(rules):
    return {"logic": "AND", "groups": [{"filters": [from_rule(rule) for rule in rules]}]}


def from_rule(rule):
    field, operator, value = rule["field"], rule["operator"], rule["value"]
    where = {"status": "status", "email": "email", "created_at": "createdAt"}.get(
        field, "data." + field)
    if field == "status" and value == "active":
        value = "subscribed"
    if operator == "before":
        return {"field": where, "operator": "lessThan", "value": value}
    if operator == "after":  # instants are whole ms: from the next day on is after this one's last
        end = value if not isinstance(value, str) or "T" in value else value + "T23:59:59.999Z"
        return {"field": where, "operator": "greaterThan", "value": end}
    return {"field": where, "operator": MAILPANDA_OPERATORS[operator], "value": value}
