"""Who does something: the person or process that a deed, a fact and a query belong to. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from civicard.kernel.permissions import May, Reach
from civicard.kernel.refusal import Refusal
from civicard.kernel.text import Text

__all__ = ["Actor", "NotPermitted", "require"]


class NotPermitted(Refusal):
    """None of the actor's roles covers what was asked at that place."""

    code = "not_permitted"


@dataclass(frozen=True, kw_only=True, slots=True)
class Actor:
    """Somebody who acts.

    Attributes:
        code: a pseudonym, such as `clerk-0042` or `job-seal`: never a name, since facts carry it.
        grants: what they may do, and where; what is not named they may not do anywhere.
    """

    code: str
    # Two actors of one code with other grants differ, but a mapping has no hash.
    grants: Mapping[May, Reach] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        # A copy: whoever made the mapping cannot grant more through it afterwards.
        object.__setattr__(self, "grants", MappingProxyType(dict(self.grants)))

    def reach(self, may: May) -> Reach | None:
        """Return where they may do it; None means nowhere."""
        return self.grants.get(may)

    def may(self, may: May, *, station: str | None = None, district: str | None = None) -> bool:
        """Tell whether they may do it at a place; without a place it concerns the whole city.

        >>> clerk = Actor(code="clerk-0042", grants={May.SEE_CARDS: Reach.of_station("310101-007")})
        >>> clerk.may(May.SEE_CARDS, station="310101-007"), clerk.may(May.SEE_CARDS)
        (True, False)
        """
        reach = self.reach(may)
        return reach is not None and reach.covers(station=station, district=district)


def require(actor: Actor, may: May, *, station: str | None = None, district: str | None = None) -> None:
    """Hold the actor to be allowed to do something at a place; without a place it concerns the whole city.

    Raises:
        NotPermitted: none of their roles covers it there.
    """
    if actor.may(may, station=station, district=district):
        return
    place = _place(station, district)
    reach = actor.reach(may)
    if reach is None:
        now = Text("您目前没有这项权限", "you have this permission nowhere")
    else:
        now = Text(f"您的这项权限限于 {reach}", f"you have this permission only at {reach}")
    raise NotPermitted(
        Text(
            f"不能在{place.zh}{may.words.zh}（{may}）：{now.zh}。未作改动；如工作需要，请向账户管理员申请相应角色。",
            f"You may not {may.words.en} ({may}) {place.en}: {now.en}. Nothing was done; if your work needs it, ask an "
            "administrator of accounts for a role that grants it.",
        )
    )


def _place(station: str | None, district: str | None) -> Text:
    match station, district:
        case None, None:
            return Text("全市", "in the whole city")
        case str(), None:
            return Text(f"网点 {station} ", f"at station {station}")
        case None, str():
            return Text(f"区县 {district} ", f"in district {district}")
        case _:
            return Text(
                f"网点 {station} 和区县 {district} ", f"at station {station} and in district {district}"
            )
