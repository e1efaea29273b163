"""When a snapshot is due without anybody asking: thresholds, growth, the clock, and their limits.

Decisions on numbers; who reads them and who takes the snapshot is ``patrol``'s business.
"""

from . import talk
from .settings import SETTINGS, Share

REARMED_BELOW = 0.9
"""A threshold that has fired fires again only after the memory was below this part of it."""
RETRIED_AFTER_SECONDS, RETRIED_AT_LATEST_SECONDS = 60, 3600
"""After a snapshot that could not be taken, a full disk say; twice as long after each further one,
since an attempt may cost as much as a snapshot."""


class Limits:
    """How many snapshots each rule may take, and how far apart those of all rules are.

    Args:
        count: Of one rule, in one process.
        apart_seconds: Between two, whichever rules they are of.
    """

    __slots__ = ("_failures", "_free_at", "_taken", "_told", "apart_seconds", "count")

    def __init__(self, count, apart_seconds):
        self.count = count
        self.apart_seconds = apart_seconds
        self._free_at = None
        self._failures = 0
        self._taken = {}
        self._told = set()

    def allow(self, rule, now, *, is_last=False):
        """Whether a rule may take one now; the last of a process need not keep apart.

        Says so on stderr when a rule meets its limit for the first time.

        Args:
            rule: Its keyword in ``SETTINGS``.
            now: Seconds.
            is_last: Whether the process ends.
        """
        if self._taken.get(rule, 0) >= self.count:
            if rule not in self._told:
                self._told.add(rule)
                talk.say(
                    f"no further snapshot by {SETTINGS[rule][0]}: it has taken {self.count}, "
                    f"the limit of each rule ({SETTINGS['limit'][0]})"
                )
            return False
        return is_last or self._free_at is None or now >= self._free_at

    def anew(self):
        """The same limits for another process."""
        return Limits(self.count, self.apart_seconds)

    def note(self, rule, now, *, is_there):
        """A rule has asked for one, and it is there or could not be had."""
        wait = self.apart_seconds
        if is_there:
            self._failures = 0
            self._taken[rule] = self._taken.get(rule, 0) + 1
        else:
            retry = RETRIED_AFTER_SECONDS << min(self._failures, 6)
            wait = max(wait, min(retry, RETRIED_AT_LATEST_SECONDS))
            self._failures += 1
        self._free_at = now + wait


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

    def due(self, now, rss_bytes, ceilings, sequence):
        """By which rules a snapshot is due now, and why: the most important first.

        Args:
            now: Seconds.
            rss_bytes: Of the process.
            ceilings: Of ``pressure``; empty where nobody asked for them.
            sequence: How many snapshots the process has taken, for whatever reason.

        Returns:
            The keyword of each rule in ``SETTINGS``, and a sentence.
        """
        if sequence != self.sequence or self.grown_from is None:
            self.sequence, self.grown_from = sequence, rss_bytes
        found = []
        reached, part = self._reached(rss_bytes, ceilings)
        if part < REARMED_BELOW:
            self.armed = True
        if reached and self.armed and part >= 1:
            found.append(("threshold", reached))
        grown = 0 if rss_bytes is None else rss_bytes - self.grown_from
        if self.growth is not None and grown >= self.growth:
            sentence = f"growth by {megabytes(grown)} to {megabytes(rss_bytes)} resident"
            found.append(("growth", sentence))
        if self.due_at is not None and now >= self.due_at:
            found.append(("every", f"every {self.every:g} seconds"))
        return found

    def note(self, rule, now, rss_bytes):
        """A snapshot has been taken by that rule: growth and the clock start anew."""
        if rule == "threshold":
            self.armed = False
        self.grown_from = rss_bytes
        if self.every is not None:
            self.due_at = now + self.every

    def note_failure(self, sequence):
        """It could not be taken: all is still due, growth counts on from where it did."""
        self.sequence = sequence

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
