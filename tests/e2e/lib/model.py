"""What a project must hold after the writes that were acknowledged: http-api.md 1.5, 1.6, 4.1.

The model is kept beside the server and compared with the rows, so that a lost or invented write is
seen as such and not as a filter's mistake.
"""
RESERVED = {"id", "plunk_id", "plunk_email", "email", "createdAt", "updatedAt", "subscribed",
            "unsubscribeUrl", "subscribeUrl", "manageUrl"}


class Model:
    def __init__(self):
        self.contacts = {}  # address -> {status, data, events: {name: [ms or None]}, sets, has}

    def upsert(self, email, data=None, subscribed=None, preserve=False):
        """A contact body or the contact's side of a track. Returns "created", "updated" or
        "unchanged"."""
        email = email.strip(" \t\r\n").translate(LOWER)
        contact = self.contacts.get(email)
        if contact is None:
            contact = self.contacts[email] = {
                "status": "subscribed" if subscribed in (None, True) else "unsubscribed",
                "data": merge(None, data), "events": {}, "sets": set(), "has": set()}
            return "created"
        return "updated" if self.change(contact, data, None if preserve else subscribed) \
            else "unchanged"

    def change(self, contact, data, subscribed):
        """Applies a patch; does it change anything?"""
        merged = merge(contact["data"], data)
        changed = not same(merged, contact["data"])
        contact["data"] = merged
        if subscribed is not None and subscribed != (contact["status"] == "subscribed"):
            contact["status"] = "subscribed" if subscribed else "unsubscribed"
            self.happened(contact, "contact." + contact["status"], None)
            changed = True
        return changed

    @staticmethod
    def happened(contact, name, at):
        contact["events"].setdefault(name, []).append(at)

    def difference(self, world):
        """Lines that say where the rows are not what was acknowledged; none when they agree."""
        lines = []
        stored = {c["email"]: c for c in world.contacts}
        for email in sorted(set(stored) | set(self.contacts)):
            if email not in self.contacts or email not in stored:
                lines.append(f"{email}: {'stored' if email in stored else 'lost'}")
                continue
            lines += [f"{email}: {line}" for line in
                      contact_difference(self.contacts[email], stored[email])]
        return lines + world.broken_rollups


def contact_difference(wanted, stored):
    lines = []
    for key in ("status", "data", "sets", "has"):
        if not same(wanted[key], stored[key]):
            lines.append(f"{key}: wanted {wanted[key]!r}, stored {stored[key]!r}")
    for name in sorted(set(wanted["events"]) | set(stored["events"])):
        if name.startswith("segment."):  # not written by anybody: they follow from the rest
            continue
        want, have = wanted["events"].get(name, []), stored["events"].get(name, [])
        known = sorted(t for t in want if t is not None)
        if len(want) != len(have) or not set(known) <= set(have):
            lines.append(f"event {name}: wanted {want}, stored {sorted(have)}")
    return lines


LOWER = {c: c + 32 for c in range(ord("A"), ord("Z") + 1)}  # addresses: ASCII letters only


def merge(old, patch):
    """`data` after a patch by key; None when no key is left."""
    new = dict(old or {})
    for key, value in (patch or {}).items():
        if key in RESERVED or value == "":
            continue
        if value is None:
            new.pop(key, None)
        elif isinstance(value, dict) and value.get("persistent") is False and "value" in value:
            continue
        else:
            new[key] = value
    return new or None


def same(a, b):
    """Equality of JSON values; unlike Python's, true is not 1. Key order does not matter."""
    if isinstance(a, bool) or isinstance(b, bool):
        return a is b
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(same(a[k], b[k]) for k in a)
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, (int, float)) and isinstance(b, (int, float)):
        return float(a) == float(b)
    return type(a) is type(b) and a == b
