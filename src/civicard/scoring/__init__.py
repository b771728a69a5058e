"""Scoring: programme files, rules with named readings, exact scores, and their explanations.

Pure and usable alone: text goes in, scores come out; no Django, no files, no clock.

    >>> from civicard.scoring import evaluate, load
    >>> loaded = load({"example.yaml": '''
    ... civicard: 1
    ... programme: {title: 示例, unit: 示例单位}
    ... framework:
    ...   sum: 8
    ...   grades: [{grade: 合格, least: 5, most: 8}, {grade: 不合格, below: 5}]
    ...   indicators:
    ...     - code: C12
    ...       name: {zh: 及时率, en: In time}
    ...       weight: 8
    ...       unit: "%"
    ...       rule: {kind: step, figure: in_time, target: 100, step: 1, deduct: 2, reading: started}
    ... figures:
    ...   in_time: {name: 及时率, unit: "%", value: 99.60}
    ... '''})
    >>> print(evaluate(loaded.programme).score("C12").explanation.en)
    99.60 is 0.40 short of 100; 1 started step of 1 point costs 2; 8 − 2 = 6
"""

from civicard.scoring.evaluate import Evaluation, Score, evaluate
from civicard.scoring.figures import Basis, Lack, State
from civicard.scoring.load import Loaded, load
from civicard.scoring.many import Units, UnitScores, explain_unit, score_units
from civicard.scoring.observations import observations
from civicard.scoring.programme import Programme
from civicard.scoring.readings import ambiguities, under
from civicard.scoring.sensitivity import Sensitivity, sensitivity
from civicard.scoring.statements import disagreements

__all__ = [
    "Basis", "Evaluation", "Lack", "Loaded", "Programme", "Score", "Sensitivity", "State", "UnitScores", "Units",
    "ambiguities", "disagreements", "evaluate", "explain_unit", "load", "observations", "score_units", "sensitivity",
    "under",
]  # fmt: skip
