"""How much memory the processes of the API take while something happens."""
import threading


class Memory(threading.Thread):
    """The most private memory that the API's processes had, more than at the beginning."""

    def __init__(self, running):
        super().__init__(daemon=True)
        self.pids = {n: running.pid(n) for n in running.names() if n.startswith(("api-", "bulk-"))}
        self.first = {n: self.now(pid) for n, pid in self.pids.items()}
        self.most, self.over = 0, threading.Event()

    @staticmethod
    def now(pid):
        with open(f"/proc/{pid}/status", encoding="ascii") as file:
            return next(int(line.split()[1]) for line in file if line.startswith("RssAnon")) / 1024

    def run(self):
        while not self.over.wait(0.02):
            for name, pid in self.pids.items():
                self.most = max(self.most, self.now(pid) - self.first[name])

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.join()
