"""One keep-alive HTTP connection with one key. Nothing is retried: a lost answer is the caller's
to deal with."""
import http.client
import json
import urllib.parse


class Reply:
    def __init__(self, status, headers, body):
        self.status = status
        self.headers = headers  # http.client's message: get() ignores case
        self.body = body

    def json(self):
        return json.loads(self.body)

    def __repr__(self):
        return f"{self.status} {self.body[:2000].decode('utf-8', 'replace')}"


class Unexpected(Exception):
    """An answer with another status than the caller can use."""


class Client:
    def __init__(self, url, key=None, timeout=60):
        parts = urllib.parse.urlsplit(url)
        self.connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=timeout)
        self.key = key

    def request(self, method, path, body=None, headers=None):
        """body: None, bytes as they are, or anything JSON can say."""
        headers = dict(headers or {})
        if self.key and "Authorization" not in headers:
            headers["Authorization"] = "Bearer " + self.key
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
        if body is not None:
            headers.setdefault("Content-Type", "application/json")
        try:
            self.connection.request(method, path, body=body, headers=headers)
            answer = self.connection.getresponse()
            return Reply(answer.status, answer.headers, answer.read())
        except BaseException:
            self.connection.close()
            raise

    def want(self, status, method, path, body=None, headers=None):
        """The JSON of an answer that must have this status (or one of these)."""
        reply = self.request(method, path, body, headers)
        wanted = status if isinstance(status, tuple) else (status,)
        if reply.status not in wanted:
            sent = repr(body) if isinstance(body, bytes) else json.dumps(body)
            raise Unexpected(f"{method} {path} {sent[:3000]}\n  wanted {status}, got {reply!r}")
        return reply.json() if reply.body else None

    def close(self):
        self.connection.close()


def query(path, **parameters):
    """path?a=b with everything escaped; None leaves a parameter out."""
    given = {k: v for k, v in parameters.items() if v is not None}
    return path + "?" + urllib.parse.urlencode(given) if given else path
