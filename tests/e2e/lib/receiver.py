"""An HTTP receiver of webhooks: fast, checks signatures by itself (hmac of the standard library, nothing of
ours), and behaves badly where it is told to.

    with Receiver() as receiver:
        receiver.secrets["/a"] = [secret]
        receiver.behave("/b", status(500), status(200))   # the first request, then all others
        receiver.url("/a"), receiver.at("/a"), receiver.wait("/a", 3)
"""
import asyncio
import base64
import collections
import contextlib
import hashlib
import hmac
import socket
import ssl
import struct
import subprocess
import threading
import time

TOLERANCE_SECONDS = 300


class Message:
    """A request as it came."""

    def __init__(self, path, headers, body, peer):
        self.path, self.headers, self.body, self.peer = path, headers, body, peer
        self.at = time.monotonic()
        self.wall = time.time()
        self.id = headers.get("webhook-id")
        self.timestamp = headers.get("webhook-timestamp")
        self.signed_by = frozenset()  # places of the secrets that signed it

    def __repr__(self):
        return f"<{self.path} {self.id} {self.timestamp} {len(self.body)} bytes>"


def signed_by(message, secrets):
    """Places in `secrets` of those that signed the message (Standard Webhooks 1.0.0)."""
    given = message.headers.get("webhook-signature", "").split(" ")
    text = f"{message.id}.{message.timestamp}.".encode() + message.body
    found = set()
    for place, secret in enumerate(secrets):
        key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
        digest = base64.b64encode(hmac.new(key, text, hashlib.sha256).digest()).decode()
        if "v1," + digest in given:
            found.add(place)
    return frozenset(found)


# ---- behaviours: what is done with a request that has come whole -----------------------------------


def status(code, body=b"ok", after=0.0, **headers):
    """Answers. Header names with _ for -: status(429, Retry_After="7")."""
    lines = "".join(f"{k.replace('_', '-')}: {v}\r\n" for k, v in headers.items())
    answer = (f"HTTP/1.1 {code} Told\r\nContent-Length: {len(body)}\r\n{lines}\r\n").encode() + body

    def act(link):
        if after:
            link.later(after, answer)
        else:
            link.transport.write(answer)
    return act


def redirect(target, code=302):
    return status(code, b"", Location=target)


def hang(link):
    link.holding = True


def close(link):
    link.transport.close()


def reset(link):
    raw = link.transport.get_extra_info("socket")
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    link.transport.abort()


def cut(link):
    """Promises more than comes."""
    link.transport.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this")
    link.transport.close()


def plain(answer):
    """These bytes, and then the end of the connection."""
    def act(link):
        link.transport.write(answer)
        link.transport.close()
    return act


def _pour(start, piece, pause):
    """`start`, and then `piece` for ever with that pause between."""
    def act(link):
        link.holding = True

        async def pour():
            link.transport.write(start)
            while not link.transport.is_closing():
                link.transport.write(piece)
                await link.can_write.wait()
                await asyncio.sleep(pause)
        link.task = link.loop.create_task(pour())
    return act


