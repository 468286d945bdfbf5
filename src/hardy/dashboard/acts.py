"""What can be done to tasks of a list: the words of each action, and the permission that it takes."""

from __future__ import annotations

from dataclasses import dataclass

from hardy.db.counting import Counted

#: Rows that one press selects, and jobs or letters that one press acts on: a page must not take minutes.
SELECTED, JOBS_AT_ONCE, LETTERS_AT_ONCE = 100, 1000, 500


@dataclass(frozen=True, slots=True)
class Act:
    """One action: its words, the permission it takes, and what to say before it is done."""

    title: str
    #: What is said afterwards, around how many; and how the audit calls it, if it is about jobs.
    done: str
    needs: str
    explained: str
    audited: str = ""
    is_final: bool = False

    @property
    def of_letters(self) -> bool:
        """Whether it is about dead letters; else it is about jobs that have not begun."""
        return not self.audited

    @property
    def at_once(self) -> int:
        return LETTERS_AT_ONCE if self.of_letters else JOBS_AT_ONCE


CANCEL = "They leave the ledger and will not run."
NOW = "Those that wait for their time may start at once."
LATER = "They start after this time instead, counted from now."
MOVE = "They wait in another queue, in the order they had."
REPLAY = "They are sent again with the arguments and ids they had, oldest first."
DISCARD = "They will not run. Each stays in the audit, with your note."

ACTS = {
    "cancel": Act("Cancel", "Cancelled {}", "change", CANCEL, "cancelled", is_final=True),
    "now": Act("Run now", "Made {} due now", "change", NOW, "started"),
    "later": Act("Reschedule", "Rescheduled {}", "change", LATER, "rescheduled"),
    "move": Act("Move", "Moved {}", "change", MOVE, "moved"),
    "replay": Act("Retry", "Retried {}", "replay", REPLAY),
    "discard": Act("Discard", "Discarded {}", "discard", DISCARD, is_final=True),
}


def jobs(count: int) -> str:
    return "1 job" if count == 1 else f"{count:,} jobs"


def counted(count: Counted, act: Act) -> str:
    noun = "dead letter" if act.of_letters else "job"
    return f"{count} {noun}{'' if count == Counted(1) else 's'}"
