"""The entries and exits that a tracked segment has told, and what must hold for them at any time."""
from .client import query
from .naive import parse_date

KINDS = {"data", "clock", "filter", "first", "deleted"}


def changes(client, segment, after=0, limit=1000):
    """All changes behind a sequence, page after page."""
    told = []
    while True:
        answer = client.want(200, "GET", query(f"/segments/{segment}/changes", after=after,
                                               limit=limit))
        told += answer["data"]
        if not answer["hasMore"]:
            return told
        if len(answer["data"]) != limit:
            raise AssertionError(f"{len(answer['data'])} of {limit} changes, and hasMore")
        after = told[-1]["sequence"]


class Feed:
    """A segment's changes so far. `members`: who has entered and not left; `wrong`: lines."""

    def __init__(self, segment):
        self.segment, self.changes = segment, []
        self.members, self.wrong = set(), []

    def read(self, client, limit=1000):
        """Reads on; returns what is new."""
        new = changes(client, self.segment, len(self.changes), limit)
        for change in new:
            self.take(change)
        return new

    def take(self, change):
        last = self.changes[-1] if self.changes else {"sequence": 0, "at": "0001-01-01"}
        contact, kind = change["contactId"], change["cause"]["kind"]
        if change["sequence"] != last["sequence"] + 1:
            self.blame(change, f"follows sequence {last['sequence']}")
        if parse_date(change["at"]) < parse_date(last["at"]):
            self.blame(change, f"is before the one before, {last['at']}")
        if (change["type"] == "entry") == (contact in self.members):
            self.blame(change, "says again what was so")
        if kind not in KINDS or (kind == "deleted" and (
                change["type"] == "entry" or change["email"] is not None)):
            self.blame(change, "has a cause that cannot be")
        (self.members.add if change["type"] == "entry" else self.members.discard)(contact)
        self.changes.append(change)

    def blame(self, change, what):
        self.wrong.append(f"{self.segment}: {change} {what}")