drip = _pour(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n", b".", 1.0)
drip_headers = _pour(b"HTTP/1.1 200 OK\r\nX-Slow: ", b".", 1.0)
endless = _pour(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
                b"10000\r\n" + b"x" * 65536 + b"\r\n", 0)
header_bomb = _pour(b"HTTP/1.1 200 OK\r\n", b"X-Bomb: " + b"b" * 8000 + b"\r\n", 0)
interim_bomb = _pour(b"", b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" * 100, 0)


# ---- the receiver ----------------------------------------------------------------------------------


class Link(asyncio.Protocol):
    """One connection."""

    def __init__(self, receiver):
        self.receiver, self.loop = receiver, receiver.loop
        self.buffer, self.holding, self.task = bytearray(), False, None
        self.transport, self.can_write = None, asyncio.Event()

    def connection_made(self, transport):
        self.transport = transport
        self.can_write.set()
        self.receiver.connections += 1
        self.receiver.links.add(self)

    def connection_lost(self, _error):
        self.receiver.links.discard(self)
        self.can_write.set()
        if self.task:
            self.task.cancel()

    def pause_writing(self):
        self.can_write.clear()

    def resume_writing(self):
        self.can_write.set()

    def later(self, seconds, answer):
        self.holding = True

        def write():
            self.holding = False
            if not self.transport.is_closing():
                self.transport.write(answer)
        self.loop.call_later(seconds, write)

    def data_received(self, data):
        self.buffer += data
        while not self.holding and not self.transport.is_closing():
            end = self.buffer.find(b"\r\n\r\n")
            if end < 0:
                return
            lines = self.buffer[:end].decode("latin-1").split("\r\n")
            headers = {}
            for line in lines[1:]:
                name, _, value = line.partition(":")
                headers[name.lower()] = value.strip()
            length = int(headers.get("content-length", 0))
            if len(self.buffer) < end + 4 + length:
                return
            body = bytes(self.buffer[end + 4:end + 4 + length])
            del self.buffer[:end + 4 + length]
            self.receiver.take(self, Message(lines[0].split(" ")[1], headers, body,
                                             self.transport.get_extra_info("peername")))


class Receiver:
    """Listens on loopback from `with` to its end, in a thread of its own."""

    def __init__(self, tls=None, keep=True, port=0):
        """tls: an ssl.SSLContext. keep=False: only counts (`count`), for a bench."""
        self.tls, self.keep, self.port = tls, keep, port
        self.loop, self.thread = asyncio.new_event_loop(), None
        self.links, self.connections, self.count = set(), 0, 0
        self.secrets, self.wrong = {}, []
        self.messages = collections.defaultdict(list)
        self.behaviours = {}
        self.changed = threading.Condition()

    def __enter__(self):
        ready, failed = threading.Event(), []

        def run():
            asyncio.set_event_loop(self.loop)
            try:
                server = self.loop.run_until_complete(self.loop.create_server(
                    lambda: Link(self), "127.0.0.1", self.port, ssl=self.tls, backlog=512))
                self.port = server.sockets[0].getsockname()[1]
            except OSError as error:
                failed.append(error)
                return
            finally:
                ready.set()
            self.loop.run_forever()
            server.close()
            for link in list(self.links):
                link.transport.abort()
            self.loop.run_until_complete(asyncio.sleep(0))
        self.thread = threading.Thread(target=run, daemon=True)
        self.thread.start()
        ready.wait()
        if failed:
            raise failed[0]
        return self

    def __exit__(self, *_):
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(10)

    def url(self, path="/", host="127.0.0.1"):
        return f"{'https' if self.tls else 'http'}://{host}:{self.port}{path}"

    def behave(self, path, *behaviours):
        """What the requests to a path meet, one after the other; the last one stays."""
        with self.changed:
            self.behaviours[path] = list(behaviours)

    def take(self, link, message):
        secrets = self.secrets.get(message.path)
        if secrets:
            message.signed_by = signed_by(message, secrets)
            late = abs(message.wall - int(message.timestamp or 0)) > TOLERANCE_SECONDS
            if not message.signed_by or late:
                self.wrong.append(message)
        with self.changed:
            self.count += 1
            if self.keep:
                self.messages[message.path].append(message)
            waiting = self.behaviours.get(message.path, ())
            behaviour = waiting.pop(0) if len(waiting) > 1 else waiting[0] if waiting else OK
            self.changed.notify_all()
        behaviour(link)

    def at(self, path):
        """The messages that came to a path so far."""
        with self.changed:
            return list(self.messages[path])

    def wait(self, path, count, seconds=20):
        """The messages of a path, once there are so many."""
        with self.changed:
            if not self.changed.wait_for(lambda: len(self.messages[path]) >= count, seconds):
                raise AssertionError(
                    f"{path}: {len(self.messages[path])} of {count} messages in {seconds} s")
            return list(self.messages[path])

    def wait_count(self, count, seconds):
        """True once so many messages came, to whatever path."""
        with self.changed:
            return self.changed.wait_for(lambda: self.count >= count, seconds)


OK = status(200)


# ---- listeners that are no receivers ---------------------------------------------------------------


@contextlib.contextmanager
def deaf_listener():
    """Port of a listener that accepts nobody and whose queue is full: connecting to it never ends."""
    with contextlib.ExitStack() as open_sockets:
        listener = open_sockets.enter_context(socket.socket())
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for _ in range(4):
            filler = open_sockets.enter_context(socket.socket())
            filler.setblocking(False)
            filler.connect_ex(listener.getsockname())
        time.sleep(0.1)
        yield listener.getsockname()[1]


def self_signed(folder, name):
    """An SSLContext with a certificate for a name or an address that only `folder`/cert.pem vouches for."""
    key, certificate = f"{folder}/key.pem", f"{folder}/cert.pem"
    kind = "IP" if name[0].isdigit() else "DNS"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj",
                    f"/CN={name}", "-addext", f"subjectAltName={kind}:{name}", "-keyout", key,
                    "-out", certificate], check=True, capture_output=True, timeout=60)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context
