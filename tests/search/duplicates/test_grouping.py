from hypothesis import given
from hypothesis import strategies as st

from packshot.search.duplicates.grouping import build_stars, find_components

LINKS = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=20)


@given(LINKS)
def test_components_are_what_can_be_reached(links):
    reached = {n: {n} for n in range(10)}
    for _ in range(10):
        for a, b in links:
            together = reached[a] | reached[b]
            for n in together:
                reached[n] = reached[n] | together
    expected = {tuple(sorted(part)) for part in reached.values() if len(part) > 1}
    assert {tuple(part) for part in find_components(10, links)} == expected


def test_a_chain_falls_apart():
    def is_link(a, b):
        return abs(a - b) == 1

    assert build_stars([0, 1, 2, 3, 4], is_link) == [[0, 1], [2, 3]]
    assert build_stars([2, 0, 1, 3, 4], is_link) == [[2, 1, 3]]


@given(LINKS)
def test_every_member_is_linked_to_its_keeper(links):
    known = {frozenset(pair) for pair in links}
    groups = build_stars(range(10), lambda a, b: frozenset((a, b)) in known)
    members = [n for group in groups for n in group]
    assert len(members) == len(set(members))
    for keeper, *others in groups:
        assert others
        assert all(frozenset((keeper, other)) in known for other in others)
