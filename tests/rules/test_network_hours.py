"""Opening hours as spans of minutes."""

from datetime import UTC, datetime

import pytest

from civicard.network.rules import HoursRefused, Span, is_within, require_hours, week_minutes


def span(weekday: int, opens: int, closes: int) -> Span:
    """Return a span."""
    return Span(weekday=weekday, opens_minute=opens, closes_minute=closes)


def test_spans_may_touch_and_last_the_whole_day() -> None:
    require_hours([span(1, 540, 690), span(1, 690, 1020), span(7, 0, 1440)])
    require_hours([])


@pytest.mark.parametrize(
    "spans",
    [
        [span(0, 540, 600)],
        [span(8, 540, 600)],
        [span(1, 600, 600)],
        [span(1, 600, 540)],
        [span(1, -1, 540)],
        [span(1, 540, 1441)],
        [span(1, 540, 700), span(1, 699, 800)],
        [span(1, 600, 700), span(1, 540, 601)],
    ],
)
def test_spans_that_end_before_they_begin_or_overlap_are_refused(spans: list[Span]) -> None:
    with pytest.raises(HoursRefused) as refused:
        require_hours(spans)
    assert refused.value.text.zh
    assert refused.value.text.en


def test_a_window_is_open_from_its_first_minute_until_before_its_last() -> None:
    # 23 November 2026 is a Monday.
    spans = [span(1, 540, 600)]
    assert is_within(spans, datetime(2026, 11, 23, 9, 0, tzinfo=UTC))
    assert is_within(spans, datetime(2026, 11, 23, 9, 59, 59, tzinfo=UTC))
    assert not is_within(spans, datetime(2026, 11, 23, 10, 0, tzinfo=UTC))
    assert not is_within(spans, datetime(2026, 11, 24, 9, 30, tzinfo=UTC))


def test_the_minutes_of_all_spans_are_added_up() -> None:
    assert week_minutes([span(1, 540, 600), span(2, 0, 1440)]) == 1500
