"""Stopping writers for a moment."""
import threading


class Gate:
    """Lets the writers run, and lets one thread wait until all of them rest."""

    def __init__(self):
        self.changed = threading.Condition()
        self.open, self.inside, self.ended = True, 0, False

    def enter(self):
        """False when it is over."""
        with self.changed:
            self.changed.wait_for(lambda: self.open or self.ended)
            self.inside += not self.ended
            return not self.ended

    def leave(self):
        with self.changed:
            self.inside -= 1
            self.changed.notify_all()

    def close(self):
        with self.changed:
            self.open = False
            self.changed.wait_for(lambda: self.inside == 0)

    def reopen(self):
        with self.changed:
            self.open = True
            self.changed.notify_all()

    def end(self):
        with self.changed:
            self.ended = True
            self.changed.notify_all()
