"""Zip archives (docx is one) with nothing in them that depends on when or where they were made."""

import io
import zipfile

# The earliest time a zip entry can hold.
NO_TIME = (1980, 1, 1, 0, 0, 0)
FIRST = "[Content_Types].xml"


def settled(archive: bytes) -> bytes:
    """Return `archive` with its entries in a fixed order and at a fixed time: same content, same bytes."""
    made = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(archive)) as source,
        zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as target,
    ):
        # Word wants the list of content types first.
        for name in sorted(source.namelist(), key=lambda entry: (entry != FIRST, entry)):
            entry = zipfile.ZipInfo(name, NO_TIME)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o600 << 16
            entry.create_system = 0
            target.writestr(entry, source.read(name))
    return made.getvalue()
