"""Receipts: one file that holds the inputs, rules, readings and results of an evaluation, hashed.

A receipt proves that these results follow from these inputs, since it can be computed anew from itself. It does
not prove that the inputs are true, nor who made it: it is not signed. One that rests on a lake holds what was
measured there as integers, so it is worked out anew without the lake, and measured anew with it; and as it names
a seal with its root, it is a witness of that lake.
"""

import hashlib
import json
import platform
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import civicard
from civicard.evaluation.measured import FromLake, applied, bound
from civicard.evaluation.opening import Opened
from civicard.evaluation.record import canonical, digest, of_evaluation
from civicard.kernel.refusal import Refusal
from civicard.kernel.text import Text
from civicard.scoring.evaluate import evaluate
from civicard.scoring.load import Loaded, beside, load
from civicard.scoring.programme import Programme
from civicard.scoring.readings import ambiguities

FORM = 1
# What a receipt on a lake is: older programs must not take it for one that rests on its inputs alone.
LAKE_FORM = 2
KEYS = {"civicard_receipt", "inputs", "rules", "readings", "versions", "results", "digest"}
LAKE_KEYS = {"lake", "witness"}
WITNESS_FORM = 1
# Differences beyond this are counted, not listed.
MOST_DIFFERENCES = 200


class ReceiptUnreadable(Refusal):
    """The file is no receipt, or one of a later form."""

    code = "receipt_unreadable"


@dataclass(frozen=True, slots=True)
class Difference:
    """One place at which a receipt does not hold.

    Attributes:
        path: where in the receipt.
        stated: what the receipt says.
        found: what is computed anew.
        text: the sentence that says so.
    """

    path: str
    stated: str
    found: str
    text: Text


def receipt(opened: Opened, lake: FromLake | None = None) -> dict[str, Any]:
    """Return the receipt of evaluating `opened`; the same input gives the same receipt.

    Args:
        opened: the programme as it stands in its files.
        lake: what was measured; None where nothing was.
    """
    body = _body(opened.texts, opened.loaded, lake)
    return {**body, "digest": digest(body)}


def _body(texts: Mapping[str, str], loaded: Loaded, lake: FromLake | None) -> dict[str, Any]:
    measurement = None if lake is None else applied(loaded, lake)
    programme = loaded.programme if measurement is None else measurement.loaded.programme
    body = {
        "civicard_receipt": FORM if lake is None else LAKE_FORM,
        "inputs": [{"name": name, "sha256": _sha256(text), "text": text} for name, text in texts.items()],
        "rules": _rules(programme),
        "readings": {one.key: one.chosen for one in ambiguities(programme)},
        "versions": {
            "civicard": civicard.__version__,
            "file_format": programme.civicard,
            "python": platform.python_version(),
        },
        "results": of_evaluation(evaluate(programme), measurement),
    }
    if lake is not None:
        body["lake"] = lake.to_json()
        body["witness"] = {
            "civicard_witness": WITNESS_FORM, "seal": lake.seal, "root": lake.root, "origin": lake.origin,
        }  # fmt: skip
    return body


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _rules(programme: Programme) -> dict[str, str]:
    """Return the digest of each indicator's rule as it was understood, so that a changed rule is named."""
    return {
        leaf.code: digest(leaf.rule.model_dump(mode="json"))
        for leaf in programme.framework.leaves()
        if leaf.rule is not None
    }


def parse(text: str, name: str) -> dict[str, Any]:
    """Return the receipt that `text` holds.

    Raises:
        ReceiptUnreadable: it is no receipt of a form that is known.
    """
    try:
        value = json.loads(text)
        canonical(value)
    except (ValueError, RecursionError) as error:
        raise ReceiptUnreadable(Text(f"{name} 不是 JSON：{error}", f"{name} is not JSON: {error}")) from error
    form = value.get("civicard_receipt") if isinstance(value, dict) else None
    keys_of = {FORM: KEYS, LAKE_FORM: KEYS | LAKE_KEYS}
    if type(form) is not int or set(value) != keys_of.get(form):
        keys, more = ", ".join(sorted(KEYS)), ", ".join(sorted(LAKE_KEYS))
        raise ReceiptUnreadable(
            Text(
                f"{name} 不是第 {FORM} 或第 {LAKE_FORM} 版凭据，应含：{keys}；第 {LAKE_FORM} 版另有 {more}",
                f"{name} is no receipt of form {FORM} or {LAKE_FORM}, which holds: {keys}; form {LAKE_FORM} also {more}",
            )
        )
    known: dict[str, Any] = value
    return known


