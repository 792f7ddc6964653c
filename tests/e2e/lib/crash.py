"""For tests that kill the database: whose fault it is when something is wrong afterwards.

InnoDB promises that a killed server comes back with every page whole. On a loaded machine MariaDB 10.11
does not always keep that (tests/e2e/README.md), and nothing that a client does may break the server's
index or undo log. Such a run says nothing about Muster: it is told, and made again on a new database.
A run in which MariaDB finds its own files sound is never made again.
"""
import os

from .stack import stack

TRIES = 3
MARKS = ("due to corruption", "Data structure corruption", "index corruption", "is corrupt;", "got signal")


def damage(running):
    """What MariaDB itself finds broken in its files: lines, none when they are sound."""
    with open(os.path.join(running.directory, "log", "mariadbd.log"), encoding="utf-8", errors="replace") as log:
        told = [line.strip()[:200] for line in log if any(mark in line for mark in MARKS)]
    if told:
        return told
    try:
        tables = ", ".join(f"`{name}`" for name, in running.sql("SHOW TABLES"))
        return [" ".join(row) for row in running.sql(f"CHECK TABLE {tables}") if row[2] != "status"]
    except RuntimeError:  # it is not up, and does not say that its files are the reason
        return []


def on_sound_database(directory, attempt):
    """The result of attempt(stack), which has a list `wrong`: on the stack in `directory` or one of its
    own, and again on a new one when MariaDB broke its own files, TRIES times in all."""
    for number in range(1, TRIES + 1):
        with stack(None if number > 1 else directory) as running:
            result = attempt(running)
            broken = damage(running) if result.wrong else []
            if not broken:
                break
            print(f"again: MariaDB broke its own files ({number} of {TRIES}): {broken[0]}", flush=True)
    return result
