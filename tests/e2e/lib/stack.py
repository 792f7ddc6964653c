"""A Muster of one's own, started, used and stopped through tools/stack alone (design, section
7)."""
import contextlib
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

from .client import Client

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", "..", ".."))
TOOL = os.path.join(ROOT, "tools", "stack")


class Project:
    """A project with its keys."""

    def __init__(self, stack, number, secret, public):
        self.stack, self.number, self.secret, self.public = stack, number, secret, public

    def client(self, key=None, **more):
        return Client(self.stack.url, key or self.secret, **more)


class Stack:
    def __init__(self, directory, owned):
        self.directory, self.owned = directory, owned
        self.env = read_env(os.path.join(directory, "env"))
        self.url = self.env["MUSTER_URL"]

    def program(self, name, *arguments, timeout=120):
        """Runs one of the stack's programs; returns its output, raises when it fails."""
        done = subprocess.run([os.path.join(self.env["MUSTER_BIN"], name), *arguments],
                              env={**os.environ, **self.env}, capture_output=True, text=True,
                              timeout=timeout)
        if done.returncode != 0:
            raise RuntimeError(f"{name} {' '.join(arguments)}: exit {done.returncode}\n"
                               f"{done.stdout}{done.stderr}")
        return done.stdout

    def sql(self, text):
        """Runs SQL as the stack's database user; returns rows of strings (None for NULL)."""
        done = subprocess.run(
            ["mariadb", "--no-defaults", "--batch", "--skip-column-names",
             "--socket", self.env["MUSTER_DB_SOCKET"], "--user", self.env["MUSTER_DB_USER"],
             self.env["MUSTER_DB_NAME"]],
            input=text, capture_output=True, text=True, timeout=120)
        if done.returncode != 0:
            raise RuntimeError(f"mariadb: {done.stderr}")
        return [[None if cell == "NULL" else cell for cell in line.split("\t")]
                for line in done.stdout.splitlines()]

    def project(self, name="test"):
        """A new, empty project."""
        number = self.program("muster", "project", "create", name).split()[0]
        secret = self.program("muster", "key", "create", number, "secret").split()[-1]
        public = self.program("muster", "key", "create", number, "public").split()[-1]
        return Project(self, int(number), secret, public)

    def pid(self, name):
        with open(os.path.join(self.directory, "run", name + ".pid"), encoding="ascii") as file:
            return int(file.read())

    def names(self):
        """The processes of the stack: mariadbd, nginx, api-1 ..."""
        run = os.path.join(self.directory, "run")
        return sorted(n[:-4] for n in os.listdir(run) if n.endswith(".pid"))

    def kill(self, name):
        """kill -9, and wait until it is gone."""
        pid = self.pid(name)
        os.kill(pid, signal.SIGKILL)
        for _ in range(3000):
            if not alive(pid):
                return
            time.sleep(0.01)
        raise RuntimeError(f"{name} ({pid}) survived SIGKILL")

    def restart(self, name):
        tool("restart", name, "--dir", self.directory)

    def wait_healthy(self, seconds=30):
        """Returns when GET /health answers 200."""
        deadline = time.monotonic() + seconds
        last = None
        while time.monotonic() < deadline:
            with contextlib.suppress(OSError, ConnectionError):
                client = Client(self.url, timeout=5)
                last = client.request("GET", "/health")
                client.close()
                if last.status == 200:
                    return
            time.sleep(0.05)
        raise RuntimeError(f"not healthy after {seconds} s: {last!r}")

    def log_tail(self, lines=40):
        """The end of the logs, for a failing test."""
        text = []
        for folder, _, files in os.walk(self.directory):
            for name in files:
                if name.endswith(".log"):
                    with open(os.path.join(folder, name), errors="replace", encoding="utf-8") as f:
                        text.append(f"--- {name}\n" + "".join(f.readlines()[-lines:]))
        return "\n".join(text).replace("\0", "")

    def down(self):
        tool("down", "--dir", self.directory)
        if self.owned:
            shutil.rmtree(self.directory, ignore_errors=True)


def tool(*arguments):
    done = subprocess.run([TOOL, *arguments], capture_output=True, text=True, timeout=300)
    if done.returncode != 0:
        raise RuntimeError(f"tools/stack {' '.join(arguments)}: exit {done.returncode}\n"
                           f"{done.stdout}{done.stderr}")
    return done.stdout


@contextlib.contextmanager
def stack(directory=None, api=2, worker="manual"):
    """A running stack: the one in `directory`, or a new one that ends with the block."""
    if directory:
        yield Stack(directory, owned=False)
        return
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that it ends with the test
    directory = tempfile.mkdtemp(prefix="muster-test-")
    try:
        tool("up", "--dir", directory, "--port", str(free_port()), "--api", str(api),
             "--worker", str(worker), "--empty")
        made = Stack(directory, owned=True)
    except BaseException as failure:
        with contextlib.suppress(Exception):
            tool("down", "--dir", directory)
        shutil.rmtree(directory, ignore_errors=True)
        if isinstance(failure, RuntimeError):
            sys.exit(str(failure))
        raise
    try:
        yield made
    finally:
        made.down()


def read_env(path):
    with open(path, encoding="utf-8") as file:
        lines = [line.rstrip("\n").partition("=") for line in file if "=" in line]
    return {name: value.strip("'\"") for name, _, value in lines}


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def alive(pid):
    """Does any of its threads live? The first of a killed server is a zombie, soon to be collected,
    while others still hold the locks on its files; only the process's descriptor tells of all."""
    try:
        descriptor = os.pidfd_open(pid)
    except OSError:
        return False
    try:
        return not select.select([descriptor], [], [], 0)[0]
    finally:
        os.close(descriptor)


def children_of(pid):
    """Living children of a process."""
    found = []
    for name in os.listdir("/proc"):
        try:
            with open(f"/proc/{name}/stat", encoding="ascii", errors="replace") as file:
                fields = file.read().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == pid and fields[0] not in "ZX":
            found.append(int(name))
    return sorted(found)
