"""Keep-alive HTTP over raw sockets: requests are built before the clock starts, and the client costs
little next to what it measures."""
import json
import selectors
import socket
import time


IDLE_SECONDS = 5  # nginx hangs up on a client that says nothing


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

    def __init__(self):
        self.seconds = []  # of each answer
        self.elapsed = 0.0

    @property
    def rate(self):
        return len(self.seconds) / self.elapsed


def drive(port, requests, seconds, connections=8, rate=None, wanted=(200, 201)):
    """Sends requests over several connections, each as soon as it is free or, with `rate`, at so many
    a second in all (a request that had to wait for a connection is sent late, and counted from then)."""
    load, selector, idle = Load(), selectors.DefaultSelector(), []
    for _ in range(connections):
        connection = Connection(port)
        selector.register(connection.socket, selectors.EVENT_READ, connection)
        idle.append(connection)
    begun, sent = time.perf_counter(), 0
    while True:
        now = time.perf_counter() - begun
        over = now >= seconds
        due = sent + len(idle) if rate is None else int(min(now, seconds) * rate)
        while idle and sent < due and (not over or rate):
            idle.pop().send(next(requests))
            sent += 1
        if over and len(idle) == connections and (rate is None or sent >= due):
            break
        for ready, _ in selector.select(timeout=0.0005 if rate and idle else 0.05):
            answer = ready.data.receive()
            if answer is None:
                continue
            if answer[0] not in wanted:
                raise Refused(f"{answer[0]} {answer[1][:500]!r}")
            load.seconds.append(time.perf_counter() - ready.data.started)
            if ready.data.is_spent:
                selector.unregister(ready.data.socket)
                ready.data.renew()
                selector.register(ready.data.socket, selectors.EVENT_READ, ready.data)
            idle.append(ready.data)
    load.elapsed = time.perf_counter() - begun
    for connection in idle:
        connection.close()
    return load
