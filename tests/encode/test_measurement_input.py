import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from packshot.encode.measurement_input import MEASUREMENT_NAMES, to_network_input
from packshot.report import MEASUREMENTS


def test_every_name_is_a_property():
    assert set(MEASUREMENT_NAMES) <= set(MEASUREMENTS)


@given(st.floats(-1e6, 1e6))
def test_values_are_squeezed_and_keep_their_sign(value):
    squeezed, absent, flag_known, flag_absent = to_network_input(
        {"noise": value, "banding": None}, ["noise", "banding"]
    ).tolist()
    assert squeezed == pytest.approx(math.copysign(math.log1p(abs(value)), value), rel=1e-5, abs=1e-6)
    assert (absent, flag_known, flag_absent) == (0, 0, 1)


def test_what_is_not_named_counts_as_absent():
    assert to_network_input({}, ["noise"]).tolist() == [0, 1]
