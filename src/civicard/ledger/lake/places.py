"""Where a lake may be begun: in a folder that holds nothing else, or none yet. No Django."""

import os
import re
from pathlib import Path

from civicard.kernel.refusal import Refusal
from civicard.kernel.text import Text
from civicard.ledger.lake import ABOUT, LOCK, SEAL_FOLDER, UNFINISHED, About, LakeUnreadable, read_about

__all__ = ["PART", "LakePlaceTaken", "lake_at"]

# What a process that was killed while it wrote `lake.json` leaves; nobody reads it.
PART = re.compile(r"\.civicard-[0-9a-f]{16}\.part")


class LakePlaceTaken(Refusal):
    """A lake is to be begun where something else stands."""

    code = "lake_place_taken"


def lake_at(folder: Path | str) -> About | None:
    """Return what the lake in `folder` says of itself; None where there is none and one may be begun.

    A folder with seals and no description is let pass: sealing tells what is missing there.

    Raises:
        LakePlaceTaken: it is a file, or a folder with other things, which checking would find in the lake.
        LakeUnreadable: it may not be looked into, or the description of the lake is damaged.
    """
    home = Path(folder)
    try:
        names = sorted(os.listdir(home))  # noqa: PTH208 - names are all that is asked for
    except FileNotFoundError:
        return None
    except NotADirectoryError:
        raise LakePlaceTaken(
            Text(
                f"{home} 不能用作数据湖的文件夹：那里是一个文件，未作改动；请换一个文件夹。",
                f"{home} cannot be the folder of a lake: a file stands there. Nothing was changed; name another folder.",
            )
        ) from None
    except OSError as error:
        said = error.strerror or str(error)
        raise LakeUnreadable(
            Text(
                f"无法查看文件夹 {home}：{said}；未作改动。请检查路径和权限，或换一个文件夹。",
                f"Cannot look into the folder {home}: {said}. Nothing was changed; check its path and permissions, or "
                "name another one.",
            )
        ) from error
    if ABOUT in names:
        return read_about(home)
    # What a process that was stopped before it described the lake leaves, the next one takes over.
    others = [one for one in names if one not in {LOCK, UNFINISHED} and not PART.fullmatch(one)]
    if others and not any(SEAL_FOLDER.fullmatch(one) for one in others):
        raise LakePlaceTaken(
            Text(
                f"{home} 中不是数据湖，已有其他内容（如 {others[0]}），未作改动；请换一个空文件夹。",
                f"{home} is no lake and holds other things, such as {others[0]}. Nothing was changed; name an empty "
                "folder.",
            )
        )
    return None
