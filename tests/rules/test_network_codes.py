"""Codes of districts and stations."""

import pytest

from civicard.network.rules import (
    DistrictCodeRefused,
    StationCodeRefused,
    StationElsewhere,
    StationKind,
    district_of,
    require_district,
    require_in_district,
)


def test_a_station_belongs_to_the_district_that_its_code_says() -> None:
    assert district_of("310115-042") == "310115"
    require_in_district("310115-042", "310115")


def test_a_station_is_not_listed_in_another_district() -> None:
    with pytest.raises(StationElsewhere) as caught:
        require_in_district("310115-042", "310101")
    assert caught.value.code == "station_elsewhere"
    assert "310115" in caught.value.text.zh
    assert "310115" in caught.value.text.en


@pytest.mark.parametrize(
    "code", ["", "31010", "3101011", "31010a", " 310101", "310101\n", "31010\N{FULLWIDTH DIGIT ONE}"]
)
def test_a_district_has_six_digits(code: str) -> None:
    require_district("310101")
    with pytest.raises(DistrictCodeRefused) as caught:
        require_district(code)
    assert caught.value.code == "district_code_refused"


@pytest.mark.parametrize(
    "code", ["", "310101", "310101-1", "310101-0011", "310101001", "310101–001", "310101-001\n", "31010-001"]
)
def test_a_station_has_its_district_a_hyphen_and_three_digits(code: str) -> None:
    with pytest.raises(StationCodeRefused) as caught:
        district_of(code)
    assert caught.value.code == "station_code_refused"


def test_a_wrong_district_is_refused_before_the_station_is_looked_at() -> None:
    with pytest.raises(DistrictCodeRefused):
        require_in_district("310101-001", "31")


def test_the_kinds_of_stations_are_those_of_the_glossary() -> None:
    assert {str(one) for one in StationKind} == {"district_centre", "station", "terminal"}
