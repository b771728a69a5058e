"""Invented people: a register of exactly the persons that occur in a simulated lake.

Names are put together by chance. ID numbers are valid in form, so that registers take them: the district of the
person, the date of birth, a sequence number that counts down from the end of its range, and the right check character.
Any number valid in form may be somebody's; those at the end of the range are the last that are ever given out. Phone
numbers begin with 100, which no subscriber has.
"""

import io
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from civicard.simulation.city import City
from civicard.simulation.days import Flags, Ints
from civicard.simulation.names import names
from civicard.simulation.persons import NONE, born
from civicard.simulation.plan import Plan

# GB 11643-1999; `people.rules` checks single numbers, here they are made by the million.
WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
CHECKS = tuple("10X98765432")
MODULUS = 11
# The highest sequence numbers: odd for men, even for women.
LAST_OF_MEN, LAST_OF_WOMEN = 999, 998
MOST_A_DAY = 500
PHONE, PHONE_DIGITS = "100", 8
MARK = "simulated"


@dataclass(frozen=True, kw_only=True, slots=True)
class _People:
    """Numbers, districts and age bands of all persons of a city, each once."""

    number: Ints
    district: Ints
    age: Ints


def register(city: City) -> pa.Table:
    """Return one row per person of the city, the order that of their numbers.

    Columns: `origin`, which is `simulated` throughout; `person`, the pseudonym that facts carry; `name`; `sex` (`male`,
    `female`); `born_on`; `id_number`; `district`; `phone`.
    """
    plan, chance = city.plan, city.plan.chance
    found = _people(city)
    is_man = (chance.pseudonyms("sex", found.number) & 1).astype(bool)
    born_on = born(plan, found.number, found.age)
    codes = np.array([int(code) for code in plan.districts])
    return pa.table(
        {
            "origin": pa.array([MARK]).take(pa.array(np.zeros(len(is_man), dtype=np.int8))),
            "person": pa.array(chance.pseudonyms("person", found.number)),
            "name": names(chance, is_man),
            "sex": pc.if_else(pa.array(is_man), "male", "female"),
            "born_on": pa.array(born_on),
            "id_number": id_numbers(plan, codes[found.district], born_on, is_man),
            "district": pa.array(plan.districts).take(pa.array(found.district)),
            "phone": pc.binary_join_element_wise(
                PHONE, pc.utf8_lpad(pa.array(found.number).cast(pa.string()), PHONE_DIGITS, "0"), ""
            ),
        }
    )


def register_csv(city: City) -> bytes:
    """Return the register as CSV in UTF-8, each row marked as simulated."""
    out = io.BytesIO()
    pyarrow.csv.write_csv(register(city), out, pyarrow.csv.WriteOptions(quoting_style="needed"))
    return out.getvalue()


def _people(city: City) -> _People:
    own = np.flatnonzero(city.who.of >= city.plan.brought_in)
    # Who applies twice has the number of the first time, and is listed then.
    own = own[city.who.old_application[own] == NONE]
    return _People(
        number=np.concatenate([np.arange(city.plan.brought_in), city.who.of[own]]),
        district=np.concatenate([city.before.district, city.applications.district[own]]),
        age=np.concatenate([city.before.age, city.who.age[own]]),
    )


def id_numbers(plan: Plan, region: Ints, born_on: npt.NDArray[np.datetime64], is_man: Flags) -> pa.Array:
    """Return ID numbers valid in form, none twice.

    Args:
        plan: the plan.
        region: six digits of each person's district, as a whole number.
        born_on: dates of birth.
        is_man: whether each is a man.

    Raises:
        ScenarioImpossible: a district has more births on a day than there are sequence numbers.
    """
    day = born_on.astype("datetime64[D]")
    month = day.astype("datetime64[M]")
    year = day.astype("datetime64[Y]").astype(np.int64) + 1970
    of_year = month.astype(np.int64) % 12 + 1
    of_month = (day - month.astype("datetime64[D]")).astype(np.int64) + 1
    date = year * 10_000 + of_year * 100 + of_month
    key = (region.astype(np.int64) * 100_000_000 + date) * 2 + is_man
    rank = _rank(key)
    if rank.max(initial=0) >= MOST_A_DAY:
        raise plan.impossible(
            "有区县一天内出生的人多于身份号码的顺序码",
            "more people of a district are born on a day than have numbers",
        )
    sequence = np.where(is_man, LAST_OF_MEN, LAST_OF_WOMEN) - 2 * rank
    seventeen = (region.astype(np.int64) * 100_000_000 + date) * 1000 + sequence
    rest, total = seventeen.copy(), np.zeros(len(seventeen), dtype=np.int64)
    for weight in reversed(WEIGHTS):
        rest, digit = np.divmod(rest, 10)
        total += digit * weight
    check = pa.array(CHECKS).take(pa.array(total % MODULUS))
    return pc.binary_join_element_wise(pa.array(seventeen).cast(pa.string()), check, "")


def _rank(key: Ints) -> Ints:
    """Return how many of the same key come before each."""
    order = np.argsort(key, kind="stable")
    ordered = key[order]
    begins = np.searchsorted(ordered, ordered)
    rank = np.empty(len(key), dtype=np.int64)
    rank[order] = np.arange(len(key)) - begins
    return rank
