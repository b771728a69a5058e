"""A receipt held against the lake that it names: measured anew, up to the seal it rests on."""

from collections.abc import Iterator, Mapping
from typing import Any

from civicard.evaluation.measured import FromLake
from civicard.evaluation.measuring import measured_anew
from civicard.evaluation.receipts import Difference, difference, lake_of, texts_of
from civicard.kernel.refusal import Refusal
from civicard.kernel.text import Text
from civicard.ledger.lake import Lake
from civicard.scoring.load import load


class ReceiptWithoutLake(Refusal):
    """A receipt that rests on no lake cannot be held against one."""

    code = "receipt_without_lake"


def differences_in(stated: Mapping[str, Any], lake: Lake) -> list[Difference]:
    """Return what a lake says otherwise than a receipt; nothing when it says the same.

    Args:
        stated: a parsed receipt whose own results hold.
        lake: a lake that was checked; seals that came after the receipt's are left aside.

    Raises:
        ReceiptWithoutLake: the receipt rests on no lake.
        ReceiptUnreadable: the receipt is damaged.
        MeasureUnfit: a measure that the receipt names is no longer there.
    """
    was = lake_of(stated)
    if was is None:
        raise ReceiptWithoutLake(
            Text(
                "这份凭据没有依据任何数据湖，无从核对；请去掉 --lake。",
                "This receipt rests on no lake, so there is nothing to hold against one; leave out --lake.",
            )
        )
    now = measured_anew(was, load(texts_of(stated)), lake)
    if now is None:
        return [_other_lake(was, lake)]
    return list(_differences(was, now))


def _other_lake(was: FromLake, lake: Lake) -> Difference:
    if len(lake.seals) < was.seal:
        text = Text(
            f"凭据依据封签 {was.seal}，而数据湖只到封签 {len(lake.seals)}：末尾的封签不见了，或这是另一个数据湖",
            f"the receipt rests on seal {was.seal}, but the lake ends with seal {len(lake.seals)}: its end was cut off, "
            "or it is another lake",
        )
        return Difference("lake.seal", str(was.seal), str(len(lake.seals)), text)
    root = lake.seals[was.seal - 1].root
    text = Text(
        f"封签 {was.seal} 的根值在凭据中为 {was.root}，在数据湖中为 {root}：这是另一个数据湖",
        f"seal {was.seal} has the root {was.root} in the receipt and {root} in the lake: it is another lake",
    )
    return Difference("lake.root", was.root, root, text)


def _differences(was: FromLake, now: FromLake) -> Iterator[Difference]:
    for key in ("origin", "scale", "adds_up", "city"):
        one, other = was.to_json()[key], now.to_json()[key]
        if one != other:
            yield difference(f"lake.{key}", str(one), str(other))
    for name in dict.fromkeys(one.figure for one in (*was.figures, *now.figures)):
        stated, found = was.of(name), now.of(name)
        if stated is None or found is None:
            yield difference(
                f"lake.{name}",
                "—" if stated is None else stated.measure,
                "—" if found is None else found.measure,
            )
            continue
        before, after = stated.to_json(), found.to_json()
        for key in before:
            if before[key] != after[key]:
                yield difference(f"lake.{name}.{key}", str(before[key]), str(after[key]))
