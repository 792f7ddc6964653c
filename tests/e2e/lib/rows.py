"""What the database holds, read past the server: the truth that answers are judged by."""
import json

from .naive import World

STATUS = {1: "subscribed", 2: "unsubscribed", 3: "bounced", 4: "complained"}
SET_SEGMENT = 1 << 40  # app/column/key.h: a static segment's set is this + its number
SETS = {2: ("tag", "tag_id", "tag"), 3: ("list", "list_id", "contact_list"),
        4: ("campaign", "campaign_id", "campaign"), 5: ("sequence", "sequence_id", "sequence")}

SNAPSHOT = """
SET TRANSACTION ISOLATION LEVEL REPEATABLE READ;
START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY;
SELECT 'now', FLOOR(UNIX_TIMESTAMP(NOW(6)) * 1000);
SELECT 'contact', ordinal, HEX(uuid), HEX(email), status, HEX(data), created_ms, updated_ms,
       subscribed_ms FROM contact WHERE project_id = {0};
SELECT 'event', e.ordinal, HEX(n.name), e.at_ms, HEX(e.data) FROM event e JOIN event_name n
       ON n.project_id = e.project_id AND n.name_id = e.name_id WHERE e.project_id = {0};
SELECT 'move', t.ordinal, HEX(n.name), t.at_ms FROM transition t JOIN event_name n
       ON n.project_id = t.project_id AND n.name_id = t.name_id WHERE t.project_id = {0};
SELECT 'rollup', r.ordinal, HEX(n.name), r.count, r.first_ms, r.last_ms FROM contact_event r
       JOIN event_name n ON n.project_id = r.project_id AND n.name_id = r.name_id
       WHERE r.project_id = {0};
SELECT 'segment', segment_id, HEX(uuid), kind, HEX(source) FROM segment WHERE project_id = {0};
SELECT 'member', ordinal, set_id, entered_ms FROM member WHERE project_id = {0};
SELECT 'state', HEX(g.uuid), s.computed_ms, s.write_id, s.next_flip_ms, g.member_count
       FROM segment_state s JOIN segment g ON g.project_id = s.project_id
       AND g.segment_id = s.segment_id WHERE s.project_id = {0};
{1}COMMIT;
"""
NAMES = "".join(f"SELECT 'name', '{word}', {number}, HEX(uuid) FROM {table} WHERE project_id = {{0}};\n"
                for word, number, table in SETS.values())


def uuid_text(hexadecimal):
    h = hexadecimal.lower()
    return "-".join((h[:8], h[8:12], h[12:16], h[16:20], h[20:]))


def text_of(hexadecimal):
    return None if hexadecimal is None else bytes.fromhex(hexadecimal).decode()


def number_of(cell):
    return None if cell is None else int(cell)


def read(stack, project_id):
    """The project's World in one snapshot; each contact also has `ordinal`, each dynamic segment a
    state: when its last tracked run was, its random write id, when the clock next moves somebody, and
    the stored count. Entries and exits are among the events."""
    tables = {"now": [], "contact": [], "event": [], "move": [], "rollup": [], "segment": [],
              "member": [], "state": [], "name": []}
    for name, *cells in stack.sql(SNAPSHOT.format(project_id, NAMES.format(project_id))):
        tables[name].append(cells)
    contacts = {}
    for ordinal, uuid, email, status, data, created, updated, subscribed in tables["contact"]:
        contacts[int(ordinal)] = {
            "ordinal": int(ordinal), "id": uuid_text(uuid), "email": text_of(email),
            "status": STATUS[int(status)], "data": data and json.loads(text_of(data)),
            "createdAt": int(created), "updatedAt": int(updated),
            "subscribedAt": number_of(subscribed), "events": {}, "log": {}, "sets": set(),
            "has": set(), "entered": {}}
    orphans = []
    for ordinal, name, at, data in tables["event"]:
        if int(ordinal) not in contacts:
            orphans.append(f"event {text_of(name)} of {ordinal}, who is no contact")
            continue
        happened(contacts[int(ordinal)], text_of(name), int(at), data and json.loads(text_of(data)))
    for ordinal, name, at in tables["move"]:  # those of contacts that are gone stay
        if int(ordinal) in contacts:
            happened(contacts[int(ordinal)], text_of(name), int(at), None)
    segments, by_number = {}, {}
    for number, uuid, kind, source in tables["segment"]:
        by_number[int(number)] = uuid_text(uuid)
        segments[uuid_text(uuid)] = {"type": "STATIC" if kind == "2" else "DYNAMIC",
                                     "condition": source and json.loads(text_of(source))}
    numbers = {(word, int(n)): uuid_text(uuid) for word, n, uuid in tables["name"]}
    for ordinal, set_id, entered in tables["member"]:
        kind, number = int(set_id) >> 40, int(set_id) & (1 << 40) - 1
        if kind in SETS and (SETS[kind][0], number) in numbers and int(ordinal) in contacts:
            contacts[int(ordinal)]["has"].add(f"{SETS[kind][0]}.{number}")
        if kind == 1:
            segment = by_number.get(int(set_id) & ~SET_SEGMENT)  # None: deleted, not swept yet
            if segment is None or int(ordinal) not in contacts:
                continue
            contacts[int(ordinal)]["sets"].add(segment)
            contacts[int(ordinal)]["entered"][segment] = int(entered)
    world = World(list(contacts.values()), segments,
                  {f"{word}.{uuid}": f"{word}.{n}" for (word, n), uuid in numbers.items()})
    world.now = int(tables["now"][0][0])
    world.states = {uuid_text(uuid): {"computed": int(computed), "write": int(write),
                                      "flip": number_of(flip), "count": int(count)}
                    for uuid, computed, write, flip, count in tables["state"]}
    world.broken_rollups = orphans + broken_rollups(contacts, tables["rollup"])
    return world


def happened(contact, name, at, data):
    contact["events"].setdefault(name, []).append(at)
    contact["log"].setdefault(name, []).append((at, data))


def broken_rollups(contacts, rollups):
    """Where count, first and last per contact and name do not say what the log says."""
    told = {(int(o), text_of(n)): (int(c), int(f), int(last)) for o, n, c, f, last in rollups}
    true = {(o, name): (len(times), min(times), max(times))
            for o, c in contacts.items() for name, times in c["events"].items()}
    return [f"{key}: log {true.get(key)}, rollup {told.get(key)}"
            for key in sorted(set(told) | set(true)) if told.get(key) != true.get(key)]
