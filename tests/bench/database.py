"""One session of the mariadb client, for loading and for timing plain SQL."""
import re
import subprocess
import time


class Database:
    def __init__(self, env):
        self.client = subprocess.Popen(
            ["mariadb", "--no-defaults", "--batch", "--skip-column-names", "--unbuffered",
             "--default-character-set=utf8mb4", "--socket", env["MUSTER_DB_SOCKET"],
             "--user", env["MUSTER_DB_USER"], env["MUSTER_DB_NAME"]],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def run(self, statements):
        """(seconds, rows of strings). Ends with an exception when a statement fails."""
        started = time.perf_counter()
        self.client.stdin.write(statements.rstrip().rstrip(";") + ";\nSELECT '-- end';\n")
        self.client.stdin.flush()
        rows = []
        for line in self.client.stdout:
            if line == "-- end\n":
                return time.perf_counter() - started, rows
            rows.append(line.rstrip("\n").split("\t"))
        raise RuntimeError(f"mariadb ended over: {statements[:300]}")

    def value(self, statement):
        return self.run(statement)[1][0][0]

    def close(self):
        self.client.stdin.close()
        self.client.wait()


def bind(statement, **values):
    """Replaces :name by a number."""
    return re.sub(r":([a-z]+)\b", lambda found: str(int(values[found[1]])), statement)
