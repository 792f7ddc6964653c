"""A project that random writes happen to, with the model of what it must hold."""
import os
import shutil
import urllib.parse

from .draw import ACTIVITIES, EVENTS, STATUSES, iso
from .lab import Lab
from .model import Model
from .naive import parse_date
from .rows import read


class Playground:
    """Writes go out by a random route each; `history` tells what was done, for a failing seed."""

    def __init__(self, stack, draw, now):
        self.stack, self.draw, self.now = stack, draw, now
        self.project = stack.project("property")
        self.secret = self.project.client()
        self.public = self.project.client(self.project.public)
        self.model = Model()
        self.lab = Lab(stack, self.project.number)
        self.sets = []  # "tag.1", "list.2" ... that contacts can be in
        self.segments = {}  # id -> {"type", "condition"}
        self.history = []
        self.next_address = 0

    # --- writes ---

    def address(self, share_new):
        known = list(self.model.contacts)
        if known and not self.draw.chance(share_new):
            return self.draw.pick(known)
        self.next_address += 1
        local = self.draw.pick(["ann", "bob_x", "bob%", "o'neil", "żółw", "straße", "İ", "k"])
        return f"{local}{self.next_address}@{self.draw.pick(['example.com', 'mail.example.org'])}"

    def write(self, share_new=0.1):
        made = self.draw.pick([self.upsert, self.upsert, self.batch, self.patch, self.track,
                               self.track, self.track_batch, self.delete, self.members,
                               self.members, self.lab_write, self.lab_write, self.drop_event,
                               self.listed, self.tagged])
        made(share_new)

    def body(self, share_new, data_share=0.3):
        body = {"email": self.spelling(self.address(share_new))}
        if self.draw.chance(0.2):
            body["subscribed"] = self.draw.boolean()
        if self.draw.chance(0.9):
            body["data"] = self.draw.data(data_share)
        return body

    def spelling(self, address):
        """The same address as somebody else would type it."""
        if self.draw.chance(0.2):
            return " " + "".join(c.upper() if c.isascii() else c for c in address) + " "
        return address

    def upsert(self, share_new):
        body = self.body(share_new, 0.6)
        outcome = self.model.upsert(body["email"], body.get("data"), body.get("subscribed"))
        wanted = 201 if outcome == "created" else 200
        answer = self.secret.want(wanted, "POST", "/contacts", body)
        assert answer["_meta"]["isNew"] == (outcome == "created"), answer

    def batch(self, share_new, count=None):
        bodies = [self.body(share_new, 0.6) for _ in range(count or self.draw.random.randint(1, 8))]
        told = {"created": 0, "updated": 0, "unchanged": 0}
        for body in bodies:
            told[self.model.upsert(body["email"], body.get("data"), body.get("subscribed"))] += 1
        answer = self.secret.want(200, "POST", "/contacts/batch", {"contacts": bodies})
        assert answer["errors"] == [] and answer["created"] == told["created"] \
            and sum(answer[k] for k in told) == len(bodies), (answer, told)

    def stored(self):
        return {c["email"]: c for c in read(self.stack, self.project.number).contacts}

    def patch(self, _share):
        if not self.model.contacts:
            return
        address = self.draw.pick(list(self.model.contacts))
        body = {}
        if self.draw.chance(0.3):
            body["subscribed"] = self.draw.boolean()
        if self.draw.chance(0.8):
            body["data"] = {k: (None if self.draw.chance(0.3) else v)
                            for k, v in self.draw.data(0.3).items()}
        if self.draw.chance(0.05):
            body["data"] = None
        contact = self.model.contacts[address]
        if "data" in body and body["data"] is None:
            contact["data"] = None
        self.model.change(contact, body.get("data"), body.get("subscribed"))
        if self.draw.chance(0.1):
            body["email"] = self.address(1)
            self.model.contacts[body["email"]] = self.model.contacts.pop(address)
        self.secret.want(200, "PATCH", "/contacts/" + self.stored()[address]["id"], body)

    def track_body(self, share_new):
        body = self.body(share_new, 0.05)
        if "data" in body and self.draw.chance(0.3):
            body["data"]["seen"] = {"value": self.draw.number(), "persistent": False}
        if self.draw.chance(0.6):  # of the event alone
            body["data"] = {**body.get("data", {}), **{
                key: {"value": value, "persistent": False}
                for key, value in self.draw.data(0.4).items() if value is not None}}
        body["event"] = self.draw.pick(EVENTS)
        if self.draw.chance(0.8):
            body["timestamp"] = iso(self.draw.past(self.now))
        if self.draw.chance(0.2):
            body["preserveExistingSubscription"] = self.draw.boolean()
        return body

    def tracked(self, body):
        self.model.upsert(body["email"], body.get("data"), body.get("subscribed"),
                          body.get("preserveExistingSubscription", False))
        address = body["email"].strip()
        address = "".join(c.lower() if c.isascii() else c for c in address)
        at = body.get("timestamp")
        self.model.happened(self.model.contacts[address], body["event"], at and parse_date(at))

    def track(self, share_new):
        body = self.track_body(share_new)
        client = self.secret
        if "subscribed" not in body and self.draw.chance(0.5):
            client = self.public
        self.tracked(body)
        client.want(200, "POST", "/v1/track", body)

    def track_batch(self, share_new):
        bodies = [self.track_body(share_new) for _ in range(self.draw.random.randint(1, 12))]
        for body in bodies:
            self.tracked(body)
        answer = self.secret.want(200, "POST", "/v1/track/batch", {"events": bodies})
        assert answer["data"] == {"accepted": len(bodies), "errors": []}, answer

    def delete(self, _share):
        if len(self.model.contacts) < 5:
            return
        address = self.draw.pick(list(self.model.contacts))
        self.secret.want(204, "DELETE", "/contacts/" + self.stored()[address]["id"])
        del self.model.contacts[address]

    def drop_event(self, _share):
        """All of one name, unless a segment names it."""
        name = self.draw.pick(EVENTS)
        reply = self.secret.request("DELETE", "/events/" + urllib.parse.quote(name, safe=""))
        assert reply.status in (200, 400, 404), reply
        if reply.status != 200:
            return
        gone = [c["events"].pop(name, []) for c in self.model.contacts.values()]
        assert reply.json() == {"deletedCount": sum(map(len, gone))}, (name, reply)

    def members(self, _share):
        static = [i for i, s in self.segments.items() if s["type"] == "STATIC"]
        if not static or not self.model.contacts:
            return
        segment = self.draw.pick(static)
        chosen = self.draw.random.sample(list(self.model.contacts),
                                         min(len(self.model.contacts),
                                             self.draw.random.randint(1, 12)))
        if self.draw.chance(0.6):
            answer = self.secret.want(200, "POST", f"/segments/{segment}/members",
                                      {"emails": chosen})
            assert answer["added"] == len(chosen), answer
            for address in chosen:
                self.model.contacts[address]["sets"].add(segment)
        else:
            inside = [a for a in chosen if segment in self.model.contacts[a]["sets"]]
            answer = self.secret.want(200, "DELETE", f"/segments/{segment}/members",
                                      {"emails": chosen})
            assert answer["removed"] == len(inside), (answer, inside)
            for address in chosen:
                self.model.contacts[address]["sets"].discard(segment)

    def lab_write(self, _share):
        stored = self.stored()
        for address in self.draw.random.sample(list(stored), min(len(stored), 3)):
            contact, wanted = stored[address], self.model.contacts[address]
            if self.sets and self.draw.chance(0.3):
                what = self.draw.pick(self.sets)
                inside = what not in wanted["has"]
                self.lab.member(contact["ordinal"], what, inside)
                (wanted["has"].add if inside else wanted["has"].discard)(what)
            elif self.draw.chance(0.5):
                at = self.draw.past(self.now)
                activity = self.draw.pick(ACTIVITIES)
                self.lab.activity(contact["ordinal"], activity, at)
                self.model.happened(wanted, "email." + activity, at)
            else:
                wanted["status"] = self.draw.pick(STATUSES)
                self.lab.contact(contact["ordinal"], status=wanted["status"],
                                 created=self.draw.edge(), updated=self.draw.edge(),
                                 subscribed=self.draw.pick([None, self.draw.edge()]))
        self.lab.run()

    def numbers(self, addresses):
        """What PushMail calls these contacts."""
        stored = self.stored()
        return [stored[a]["ordinal"] + 1 for a in addresses]

    def listed(self, _share):
        """Onto a list or off it, by PushMail's routes."""
        lists = [s for s in self.sets if s.startswith("list.")]
        if not lists or not self.model.contacts:
            return
        what = self.draw.pick(lists)
        chosen = self.draw.random.sample(list(self.model.contacts), min(len(self.model.contacts), 5))
        inside = [a for a in chosen if what in self.model.contacts[a]["has"]]
        path = f"/api/v1/lists/{what[5:]}/contacts"
        body = {"contactIds": self.numbers(chosen)}
        if self.draw.chance(0.6):
            self.secret.want(200, "POST", path, body)
            for address in chosen:
                self.model.contacts[address]["has"].add(what)
        else:
            answer = self.secret.want(200, "DELETE", path, body)
            assert answer == {"data": {"removed": len(inside)}}, (answer, inside)
            for address in inside:
                self.model.contacts[address]["has"].discard(what)

    def tagged(self, _share):
        tags = [s for s in self.sets if s.startswith("tag.")]
        if not tags or not self.model.contacts:
            return
        what, address = self.draw.pick(tags), self.draw.pick(list(self.model.contacts))
        self.secret.want((200, 201), "POST", f"/api/v1/contacts/{self.numbers([address])[0]}/tags",
                         {"tag": what})  # a tag's name is what filters call it
        self.model.contacts[address]["has"].add(what)

    def make_sets(self):
        self.secret.want(201, "POST", "/api/v1/templates", {"name": "t", "subject": "s", "htmlBody": "b"})
        for n in (1, 2):
            self.secret.want(201, "POST", "/api/v1/tags", {"name": f"tag.{n}"})
            self.secret.want(201, "POST", "/api/v1/lists", {"name": f"list.{n}"})
            self.secret.want(201, "POST", "/api/v1/campaigns", {"name": "c", "templateId": 1})
        self.secret.want(201, "POST", "/api/v1/sequences", {"name": "s"})
        self.sets = ["tag.1", "tag.2", "list.1", "list.2", "campaign.1", "campaign.2", "sequence.1"]
        names = read(self.stack, self.project.number).names
        self.draw.sets = self.sets + [*names, "tag.99", "campaign.99",
                                      "list.3f2504e0-4f89-41d3-9a0c-0305e82c3301"]

    def populate(self, count):
        """Contacts over several chunks, with two static and three nested dynamic segments."""
        self.make_sets()
        for _ in range(2):
            made = self.secret.want(201, "POST", "/segments", {
                "name": "static " + str(len(self.segments)), "type": "STATIC"})
            self.segments[made["id"]] = {"type": "STATIC", "condition": None}
        while len(self.model.contacts) < count:
            if self.draw.chance(0.5):
                self.lab.gap(self.draw.pick([1, 3000, 65536, 200_000]))
            if self.draw.chance(0.7):
                self.batch(0.9, min(self.draw.random.randint(1, 40),
                                    count - len(self.model.contacts)))
            else:
                self.write(0.5)
        for _ in range(3):
            self.add_segment(self.draw.tree(list(self.model.contacts), list(self.segments)))

    def populate_much(self, count):
        """So many that columns no longer fit the forms of a small project; `uid` is everybody's
        own, and counts up."""
        self.populate(50)
        while len(self.model.contacts) < count:
            first = self.next_address + 1
            self.next_address += 500
            self.write_much(range(first, first + 500), 300)
        pick = self.draw.random
        self.draw.more_leaves = [
            lambda: {"field": "data.uid", "operator": "contains", "value": str(pick.randrange(90))},
            lambda: {"field": "data.uid", "operator": "endsWith", "value": str(pick.randrange(9))},
            lambda: {"field": "data.uid", "operator": "startsWith", "value": "uid-1"},
            lambda: {"field": "data.uid", "operator": "greaterThan", "value": "Uid-5"},
            lambda: {"field": "data.uid", "operator": "in",
                     "value": [f"Uid-{pick.randrange(count)}" for _ in range(20)]},
            lambda: {"field": "data.number", "operator": "between",
                     "value": [pick.randrange(count), pick.randrange(count)]},
            lambda: {"field": "data.number", "operator": "lessThan",
                     "value": pick.randrange(count)}]

    def write_much(self, numbers, tracks):
        bodies = [{"email": f"u{n}@example.com", "data": {
            "uid": f"Uid-{n}", "number": n, **self.draw.data(0.2)}} for n in numbers]
        self.secret.want(200, "POST", "/contacts/batch", {"contacts": bodies})
        for body in bodies:
            self.model.upsert(body["email"], body["data"])
        events = [self.track_body(0) for _ in range(tracks)]
        self.secret.want(200, "POST", "/v1/track/batch", {"events": events})
        for body in events:
            self.tracked(body)

    def add_segment(self, condition):
        made = self.secret.want(201, "POST", "/segments", {
            "name": "dynamic " + str(len(self.segments)), "condition": condition})
        self.segments[made["id"]] = {"type": "DYNAMIC", "condition": condition}
        return made["id"]

    # --- upkeep ---

    def upkeep(self):
        step = self.draw.pick(["nothing", "nothing", "timed", "fold", "fold", "fold", "merge",
                               "merge", "cache", "reindex"])
        self.history.append(step)
        number = str(self.project.number)
        if step == "fold":
            self.stack.program("muster-worker", "fold", "--now")
        elif step == "merge":
            self.stack.program("muster-worker", "merge", "--now")
        elif step == "timed":  # only what is worth it, as a timer would
            self.stack.program("muster-worker", "all")
        elif step == "reindex":
            self.stack.program("muster", "reindex", number)
        elif step == "cache":
            empty_cache(self.stack)

    # --- questions ---

    def world(self):
        """The rows now, which must be what the model says."""
        world = read(self.stack, self.project.number)
        wrong = self.model.difference(world)
        if wrong:
            raise AssertionError("rows and acknowledged writes differ:\n  " + "\n  ".join(wrong))
        world.segments = self.segments
        return world


def empty_cache(stack):
    """Nothing but speed may depend on the chunk cache."""
    folder = stack.env.get("MUSTER_CACHE_DIR", os.path.join(stack.directory, "chunks"))
    for name in os.listdir(folder) if os.path.isdir(folder) else []:
        path = os.path.join(folder, name)
        shutil.rmtree(path, ignore_errors=True) if os.path.isdir(path) else os.unlink(path)
