"""The lock under which everything runs, and work that goes on after its call was answered.

moto is not made for threads, so calls and work take turns: work pauses between
its steps, and calls that wait go first.
"""

import contextlib
import threading
import time
import traceback
from collections import Counter

_MOST = 0.2
_THREAD = threading.local()


def pause():
    """Let waiting calls go first. Nothing happens in a call itself, which has to be answered."""
    work = getattr(_THREAD, "work", None)
    if work is not None:
        work.yield_to_calls()


class Background:
    """One lock, and the work behind it by the account that it is done for."""

    def __init__(self):
        self._lock = threading.RLock()
        self._state = threading.Condition()
        self._waiting = 0
        self._running = Counter()
        self._delays = {}

    def control(self):
        """Control functions by (method, path)."""
        return {("POST", "work/settle"): self.settle, ("POST", "work/delay"): self.set_delay}

    @contextlib.contextmanager
    def call(self):
        """Hold the lock for a call."""
        with self._state:
            self._waiting += 1
        self._lock.acquire()
        with self._state:
            self._waiting -= 1
            self._state.notify_all()
        try:
            yield
        finally:
            self._lock.release()

    @contextlib.contextmanager
    def released(self):
        """Let go of the lock, which is held once, for as long as a block takes."""
        self._lock.release()
        try:
            yield
        finally:
            self._lock.acquire()

    def yield_to_calls(self):
        """Let the calls that wait go first, for a moment at most."""
        with self.released(), self._state:
            self._state.wait_for(lambda: self._waiting == 0, timeout=_MOST)

    def until(self, is_true):
        """Let others work until something is true."""
        while not is_true():
            with self.released(), self._state:
                self._state.wait(timeout=_MOST)

    def start(self, account, work):
        """Do work for an account after its call was answered, no sooner than its delay."""
        with self._state:
            self._running[account] += 1
        threading.Thread(target=self._run, args=(account, work), daemon=True).start()

    def _run(self, account, work):
        _THREAD.work = self
        try:
            time.sleep(self._delays.get(account, 0))
            with self._lock:
                work()
        except Exception:  # a defect: the work must say itself what AWS says
            traceback.print_exc()
        finally:
            with self._state:
                self._running[account] -= 1
                self._state.notify_all()

    def finish(self, account):
        """Wait until an account's work is done."""
        self.until(lambda: not self._running[account])

    def settle(self, given):
        """Wait until an account's work is done."""
        self.finish(given["account"])
        return {"ok": True}

    def set_delay(self, given):
        """Let an account's work begin so many seconds after its call."""
        self._delays[given["account"]] = float(given["seconds"])
        return {"seconds": given["seconds"]}
