#!/usr/bin/python3
"""Is a database that is broken told from one that is not (lib/crash.py)?

The kill tests are made again when MariaDB broke its own files, so they must never think so of sound ones.
"""
import contextlib
import io
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "e2e"))

from lib.crash import TRIES, damage, on_sound_database  # noqa: E402

PAGE_BYTES = 16384


class Outcome:
    def __init__(self, wrong):
        self.wrong = wrong


class Attempts:
    """Some writes, a kill -9 of the database, and something wrong each time; the first `broken` times
    pages of a table were overwritten as well."""

    def __init__(self, broken):
        self.broken, self.made, self.before = broken, 0, []

    def __call__(self, running):
        self.made += 1
        client = running.project().client()
        for number in range(20):
            client.want(200, "POST", "/v1/track", {"email": f"a{number}@example.com", "event": "visit"})
        self.before += damage(running)
        root = ["mariadb", "--no-defaults", "--user=root", "--socket", running.env["MUSTER_DB_SOCKET"]]
        subprocess.run([*root, "-e", "SET GLOBAL innodb_log_checkpoint_now = ON"], check=True)
        running.kill("mariadbd")
        if self.made <= self.broken:
            overwrite(os.path.join(running.directory, "mariadb", "muster", "event.ibd"))
        running.restart("mariadbd")
        return Outcome(["something"])


def overwrite(path):
    with open(path, "r+b") as file:
        for page in range(3, os.path.getsize(path) // PAGE_BYTES):
            file.seek(page * PAGE_BYTES + 200)
            file.write(bytes(100))


def main():
    failed = 0
    for broken, expected in [(0, 1), (1, 2), (TRIES, TRIES)]:
        attempts = Attempts(broken)
        with contextlib.redirect_stdout(io.StringIO()) as told:
            outcome = on_sound_database(None, attempts)
        again = told.getvalue().count("again: ")
        if attempts.made != expected or again != broken or attempts.before or outcome.wrong != ["something"]:
            failed += 1
            print(f"{broken} times broken: {attempts.made} attempts for {expected}, {again} times told; "
                  f"sound, but: {attempts.before}")
    print(f"{3 - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
