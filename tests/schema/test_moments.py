"""RFC 3339 date-times, and durations of a fixed length."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolkit.schema.scalars import read_duration, read_moment, write_moment


@given(st.datetimes(datetime(1000, 1, 1), timezones=st.just(UTC)))
def test_a_moment_comes_back_to_the_second(moment: datetime) -> None:
    assert read_moment(write_moment(moment)) == moment.replace(microsecond=0)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-01-15T10:00:00Z", datetime(2026, 1, 15, 10)), ("2026-01-15t10:00:00z", datetime(2026, 1, 15, 10)),
        ("2026-01-15 10:00:00+00:00", datetime(2026, 1, 15, 10)), ("2026-01-15T10:00:00+08:00", datetime(2026, 1, 15, 2)),
        ("2026-01-15T10:00:00.1234567Z", datetime(2026, 1, 15, 10, 0, 0, 123456)), ("2016-12-31T23:59:60Z", datetime(2017, 1, 1)),
    ],
)  # fmt: skip
def test_every_form_of_rfc_3339_is_read(text: str, moment: datetime) -> None:
    assert read_moment(text) == moment.replace(tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    ["2026-01-15", "2026-01-15T10:00:00", "20260115T100000Z", "2026-W03-4T10:00:00Z", "2026-01-15T10:00Z", "2026-02-30T10:00:00Z",
    "2026-01-15T24:00:00Z",
    "2026-01-15T10:00:00Z\n", "\u0662\u0660\u0662\u0663-01-01T00:00:00Z", "2026-01-15T10:00:61Z",
    "9999-12-31T23:59:60Z", "", 5, None],
)  # fmt: skip
def test_other_forms_are_no_moment(text: object) -> None:
    assert read_moment(text) is None


@pytest.mark.parametrize(
    ("text", "duration"),
    [
        ("P3D", timedelta(3)),
        ("P1W", timedelta(7)),
        ("PT2.5S", timedelta(seconds=2.5)),
        ("P1DT2H3M", timedelta(1, 7380)),
    ],
)
def test_a_duration_of_a_fixed_length_is_read(text: str, duration: timedelta) -> None:
    assert read_duration(text) == duration


@pytest.mark.parametrize("text", ["", "P", "PT", "P1M", "P1Y", "3D", "-P3D", "P3D\n", "P\u0663D"])
def test_a_text_without_a_fixed_length_is_no_duration(text: str) -> None:
    with pytest.raises(ValueError, match="is not a duration such as P3D"):
        read_duration(text)
