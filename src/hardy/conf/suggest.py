"""Did you mean …? The closest known name, within the same namespace only.

``task_max_retries`` is no misspelling of ``elasticsearch_max_retries``: the word before the first underscore
says what a setting is about, so a suggestion shares it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable


def closest(name: str, known: Iterable[str]) -> str | None:
    """Return the known name that was probably meant, or None when nothing is like it.

    The answer shares the namespace of ``name`` (``task_``, ``CELERY_WORKER_``), unless that word alone is
    misspelt.
    """
    names = {candidate: candidate.casefold().split("_") for candidate in known}
    given = name.casefold().split("_")
    shared = _words_in_common([given, *names.values()])
    ranked = sorted(
        (score, candidate)
        for candidate, words in names.items()
        if (score := _unlikeness(given[shared:], words[shared:])) is not None
    )
    return ranked[0][1] if ranked else None


def near_miss(name: str, known: Collection[str]) -> str | None:
    """Return the known name of which ``name`` is surely a misspelling, or None.

    Far stricter than `closest`, for names that are refused and not only commented on: `rate` beside
    `rate_limit`, `queues` beside `queue` and `retry_backoff_min` beside `retry_backoff_max` are names of
    their own.
    """
    if name in known:
        return None
    return next((candidate for candidate in sorted(known) if _is_misspelling(name, candidate)), None)


def edit_distance(left: str, right: str) -> int:
    """Return how many letters were added, dropped, changed or swapped with their neighbour."""
    before_previous: list[int] = []
    previous = list(range(len(right) + 1))
    for i, a in enumerate(left, start=1):
        current = [i]
        for j, b in enumerate(right, start=1):
            cost = min(previous[j] + 1, current[j - 1] + 1, previous[j - 1] + (a != b))
            if i > 1 and j > 1 and a == right[j - 2] and left[i - 2] == b:
                cost = min(cost, before_previous[j - 2] + 1)
            current.append(cost)
        before_previous, previous = previous, current
    return previous[-1]


def _words_in_common(names: list[list[str]]) -> int:
    """Count the leading words that every name shares, leaving each at least one word of its own."""
    longest = min(len(words) for words in names) - 1
    return next((i for i in range(longest) if len({words[i] for words in names}) > 1), max(longest, 0))


def _unlikeness(given: list[str], words: list[str]) -> int | None:
    """Rank how far apart two names are, or None when they are not alike at all."""
    if "".join(given) == "".join(words) or _stems(given) == _stems(words):
        return 0
    if len(given) == 1 or len(words) == 1:
        return _distance_within_reason("_".join(given), "_".join(words))
    if given[0] != words[0]:
        only_the_namespace = given[1:] == words[1:] and edit_distance(given[0], words[0]) == 1
        return 1 if only_the_namespace else None
    rest, known_rest = given[1:], words[1:]
    distance = _distance_within_reason("_".join(rest), "_".join(known_rest))
    return distance if distance is not None else _words_left_out(rest, known_rest)


def _distance_within_reason(given: str, word: str) -> int | None:
    distance = edit_distance(given, word)
    return distance if distance <= max(1, min(3, len(word) // 4)) else None


def _words_left_out(given: list[str], words: list[str]) -> int | None:
    """`soft_limit` for `soft_time_limit`: the same words in the same order, but for one or two."""
    short, long = sorted((given, words), key=len)
    rest = iter(long)
    missing = len(long) - len(short)
    if missing > len(short) or not all(word in rest for word in short):
        return None
    if short is words and missing == len(short) and short[-1] != long[-1]:
        return None  # `worker_pool_size` is about something else than `worker_pool`
    return 10 + 2 * missing - (words[: len(given)] == given)


def _stems(words: list[str]) -> list[str]:
    return [_stem(word) for word in words]


def _stem(word: str) -> str:
    """Drop the ending of a plural, so that `ack`, `acks`, `retry`, `retries` and `retrys` compare equal."""
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word


def _is_misspelling(name: str, candidate: str) -> bool:
    given, words = name.split("_"), candidate.split("_")
    if len(given) != len(words):
        return len(candidate) > 5 and "".join(given) == "".join(words)
    if len(words) == 1:
        return len(candidate) > 5 and _is_slip(name, candidate) and not _is_inflection(name, candidate)
    unlike = [(a, b) for a, b in zip(given, words, strict=True) if _stem(a) != _stem(b)]
    return len(unlike) <= 1 and all(_is_slip(a, b) for a, b in unlike)


def _is_slip(given: str, word: str) -> bool:
    """One letter added, dropped or swapped; or changed, where that rarely makes another word."""
    if edit_distance(given, word) != 1 or min(len(given), len(word)) < 3:
        return False
    if len(given) != len(word):
        return max(len(given), len(word)) > 3 and given[0] == word[0]
    if sorted(given) == sorted(word):
        return True
    return len(word) > 4 and given[0] == word[0]


def _is_inflection(given: str, word: str) -> bool:
    """`queues` or `expired` may be meant; `expire` for `expires` is a slip."""
    if given + "s" == word:
        return False
    endings = {given[-1], word[-1]}
    return given[:-1] == word[:-1] or (word in (given[:-1], given + word[-1]) and bool(endings & set("rsdy")))
