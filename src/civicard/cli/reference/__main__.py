"""`python -m civicard.cli.reference [FOLDER]`: write the reference anew, whole or not at all."""

import argparse
import sys
from pathlib import Path

from civicard.cli.reference import pages
from civicard.files import write_all
from civicard.kernel.refusal import Refusal


def main() -> int:
    """Make every page and write them into the folder."""
    parser = argparse.ArgumentParser(
        prog="python -m civicard.cli.reference", description="Make the reference anew."
    )
    parser.add_argument(
        "folder", nargs="?", type=Path, default=Path("docs/reference"), help="where to (default: %(default)s)"
    )
    folder = parser.parse_args().folder
    try:
        made = {name: text.encode() for name, text in pages().items()}
        write_all(folder, made)
    except Refusal as refusal:
        sys.stderr.write(f"[{refusal.code}] {refusal}\n")
        return 1
    sys.stdout.write(f"{len(made)} files written to {folder}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
