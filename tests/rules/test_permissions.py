"""What may be done where: places within reach, and refusals that say where something may be done."""

import pytest

from civicard.kernel.actor import Actor, NotPermitted, require
from civicard.kernel.permissions import May, Reach

HUANGPU, PUDONG = "310101", "310115"
WINDOW, OTHER_WINDOW, FAR_WINDOW = "310101-007", "310101-008", "310115-001"


@pytest.mark.parametrize(
    ("reach", "station", "district", "is_covered"),
    [
        (Reach.city(), None, None, True),
        (Reach.city(), WINDOW, None, True),
        (Reach.city(), None, HUANGPU, True),
        (Reach.of_district(HUANGPU), None, None, False),
        (Reach.of_district(HUANGPU), None, HUANGPU, True),
        (Reach.of_district(HUANGPU), None, PUDONG, False),
        (Reach.of_district(HUANGPU), WINDOW, None, True),
        (Reach.of_district(HUANGPU), FAR_WINDOW, None, False),
        (Reach.of_district(HUANGPU), WINDOW, PUDONG, False),
        (Reach.of_district(HUANGPU), WINDOW, HUANGPU, True),
        (Reach.of_station(WINDOW), None, None, False),
        (Reach.of_station(WINDOW), WINDOW, None, True),
        (Reach.of_station(WINDOW), OTHER_WINDOW, None, False),
        (Reach.of_station(WINDOW), None, HUANGPU, False),
        (Reach(), WINDOW, None, False),
    ],
)
def test_a_district_covers_its_stations_and_a_station_only_itself(
    *, reach: Reach, station: str | None, district: str | None, is_covered: bool
) -> None:
    assert reach.covers(station=station, district=district) is is_covered


def test_two_reaches_together_cover_what_either_does() -> None:
    both = Reach.of_station(WINDOW) | Reach.of_district(PUDONG)
    assert both == Reach(districts=frozenset({PUDONG}), stations=frozenset({WINDOW}))
    assert (both | Reach.city()).covers()


def test_who_was_granted_nothing_may_do_nothing() -> None:
    nobody = Actor(code="clerk-0042")
    assert [may for may in May if nobody.may(may, station=WINDOW) or nobody.reach(may) is not None] == []


def test_nobody_can_grant_more_through_the_mapping_that_was_given() -> None:
    given = {May.SEE_CARDS: Reach.of_station(WINDOW)}
    clerk = Actor(code="clerk-0042", grants=given)
    given[May.MANAGE_ACCOUNTS] = Reach.city()
    assert not clerk.may(May.MANAGE_ACCOUNTS)
    with pytest.raises(TypeError):
        clerk.grants[May.MANAGE_ACCOUNTS] = Reach.city()  # type: ignore[index]  # that it cannot is what is shown


def test_a_refusal_names_the_permission_the_place_and_who_to_ask() -> None:
    clerk = Actor(code="clerk-0042", grants={May.HAND_OVER: Reach.of_station(WINDOW)})
    require(clerk, May.HAND_OVER, station=WINDOW)
    with pytest.raises(NotPermitted) as refused:
        require(clerk, May.HAND_OVER, station=FAR_WINDOW)
    assert refused.value.code == "not_permitted"
    for text in (refused.value.text.zh, refused.value.text.en):
        assert all(word in text for word in ("hand_over", FAR_WINDOW, WINDOW))
    assert "账户管理员" in refused.value.text.zh
    assert "administrator of accounts" in refused.value.text.en
    with pytest.raises(NotPermitted, match="nowhere"):
        require(clerk, May.SEE_FULL_ID, station=WINDOW)


def test_every_permission_is_named_in_both_languages() -> None:
    assert [may for may in May if not (may.words.zh and may.words.en)] == []
