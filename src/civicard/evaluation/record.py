"""A result as plain values: what `--format json` prints, what a receipt holds, what is hashed.

Decimals are strings, so that no reader turns them into binary floats. A fraction that does not end is printed to
six places, and stands beside it exactly, as numerator/denominator.
"""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from civicard.evaluation.measured import Measurement, measured_of
from civicard.kernel.exact import Fraction, decimal_places, plain
from civicard.kernel.text import Text
from civicard.scoring.evaluate import Evaluation, Score
from civicard.scoring.figures import Lack
from civicard.scoring.observations import observations
from civicard.scoring.sensitivity import Distance, Sensitivity, Variant
from civicard.scoring.statements import disagreements

JSON = dict[str, Any]


def number(value: Fraction | None) -> str | None:
    """Return an exact number as text; None stays None."""
    return None if value is None else plain(value)


def exact(value: Fraction | None) -> str | None:
    """Return numerator/denominator of a number whose decimals do not end; None for one that `number` prints whole."""
    return (
        None
        if value is None or decimal_places(value) is not None
        else f"{value.numerator}/{value.denominator}"
    )


def both(text: Text) -> JSON:
    """Return a text in both languages."""
    return {"zh": text.zh, "en": text.en or text.zh}


def of_score(score: Score, measurement: Measurement | None = None) -> JSON:
    """Return one score with its parts; where figures were measured, with those it rests on."""
    value = score.value
    known = None if value is None or isinstance(value, Lack) else value
    record: JSON = {
        "code": score.code,
        "name": both(score.name),
        "points": number(score.points),
        "points_low": number(score.low),
        "points_high": number(score.high),
        "weight": number(score.weight),
        "status": str(score.state),
        "basis": str(score.basis),
        "supported": score.is_supported,
        "figure": number(known),
        "figure_name": score.figure,
        "explanation": score.explanation.zh,
        "explanation_en": score.explanation.en or score.explanation.zh,
        "parts": [of_score(part, measurement) for part in score.parts],
    }
    if measurement is not None and (found := _measured(score, measurement)):
        record["measured"] = found
    for key, one in (("points_exact", score.points), ("figure_exact", known)):
        if (text := exact(one)) is not None:
            record[key] = text
    return record


def _measured(score: Score, measurement: Measurement) -> list[JSON]:
    lake = measurement.lake
    figures = measurement.loaded.programme.figures
    return [
        {
            "figure": one.figure, "measure": one.measure, "title": both(one.title),
            "numerator": _digits(one.numerator), "denominator": _digits(one.denominator), "rows": one.rows,
            "seal": lake.seal, "root": lake.root,
        }
        for one in measured_of(score, figures, lake)
    ]  # fmt: skip


def _digits(number: int | None) -> str | None:
    return None if number is None else str(number)


def _of_lake(measurement: Measurement) -> JSON:
    """Return what the lake is that figures were measured in; a reader of witnesses knows it by its first key."""
    lake = measurement.lake
    return {
        "civicard_witness": 1, "seal": lake.seal, "root": lake.root, "origin": lake.origin, "city": both(lake.city),
        "scale": lake.scale, "period": {"since": lake.since.isoformat(), "until": lake.until.isoformat()},
        "not_compared": list(measurement.left_out), "note": both(measurement.note),
    }  # fmt: skip


