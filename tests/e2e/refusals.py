#!/usr/bin/python3
"""Requests of every dialect with something spoilt in them: never a 5xx, each refusal in its dialect's form, and no
row of any table is another one after a 4xx.

    refusals.py [--requests 1500] [--seed N] [--stack DIR]
"""
import argparse
import copy
import json
import random
import re
import sys

from dialects import spoil
from lib.stack import stack

AT = "2026-11-01T00:00:00Z"
RULES = {"operator": "AND", "conditions": [{"type": "tag", "op": "has", "tagId": 1}]}
PANDA = [{"field": "status", "operator": "equals", "value": "active"}]
NOBODY = "3f2504e0-4f89-41d3-9a0c-0305e82c3301"


def plunk(field, operator, **more):
    return {"logic": "AND", "groups": [{"filters": [{"field": field, "operator": operator, **more}]}]}


def requests(contact, segment, other, draft, sent):
    """(method, path, body), all of them good ones."""
    return [
        ("POST", "/api/v1/contacts", {
            "siteId": 1, "email": "new@example.com", "firstName": "a", "customFields": {"x": 1}, "tags": ["new"],
            "lists": [1], "birthday": "1990-01-01", "source": "s", "ipAddress": "192.0.2.1", "status": "subscribed"}),
        ("PUT", "/api/v1/contacts/1", {"email": "z@example.com", "firstName": "b", "customFields": {"y": 2},
                                       "status": "unsubscribed"}),
        ("POST", "/api/v1/contacts/bulk", {"siteId": 1, "contacts": [
            {"email": "q@example.com", "tags": ["n2"]}, {"email": "a1@example.com", "firstName": "x"}]}),
        ("POST", "/api/v1/contacts/1/tags", {"tag": "n3"}),
        ("POST", "/api/v1/contacts/1/lists", {"listId": 1}),
        ("POST", "/api/v1/tags", {"siteId": 1, "name": "n4"}),
        ("POST", "/api/v1/lists", {"siteId": 1, "name": "n5", "description": "d"}),
        ("PUT", "/api/v1/lists/1", {"name": "n6", "description": "e"}),
        ("POST", "/api/v1/lists/1/contacts", {"contactIds": [1, 2]}),
        ("DELETE", "/api/v1/lists/1/contacts", {"contactIds": [1, 2]}),
        ("POST", "/api/v1/segments", {"siteId": 1, "name": "s", "description": "d", "rules": RULES}),
        ("PUT", "/api/v1/segments/1", {"name": "s2", "description": "d", "rules": RULES}),
        ("POST", "/api/v1/segments/1/count", {"rules": RULES}),
        ("POST", "/api/v1/campaigns", {"siteId": 1, "name": "c", "templateId": 1, "segmentId": 1,
                                       "scheduledAt": "2027-01-01T00:00:00Z"}),
        ("POST", "/api/v1/campaigns", {"siteId": 1, "name": "c", "templateId": 1, "tagId": 1}),
        ("POST", "/api/v1/sequences", {
            "siteId": 1, "name": "q", "triggerType": "segment_enter", "triggerConfig": {"segmentId": 1},
            "steps": [{"type": "email", "templateId": 1}, {"type": "delay", "days": 2}]}),
        ("PUT", "/api/v1/sites/1", {"name": "n", "domain": "d.example", "sendFrequencyCapDays": 3,
                                    "companyName": "c", "physicalAddress": "p"}),
        ("POST", "/api/contacts", {"email": "mp@example.com", "name": "n", "company": "c", "notes": "x",
                                   "groupIds": [1]}),
        ("PUT", "/api/contacts/2", {"name": "n", "notes": "x", "groupIds": [1], "email": "mp2@example.com"}),
        ("POST", "/api/segments", {"name": "m", "rules": PANDA}),
        ("PUT", "/api/segments/1", {"name": "m", "rules": PANDA}),
        ("POST", "/v1/email-events", {"events": [
            {"email": "a1@example.com", "type": "opened", "emailId": "1", "timestamp": AT, "campaignId": 1,
             "sequenceId": 1, "url": "u", "reason": "r"},
            {"contactId": contact, "type": "bounced", "emailId": "2", "timestamp": AT, "bounceType": "hard"}]}),
        ("POST", "/contacts/bulk-unsubscribe", {"mode": "query", "filter": plunk("data.x", "exists"),
                                                "excludeIds": [contact]}),
        ("POST", "/contacts/bulk-delete", {"contactIds": [NOBODY]}),
        ("POST", "/suppressions", {"name": "n", "kind": "DOMAIN", "pattern": "d.example", "enabled": True}),
        ("POST", "/segments", {"name": "n", "type": "DYNAMIC", "trackMembership": False, "condition": plunk(
            "event.x", "countAtLeast", value=3, window={"value": 3, "unit": "days"},
            where=[{"property": "a", "operator": "in", "value": [1, 2]}])}),
        ("PATCH", "/segments/" + segment, {"name": "n", "condition": plunk("tag.1", "notHas")}),
        ("POST", f"/segments/{segment}/diff", {"condition": plunk("tag.1", "has"), "limit": 3,
                                               "at": "2099-01-01T00:00:00Z"}),
        ("POST", "/segments/overlap", {"segmentIds": [segment, other]}),
        ("POST", f"/segments/{segment}/snapshot", {"name": "copy", "description": "d"}),
        ("POST", "/segments/lint", {"condition": plunk("data.x", "between", value=[1, 5]), "name": "n"}),
        ("POST", "/audience/preview", {"audienceType": "SEGMENT", "segmentId": segment, "type": "MARKETING",
                                       "excludeSegmentIds": [other]}),
        ("POST", "/audience/preview", {"audienceType": "FILTERED", "condition": plunk("list.1", "has")}),
        ("POST", "/campaigns", {"name": "Launch", "subject": "Hi", "body": "b", "from": "me@example.com",
                                "audienceType": "FILTERED", "audienceCondition": plunk("list.1", "has")}),
        ("PUT", f"/campaigns/{draft}", {"name": "Landing", "replyTo": "you@example.com", "audienceType": "SEGMENT",
                                        "segmentId": segment, "excludeSegmentIds": [other], "type": "HEADLESS"}),
        ("POST", f"/campaigns/{sent}/send", {"scheduledFor": "2100-01-01T00:00:00Z"}),
        ("POST", f"/campaigns/{draft}/test", {"email": "me@example.com"}),
        ("POST", "/campaigns/bulk-update", {"ids": [NOBODY], "delete": True}),
        ("PUT", "/api/v1/campaigns/1", {"name": "c", "templateId": 1, "sendingConfigId": 2, "listId": 1}),
        ("POST", "/api/v1/campaigns/1/schedule", {"scheduledAt": "2100-01-01T00:00:00Z", "sendingConfigId": 3}),
        ("POST", "/v1/track", {"email": "tr@example.com", "event": "e", "timestamp": AT,
                               "data": {"a": {"value": 1, "persistent": False}}})]


