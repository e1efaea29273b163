"""When a snapshot is due without anybody asking: thresholds, growth, the clock, and their limits.

Pure decisions on numbers; who reads them and who takes the snapshot is ``patrol``'s business.
"""

from .settings import Share

REARMED_BELOW = 0.9
"""A threshold that has fired fires again only after the memory was below this part of it."""


class Limits:
    """How many snapshots the rules may take in all, and how far apart.

    Args:
        count: In all, in one process.
        apart_seconds: Between two.
    """

    __slots__ = ("apart_seconds", "count", "last", "left")

    def __init__(self, count, apart_seconds):
        self.count = self.left = count
        self.apart_seconds = apart_seconds
        self.last = None

    def allow(self, now, *, is_last=False):
        """Whether one may be taken now; the last of a process need not keep apart."""
        if self.left <= 0:
            return False
        return is_last or self.last is None or now - self.last >= self.apart_seconds

    def anew(self):
        """The same limits for another process."""
        return Limits(self.count, self.apart_seconds)

    def note(self, now):
        """One has been taken."""
        self.left -= 1
        self.last = now


class Rules:
    """The rules of one process, and what they remember.

    Args:
        settings: ``threshold``, ``growth`` and ``every`` are used.
        now: Seconds, as everywhere here, on a clock that never goes back.
        rss_bytes: Of the process, now; None where the kernel does not tell.
    """

    __slots__ = ("armed", "due_at", "every", "grown_from", "growth", "sequence", "threshold")

    def __init__(self, settings, now, rss_bytes):
        self.threshold = settings.threshold
        self.growth = settings.growth
        self.every = settings.every
        self.armed = True
        self.grown_from = rss_bytes
        self.due_at = None if self.every is None else now + self.every
        self.sequence = 0

    @property
    def asks_for_ceilings(self):
        """Whether the rules compare with what the process may use."""
        return isinstance(self.threshold, Share)

    def reason(self, now, rss_bytes, ceilings, sequence):
        """Why a snapshot is due now, or None.

        Args:
            now: Seconds.
            rss_bytes: Of the process.
            ceilings: Of ``pressure``; empty where nobody asked for them.
            sequence: How many snapshots the process has taken, for whatever reason.
        """
        if sequence != self.sequence or self.grown_from is None:
            self.sequence, self.grown_from = sequence, rss_bytes
        reached, part = self._reached(rss_bytes, ceilings)
        if part < REARMED_BELOW:
            self.armed = True
        if reached and self.armed and part >= 1:
            return reached
        grown = 0 if rss_bytes is None else rss_bytes - self.grown_from
        if self.growth is not None and grown >= self.growth:
            return f"growth by {megabytes(grown)} to {megabytes(rss_bytes)} resident"
        if self.due_at is not None and now >= self.due_at:
            return f"every {self.every:g} seconds"
        return None

    def note(self, reason, now, rss_bytes):
        """A snapshot has been taken for that reason: growth and the clock start anew."""
        if reason.startswith("threshold"):
            self.armed = False
        self.grown_from = rss_bytes
        if self.every is not None:
            self.due_at = now + self.every

    def _reached(self, rss_bytes, ceilings):
        """A sentence on the threshold, and what part of it is reached."""
        if self.threshold is None:
            return None, 0.0
        if not isinstance(self.threshold, Share):
            if rss_bytes is None:
                return None, 0.0
            sentence = f"threshold of {megabytes(self.threshold)}: {megabytes(rss_bytes)} resident"
            return sentence, rss_bytes / self.threshold
        if not ceilings:
            return None, 0.0
        nearest = max(ceilings, key=lambda c: c.used_bytes / max(1, c.allowed_bytes))
        share = nearest.used_bytes / max(1, nearest.allowed_bytes)
        sentence = (
            f"threshold of {self.threshold:.0%}: {megabytes(nearest.used_bytes)} of "
            f"{megabytes(nearest.allowed_bytes)} of {nearest.name}"
        )
        return sentence, share / self.threshold


def megabytes(number):
    """``1,234 MB``, of 1024 times 1024 bytes as in ``1234M``."""
    return f"{number / (1 << 20):,.0f} MB"