def of_evaluation(evaluation: Evaluation, measurement: Measurement | None = None) -> JSON:
    """Return a whole evaluation: total and grade, scores, groups, disagreements and observations.

    Args:
        evaluation: the evaluation; of the measured programme where there is a measurement.
        measurement: what was measured in a lake; None where nothing was.
    """
    total = evaluation.total
    outcome = total.outcome
    about = evaluation.programme.programme
    record: JSON = {
        "title": both(about.title),
        "unit": both(about.unit),
        "year": about.year,
        "origin": str(about.origin),
        "total": None if outcome.points is None else evaluation.printed(outcome.points),
        "grade": None if total.grade is None else total.grade.zh,
        "complete": evaluation.is_complete,
        "total_low": evaluation.bounds()[0],
        "total_high": evaluation.bounds()[1],
        "grade_low": None if total.grade_low is None else total.grade_low.zh,
        "grade_high": None if total.grade_high is None else total.grade_high.zh,
        "total_exact": None
        if outcome.points is None
        else f"{outcome.points.numerator}/{outcome.points.denominator}",
        "ceilings": [both(one.why) for one in total.ceilings],
        "vetoes": [both(one.why) for one in total.vetoes],
        "scores": [of_score(score, measurement) for score in evaluation.leaves()],
        "groups": [
            {
                key: value
                for key, value in of_score(score).items()
                if key not in {"parts", "figure", "figure_name"}
            }
            for score in evaluation.walk()
            if not score.is_leaf
        ],
        "disagreements": [
            {
                "kind": str(one.kind),
                "subject": one.subject,
                "what": one.what,
                "stated": [{"value": value, "place": both(place)} for value, place in one.stated],
                "working": one.working or None,
                "text": both(one.text),
            }
            for one in disagreements(evaluation)
        ],
        "observations": [
            {"note": str(one.note), "subject": list(one.subject), "text": both(one.text)}
            for one in observations(evaluation)
        ],
    }
    if measurement is not None:
        record["lake"] = _of_lake(measurement)
    return record


def of_sensitivity(found: Sensitivity, evaluation: Evaluation) -> JSON:
    """Return a sensitivity analysis of `evaluation`."""
    combined = found.combined
    return {
        "origin": str(evaluation.programme.programme.origin),
        "total": number(found.base.outcome.points),
        "grade": None if found.base.grade is None else found.base.grade.zh,
        "readings": {
            one.key: {
                "question": both(one.question),
                "chosen": one.chosen,
                "literal": one.literal,
                "options": list(one.options),
            }
            for one in found.open
        },
        "alone": [_variant(one) for one in found.alone],
        "uniform": [_variant(one) for one in found.uniform],
        "literal": None if found.literal is None else _variant(found.literal),
        "rule_books": [_variant(one) for one in found.rule_books],
        "deciding": [one.key for one in found.deciding],
        "combined": None
        if combined is None
        else {
            "number": combined.number,
            "least": {"total": number(combined.least[0]), "readings": dict(combined.least[1])},
            "most": {"total": number(combined.most[0]), "readings": dict(combined.most[1])},
            "grades": None if combined.grades is None else dict(combined.grades),
        },
        "above": _distance(found.above),
        "below": _distance(found.below),
    }


def _variant(one: Variant) -> JSON:
    points = one.total.outcome.points
    record: JSON = {
        "key": one.key,
        "label": both(one.label),
        "readings": dict(one.choices),
        "total": number(points),
        "grade": None if one.total.grade is None else one.total.grade.zh,
        "changed": {code: number(outcome.points) for code, outcome in one.changed.items()},
    }
    if (text := exact(points)) is not None:
        record["total_exact"] = text
    return record


def _distance(one: Distance | None) -> JSON | None:
    if one is None:
        return None
    return {
        "grade": one.grade.zh,
        "bound": number(one.bound),
        "points": number(one.points),
        "levers": [
            {"figure": lever.figure, "name": both(lever.title), "now": lever.now, "needed": lever.needed,
             "value": number(lever.value), "total": number(lever.total)}
            for lever in one.levers
        ],
    }  # fmt: skip


def canonical(value: object) -> bytes:
    """Return plain values as bytes that are the same wherever they are made: sorted keys, no spaces, UTF-8."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def digest(value: object) -> str:
    """Return the SHA-256 of plain values, in hexadecimal."""
    return hashlib.sha256(canonical(value)).hexdigest()


def as_json(record: Mapping[str, Any]) -> str:
    """Return a record as people read it."""
    return json.dumps(record, ensure_ascii=False, indent=2) + "\n"