# Tried first, as they are: refused, and what was once stored for nothing.
REFUSED = [("POST", "/api/contacts", {"email": "a0@example.com", "company": "the first one"})]


def fill(client):
    for n in range(3):
        client.want(201, "POST", "/api/v1/contacts", {"email": f"a{n}@example.com", "tags": ["t"]})
    client.want(201, "POST", "/api/v1/lists", {"name": "L"})
    client.want(201, "POST", "/api/v1/segments", {"name": "S", "rules": RULES})
    client.want(201, "POST", "/api/v1/templates", {"name": "t", "subject": "s", "htmlBody": "b"})
    client.want(201, "POST", "/api/v1/campaigns", {"name": "c", "templateId": 1})
    client.want(201, "POST", "/api/v1/sequences", {"name": "q"})
    other = client.want(201, "POST", "/segments", {"name": "other", "type": "STATIC"})["id"]
    ours = [client.want(201, "POST", "/campaigns", {"name": "n", "subject": "s", "body": "b", "from": "me@example.com",
                                                    "audienceType": "ALL"})["data"]["id"] for _ in range(2)]
    return requests(client.want(200, "GET", "/contacts")["data"][0]["id"],
                    client.want(200, "GET", "/segments")[1]["id"], other, *ours)


class Tables:
    """A sum over all rows of the project, table by table; numbers that are given out may be lost."""

    def __init__(self, running, project):
        self.running, columns = running, {}
        for table, column in running.sql("SELECT table_name, column_name FROM information_schema.columns "
                                         "WHERE table_schema = DATABASE()"):
            columns.setdefault(table, []).append(f"`{column}`")
        self.query = " UNION ALL ".join(
            f"SELECT '{table}', COUNT(*), SUM(CRC32(CONCAT_WS('|', {', '.join(names)}))) FROM `{table}` "
            f"WHERE project_id = {project.number}" for table, names in columns.items()
            if "`project_id`" in names and table not in ("ordinal_block", "counter", "project_due"))

    def state(self):
        return {row[0]: row[1:] for row in self.running.sql(self.query)}


def problem(path, reply):
    """What is wrong with the answer as such, or None."""
    if reply.status >= 500:
        return "a 5xx"
    if reply.status >= 400:
        answer = reply.json()
        flat = re.match(r"/api/|/v1/(segments|sites|tags|lists|sequences)", path)
        text = answer.get("error") if flat else (answer.get("error") or {}).get("message")
        if flat and set(answer) != {"error"} or not flat and answer.get("success") is not False:
            return "not the dialect's form"
        if not isinstance(text, str) or len(text) < 5:
            return "no words"
    return None


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--requests", type=int, default=1500)
    arguments.add_argument("--seed", type=int, default=None)
    arguments.add_argument("--stack", help="directory of a running stack with --worker manual")
    given = arguments.parse_args()
    seed = given.seed if given.seed is not None else random.SystemRandom().randrange(10**9)
    print(f"seed {seed}", flush=True)
    chance, wrong, refused = random.Random(seed), [], 0
    with stack(given.stack) as running:
        project = running.project("refusals")
        client, tables = project.client(), Tables(running, project)
        choice, before = fill(client), tables.state()
        for number in range(given.requests):
            if number < len(REFUSED):
                method, path, body = REFUSED[number]
            else:
                method, path, body = chance.choice(choice)
                body = spoil(chance, copy.deepcopy(body))
            reply, after = client.request(method, path, body), tables.state()
            said = problem(path, reply)
            if reply.status >= 400:
                refused += 1
                said = said or ("stored: " + str([t for t in after if after[t] != before[t]])
                                if after != before else None)
            if said:
                wrong.append(f"{said}: {method} {path} {json.dumps(body)[:600]}\n  {reply!r}")
            before = after
        running.program("muster", "verify", str(project.number))
    print("\n".join(wrong[:5]))
    print(f"{refused} of {given.requests} were refused")
    print(f"{given.requests - len(wrong)} passed, {len(wrong)} failed")
    return 1 if wrong or refused < given.requests / 4 else 0


if __name__ == "__main__":
    sys.exit(main())
