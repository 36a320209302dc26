"""From pairs to groups: every member of a group was compared with the photo that it keeps."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

IsLinked = Callable[[int, int], bool]


def find_components(count: int, links: Iterable[tuple[int, int]]) -> list[list[int]]:
    """Find connected components of the numbers 0..count - 1; those of two or more, each in order.

    Args:
        count: Of numbers.
        links: Pairs of them.

    Example:
        >>> find_components(6, [(0, 4), (4, 2), (3, 5)])
        [[0, 2, 4], [3, 5]]
    """
    leaders = list(range(count))

    def find_leader(number: int) -> int:
        while leaders[number] != number:
            leaders[number] = leaders[leaders[number]]
            number = leaders[number]
        return number

    for one, two in links:
        low, high = sorted((find_leader(one), find_leader(two)))
        leaders[high] = low
    parts: dict[int, list[int]] = {}
    for number in range(count):
        parts.setdefault(find_leader(number), []).append(number)
    return [part for part in parts.values() if len(part) > 1]


def build_stars(members: Sequence[int], is_linked: IsLinked) -> list[list[int]]:
    """Build groups around their keepers.

    The first member takes all that are linked to it; the first of the rest takes what is linked to
    that one of the rest; and so on. A chain of weak links thus falls apart.

    Args:
        members: In the order in which they would be kept.
        is_linked: Whether two are linked; asked of a keeper and another.

    Returns:
        The groups of two or more, keepers first.

    Example:
        >>> links = {(0, 1), (1, 2), (2, 3)}  # A chain, which falls apart.
        >>> build_stars([0, 1, 2, 3], lambda keeper, other: (keeper, other) in links)
        [[0, 1], [2, 3]]
    """
    remaining, groups = list(members), []
    while len(remaining) > 1:
        keeper, *others = remaining
        group_members = [other for other in others if is_linked(keeper, other)]
        if group_members:
            groups.append([keeper, *group_members])
        remaining = [other for other in others if other not in set(group_members)]
    return groups
