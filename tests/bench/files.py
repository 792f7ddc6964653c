"""Files for the imports: contacts with eight columns, and what they did in a year."""
import datetime
import random

YEAR_SECONDS = 365 * 86_400
PLANS = "free pro team enterprise".split()
COUNTRIES = "US GB DE FR ES IT NL SE NO DK".split()
NAMES = "viewed viewed viewed viewed purchase purchase invited exported shared commented".split()


def email(number):
    return f"person{number}.{number * 7919 % 1000}@example.com"


def contacts(path, count):
    draw = random.Random(2)
    with open(path, "w", encoding="ascii") as file:
        file.write("email,firstName,lastName,plan,country,age,spend,vip,signupAt\n")
        for number in range(count):
            file.write(f"{email(number)},Anna{draw.randrange(5000)},Miller{draw.randrange(800)},"
                       f"{draw.choice(PLANS)},{draw.choice(COUNTRIES)},{draw.randrange(18, 80)},"
                       f"{draw.randrange(100_000) / 100},{'true' if draw.random() < 0.02 else 'false'},"
                       f"2024-{draw.randrange(1, 13):02}-{draw.randrange(1, 29):02}\n")


def write_events(path, rows):
    draw = random.Random(3)
    with open(path, "w", encoding="ascii") as file:
        file.write("email,event,timestamp,amount,sku\n")
        for at, number, name in rows:
            instant = datetime.datetime.fromtimestamp(at, datetime.timezone.utc)
            file.write(f"{email(number)},{name},{instant:%Y-%m-%dT%H:%M:%SZ},"
                       f"{draw.randrange(50_000) / 100},sku-{draw.randrange(1000)}\n")


def visits(path, count, people):
    """In order of time, as a history is exported: a visit is a login and on average four more events
    of one contact within minutes."""
    draw, rows = random.Random(4), []
    start = datetime.datetime.now().timestamp() - YEAR_SECONDS - 86_400
    while len(rows) < count:
        at, who = start + len(rows) * YEAR_SECONDS / count, draw.randrange(people)
        rows.append((at, who, "login"))
        for _ in range(min(int(draw.expovariate(1 / 4.5)), count - len(rows))):
            at += draw.randrange(1, 120)
            rows.append((at, who, draw.choice(NAMES)))
    write_events(path, sorted(rows))


def scattered(path, count, people):
    """The worst order: next to no two neighbours are of one contact."""
    draw = random.Random(5)
    start = datetime.datetime.now().timestamp() - YEAR_SECONDS - 86_400
    write_events(path, ((start + number * YEAR_SECONDS / count, draw.randrange(people),
                         draw.choice(["login", *NAMES])) for number in range(count)))
