"""Keep-alive HTTP over raw sockets: requests are built before the clock starts, and the client costs
little next to what it measures."""
import itertools
import json
import os
import socket
import subprocess
import time


IDLE_SECONDS = 5  # nginx hangs up on a client that says nothing


def percentile(values, share):
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


class Refused(Exception):
    """An answer that a measurement has no use for."""


def build(method, path, key, body=None):
    """The bytes of a request."""
    payload = b"" if body is None else json.dumps(body).encode()
    length = f"Content-Length: {len(payload)}\r\n" if body is not None else ""
    return (f"{method} {path} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {key}\r\n"
            f"{length}\r\n").encode() + payload


class Connection:
    def __init__(self, port):
        self.port, self.started = port, 0.0
        self.open()

    def open(self):
        self.socket = socket.create_connection(("127.0.0.1", self.port), timeout=60)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.read, self.is_spent = b"", False

    def renew(self):
        """nginx ends a connection after a thousand requests, and says so in the last answer."""
        self.close()
        self.open()

    def send(self, request):
        self.started = time.perf_counter()
        self.socket.sendall(request)

    def receive(self):
        """(status, body) when the answer is whole, None when more must come."""
        piece = self.socket.recv(1 << 18)
        if not piece:
            raise Refused("the server closed the connection")
        self.read += piece
        head, found, body = self.read.partition(b"\r\n\r\n")
        if not found:
            return None
        fields = head.lower()
        if b"transfer-encoding: chunked" in fields:
            if not body.endswith(b"0\r\n\r\n"):
                return None
            body = unchunked(body)
        else:
            at = fields.find(b"content-length:")
            if at >= 0 and len(body) < int(fields[at + 15:].split(b"\r\n", 1)[0]):
                return None
        self.read, self.is_spent = b"", b"connection: close" in fields
        return int(head[9:12]), body

    def ask(self, request, wanted=(200, 201)):
        """(seconds, body)."""
        if self.is_spent or time.perf_counter() - self.started > IDLE_SECONDS:
            self.renew()
        self.send(request)
        answer = None
        while answer is None:
            answer = self.receive()
        seconds = time.perf_counter() - self.started
        if answer[0] not in wanted:
            raise Refused(f"{request[:200]!r}: {answer[0]} {answer[1][:500]!r}")
        return seconds, answer[1]

    def close(self):
        self.socket.close()


def unchunked(body):
    made = b""
    while True:
        size, _, rest = body.partition(b"\r\n")
        length = int(size, 16)
        if length == 0:
            return made
        made, body = made + rest[:length], rest[length + 2:]


class Load:
    """What `drive` sent."""

    def __init__(self, elapsed, client_seconds, seconds):
        self.elapsed, self.client_seconds, self.seconds = elapsed, client_seconds, seconds

    @property
    def rate(self):
        return len(self.seconds) / self.elapsed


class Driver:
    """Sends requests over several connections at once, by a program in C: a client in Python would
    take a core from the server."""

    PER_SECOND = 8000  # requests are ready for so many; then they come again from the first on

    def __init__(self, folder, port):
        self.port, self.requests = port, os.path.join(folder, "requests")
        self.program = os.path.join(folder, "load")
        subprocess.run([os.environ.get("CC", "cc"), "-O2", "-o", self.program,
                        os.path.join(os.path.dirname(os.path.realpath(__file__)), "load.c")],
                       check=True)

    def drive(self, requests, seconds, connections=8, rate=None, before=lambda: None):
        """Each request as soon as a connection is free or, with `rate`, at so many a second in all.
        `before` is called when the requests are built and the clock is about to start."""
        with open(self.requests, "wb") as file:
            for request in itertools.islice(requests, int(seconds * (rate or self.PER_SECOND))):
                file.write(b"%d\n" % len(request) + request)
        before()
        done = subprocess.run([self.program, str(self.port), str(connections), str(seconds),
                               str(rate or 0), self.requests], capture_output=True, text=True,
                              check=False)
        if done.returncode != 0:
            raise Refused(done.stderr)
        head, *lines = done.stdout.splitlines()
        numbers = head.split()
        return Load(float(numbers[3]), float(numbers[5]), [int(line) / 1e6 for line in lines])
