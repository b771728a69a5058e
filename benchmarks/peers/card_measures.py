"""The card measures as a good engineer would write them by hand, straight over the Parquet files of one lake.

Each answers only what it is asked: no evidence rows, no corrections, no checks. The integers must be ours.
"""
# ruff: noqa: S608 - the SQL is written here

from collections.abc import Callable
from typing import Any

import duckdb

from civicard.ledger.lake import Lake

# Values of the dimension, numerator, denominator.
Sums = list[tuple[Any, int | None, int | None]]
PERIOD = "BETWEEN DATE '2018-01-01' AND DATE '2018-12-31'"
END = "DATE '2018-12-31'"
IN_USE = "('normal', 'temporary_loss', 'formal_loss', 'locked')"
LEFT = "('died', 'moved_away', 'holder_asked')"

MADE = f"(SELECT count(*) FROM {{card_inspected}} WHERE day {PERIOD})"
PLAN = f"""(SELECT max_by(value, version) FROM {{target_set}}
  WHERE target = 'cards_made' AND year = 2018 AND approved_on <= {END})"""
FIRST_PLAN = "(SELECT value FROM {target_set} WHERE target = 'cards_made' AND year = 2018 AND version = 1)"

QUERIES = {
    "cards_made": f"SELECT NULL, {MADE}, NULL",
    "completion": f"SELECT NULL, {MADE}, {PLAN}",
    "completion_initial": f"SELECT NULL, {MADE}, {FIRST_PLAN}",
    "made_monthly_average": f"SELECT NULL, {MADE}, 12",
    "in_time": f"""
        SELECT NULL, count(*) FILTER (WHERE r.day <= t.due_on), count(*)
        FROM {{application_taken_in}} t
        LEFT JOIN {{card_received}} r USING (application)
        WHERE t.due_on {PERIOD}
          AND t.application NOT IN (SELECT application FROM {{application_refused}} WHERE day <= {END})""",
    "account_activation": f"""
        SELECT NULL,
          (SELECT count(*) FROM {{card_handed_over}} h JOIN {{account_activated}} a USING (application)
            WHERE h.day {PERIOD} AND a.day <= {END})
          + (SELECT count(*) FROM {{card_brought_in}} WHERE state IN {IN_USE} AND day <= {END} AND is_account_active),
          (SELECT count(*) FROM {{card_handed_over}} WHERE day {PERIOD})
          + (SELECT count(*) FROM {{card_brought_in}} WHERE state IN {IN_USE} AND day <= {END})""",
    "coverage": f"""
        WITH ended AS (SELECT card FROM {{card_cancelled}} WHERE cancel_cause IN {LEFT} AND day <= {END}),
        brought AS (SELECT card FROM {{card_brought_in}} WHERE state IN {IN_USE} AND day <= {END}),
        handed AS (SELECT card, application FROM {{card_handed_over}} WHERE day <= {END}),
        first AS (SELECT application FROM {{application_taken_in}} WHERE application_reason = 'first'),
        latest AS (SELECT district, max(counted_on) AS counted_on FROM {{population_counted}}
          WHERE counted_on <= {END} GROUP BY ALL)
        SELECT NULL,
          (SELECT sum(holders) FROM {{holders_counted}} WHERE day <= {END})
          + (SELECT count(*) FROM brought)
          + (SELECT count(*) FROM handed SEMI JOIN first USING (application))
          - (SELECT count(*) FROM ended SEMI JOIN
              (SELECT card FROM handed UNION ALL SELECT card FROM brought) USING (card))
          - (SELECT count(*) FROM ended e JOIN {{card_made}} m USING (card)
              JOIN {{application_taken_in}} t ON t.application = m.application
              WHERE t.application_reason <> 'first'
                AND NOT EXISTS (SELECT 1 FROM handed WHERE handed.card = e.card)
                AND NOT EXISTS (SELECT 1 FROM ended o WHERE o.card = t.old_card)),
          (SELECT sum(persons) FROM {{population_counted}} AS p SEMI JOIN latest USING (district, counted_on))""",
    "days_by_stage": f"""
        WITH asked AS (SELECT application, sum(day - DATE '2018-01-01') AS days FROM {{correction_asked}}
          GROUP BY ALL),
        given AS (SELECT application, sum(day - DATE '2018-01-01') AS days FROM {{correction_given}}
          GROUP BY ALL),
        mended AS (SELECT application, given.days - asked.days AS days FROM asked JOIN given USING (application)),
        whole AS (
          SELECT count(*) AS n, count(h.day) AS taken, sum(coalesce(mended.days, 0)) AS applicant,
            sum(p.day - t.day - coalesce(mended.days, 0)) AS checking, sum(o.day - p.day) AS bank,
            sum(m.day - o.day) AS making, sum(i.day - m.day) AS inspection, sum(r.day - i.day) AS courier,
            sum(h.day - r.day) AS pick_up
          FROM {{card_received}} r
          JOIN {{application_taken_in}} t USING (application)
          JOIN {{application_passed}} p USING (application)
          JOIN {{account_opened}} o USING (application)
          JOIN {{card_made}} m ON m.card = r.card
          JOIN {{card_inspected}} i ON i.card = r.card
          LEFT JOIN {{card_handed_over}} h ON h.card = r.card AND h.day <= {END}
          LEFT JOIN mended ON mended.application = r.application
          WHERE r.day {PERIOD})
        SELECT stage, days, CASE stage WHEN 'pick_up' THEN taken ELSE n END
        FROM (UNPIVOT whole ON applicant, checking, bank, making, inspection, courier, pick_up INTO NAME stage VALUE days)
        ORDER BY stage""",
    "cards_by_state": f"""
        WITH steps AS (
          SELECT card, at_, fact, state FROM (SELECT card, "at" AS at_, fact, state, day FROM {{card_brought_in}}
            UNION ALL SELECT card, "at", fact, 'in_making', day FROM {{making_started}}
            UNION ALL SELECT card, "at", fact, 'spoiled', day FROM {{making_failed}}
            UNION ALL SELECT card, "at", fact, 'not_enabled', day FROM {{card_made}}
            UNION ALL SELECT card, "at", fact, 'spoiled', day FROM {{inspection_failed}}
            UNION ALL SELECT card, "at", fact, 'normal', day FROM {{card_handed_over}}
            UNION ALL SELECT card, "at", fact, 'cancelled', day FROM {{card_recalled}}
            UNION ALL SELECT card, "at", fact, 'temporary_loss', day FROM {{temporary_loss_reported}}
            UNION ALL SELECT card, "at", fact, 'formal_loss', day FROM {{formal_loss_reported}}
            UNION ALL SELECT card, "at", fact, 'normal', day FROM {{loss_lapsed}}
            UNION ALL SELECT card, "at", fact, 'normal', day FROM {{loss_lifted}}
            UNION ALL SELECT card, "at", fact, 'locked', day FROM {{card_locked}}
            UNION ALL SELECT card, "at", fact, 'normal', day FROM {{card_unlocked}}
            UNION ALL SELECT card, "at", fact, 'cancelled', day FROM {{card_cancelled}}
            UNION ALL SELECT card, "at", fact, 'destroyed', day FROM {{card_destroyed}})
          WHERE day <= {END})
        SELECT state, count(*), NULL
        FROM (SELECT state FROM steps QUALIFY row_number() OVER (PARTITION BY card ORDER BY at_ DESC, fact DESC) = 1)
        GROUP BY state ORDER BY state""",
}  # fmt: skip
# The stage that is a word of SQL has another name there.
STAGE_NAMES = {"checking": "check"}


class _Paths(dict[str, str]):
    """The relation of each kind's files, or an empty one of its columns."""

    def __init__(self, lake: Lake, empty: Callable[[str], str]) -> None:
        super().__init__()
        self.lake = lake
        self.empty = empty

    def __missing__(self, kind: str) -> str:
        paths = ", ".join(f"'{path}'" for path in self.lake.paths(kind))
        return f"read_parquet([{paths}])" if paths else f"({self.empty(kind)})"


def by_hand(lake: Lake, empty: Callable[[str], str]) -> dict[str, Sums]:
    """Return the integers of every card measure of 2018.

    Args:
        lake: whose files.
        empty: the SELECT of no rows for a kind that has no file, whose name it is given.
    """
    paths = _Paths(lake, empty)
    with duckdb.connect(config={"preserve_insertion_order": False}) as base:
        base.execute("SET enable_progress_bar = false")
        base.execute("SET parquet_metadata_cache = true")
        return {
            name: sorted(
                ((STAGE_NAMES.get(value, value), above, below) for value, above, below in rows), key=str
            )
            for name, query in QUERIES.items()
            if (rows := base.execute(query.format_map(paths)).fetchall())
        }