def lake_of(stated: Mapping[str, Any]) -> FromLake | None:
    """Return what a parsed receipt says was measured, or None for one that rests on no lake.

    Raises:
        ReceiptUnreadable: what it says of its lake is damaged.
    """
    if "lake" not in stated:
        return None
    try:
        found = FromLake.from_json(stated["lake"])
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise _damaged(str(error)) from error
    # Nothing may stand there that is not looked at.
    if canonical(found.to_json()) != canonical(stated["lake"]):
        raise _damaged("more, or written otherwise")
    return found


def _damaged(said: str) -> ReceiptUnreadable:
    return ReceiptUnreadable(
        Text(f"凭据的 lake 残缺：{said}", f"the `lake` of the receipt is damaged: {said}")
    )


def verify(stated: Mapping[str, Any], given: Mapping[str, str] | None = None) -> list[Difference]:
    """Compute everything anew and return what differs; nothing when the receipt holds.

    Args:
        stated: a parsed receipt.
        given: texts of the files it should be of, by name, to hold against the receipt's own.

    Raises:
        Refusal: the inputs in the receipt can no longer be read as a programme.
    """
    body = {key: value for key, value in stated.items() if key != "digest"}
    texts = texts_of(stated)
    found = [
        difference(f"inputs.{one['name']}.sha256", one["sha256"], _sha256(one["text"]))
        for one in stated["inputs"]
        if _sha256(one["text"]) != one["sha256"]
    ]
    for name, text in (given or {}).items():
        # A copy under another name is still the same input; what is beside it the programme file itself says.
        if text not in texts.values():
            stated_hash = _sha256(texts[name]) if name in texts else "—"
            found.append(difference(f"inputs.{name}", stated_hash, _sha256(text)))
    loaded, lake = load(texts), lake_of(stated)
    if lake is not None:
        measured, named = {one.figure: one.measure for one in lake.figures}, bound(loaded.programme.figures)
        if other := {name for name, _ in measured.items() ^ named.items()}:
            listed = ", ".join(sorted(other))
            raise ReceiptUnreadable(
                Text(
                    f"凭据的 lake 与方案指定的测算口径不符：{listed}",
                    f"the `lake` of the receipt is not of the measures that its programme names: {listed}",
                )
            )
    anew = _body(texts, loaded, lake)
    for key in ("rules", "readings", "results", *(("witness",) if lake is not None else ())):
        found += _differences(key, body[key], anew[key])
    if digest(body) != stated["digest"]:
        found.append(difference("digest", str(stated["digest"]), digest(body)))
    return found[:MOST_DIFFERENCES]


def texts_of(stated: Mapping[str, Any]) -> dict[str, str]:
    """Return the files that a parsed receipt holds, the programme file first.

    Raises:
        ReceiptUnreadable: they are damaged, or not those that the programme file names.
    """
    inputs = stated["inputs"]
    if not isinstance(inputs, list) or not all(_is_input(one) for one in inputs):
        raise ReceiptUnreadable(Text("凭据的 inputs 残缺", "the inputs of the receipt are damaged"))
    names = [one["name"] for one in inputs]
    if not names or names != [names[0], *beside(inputs[0]["text"], names[0])]:
        raise ReceiptUnreadable(
            Text(
                "凭据的 inputs 与方案文件所列的旁附文件不符",
                "the inputs of the receipt are not those that its programme file names",
            )
        )
    return {one["name"]: one["text"] for one in inputs}


def _is_input(one: object) -> bool:
    return isinstance(one, dict) and all(isinstance(one.get(key), str) for key in ("name", "sha256", "text"))


def _differences(path: str, stated: object, anew: object) -> Iterator[Difference]:
    if isinstance(stated, dict) and isinstance(anew, dict):
        for key in [*stated, *(key for key in anew if key not in stated)]:
            yield from _differences(f"{path}.{key}", stated.get(key), anew.get(key))
    elif isinstance(stated, list) and isinstance(anew, list) and len(stated) == len(anew):
        for at, (one, other) in enumerate(zip(stated, anew, strict=True)):
            name = one["code"] if isinstance(one, dict) and "code" in one else str(at + 1)
            yield from _differences(f"{path}.{name}", one, other)
    elif canonical(stated) != canonical(anew):  # 1, 1.0 and true are equal in Python
        yield difference(path, _short(stated), _short(anew))


def _short(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 120 else f"{text[:117]}…"  # noqa: PLR2004 - a line


def difference(path: str, stated: str, found: str) -> Difference:
    """Return what a receipt says at one place, and what was found there instead."""
    return Difference(
        path, stated, found,
        Text(f"{path}：凭据为 {stated}，重算为 {found}", f"{path}: the receipt says {stated}, computed anew it is {found}"),
    )  # fmt: skip
