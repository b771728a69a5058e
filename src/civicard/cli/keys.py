"""`civicard keys`: the keys of the software keystore: list, add, rotate, and give out their public halves."""

import argparse
import sys
from pathlib import Path

from civicard.cli.evaluate import WrongUse
from civicard.cli.keeping import add_seal_keys, keystore
from civicard.kernel.text import Text
from civicard.vault.installation import keystore_to_add_to

# As `civicard.vault.keystore.Purpose` has them; written out so that the parser needs no cryptography to start.
PURPOSES = ("field", "blind_index", "signature_ed25519", "signature_sm2")


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command's arguments."""
    group = commands.add_parser("keys", help="密钥 / keys")
    actions = group.add_subparsers(dest="action", required=True, metavar="ACTION")
    one = actions.add_parser("list", help="列出密钥，不显示秘密 / list the keys; no secret is shown")
    one.add_argument("--lang", choices=("zh", "en"), help="屏幕语言 / language on screen")
    one.set_defaults(run=run_list)
    one = actions.add_parser(
        "add",
        help="添加密钥 / add a key",
        description="添加一个密钥，或用 --seal 添加封签所需的两个密钥 / add a key, or with --seal the two that sign seals",
    )
    one.add_argument("name", nargs="?", help="名称 / name")
    one.add_argument("--purpose", choices=PURPOSES, help="用途 / what it is for, one thing only")
    one.add_argument(
        "--seal", action="store_true", help="封签密钥 / the keys that sign seals: seal, seal-sm2"
    )
    one.add_argument("--lang", choices=("zh", "en"), help="屏幕语言 / language on screen")
    one.set_defaults(run=run_add)
    one = actions.add_parser(
        "rotate",
        help="更换密钥 / give a key a new version",
        description="新版本即刻启用，旧版本仍可解密和核验 / the new version is used from now on; older ones still "
        "decrypt and verify",
    )
    one.add_argument("name", help="名称 / name")
    one.add_argument("--lang", choices=("zh", "en"), help="屏幕语言 / language on screen")
    one.set_defaults(run=run_rotate)
    one = actions.add_parser(
        "public",
        help="公钥清单 / the public keys",
        description="打印全部签名密钥的公钥，供他人核验封签 / print the public halves of all keys that sign, for others "
        "to check seals with",
    )
    one.add_argument("--out", type=Path, help="写入文件 / file to write instead of printing")
    one.add_argument("--lang", choices=("zh", "en"), help="屏幕语言 / language on screen")
    one.set_defaults(run=run_public)


def run_list(arguments: argparse.Namespace) -> int:
    """Print each key with its purpose and, where it signs, its versions."""
    from civicard.cli.printing import columns

    kept = keystore()
    versions = [one.name for one in kept.public_keys()]
    head = tuple(
        one.into(arguments.language)
        for one in (Text("名称", "name"), Text("用途", "for"), Text("版本数", "versions"))
    )
    rows = [head]
    for name in kept.names():
        purpose = kept.purpose(name)
        # Only of keys that sign the vault tells how many versions there are.
        number = str(versions.count(name)) if name in versions else "—"
        rows.append((name, purpose.words.into(arguments.language), number))
    sys.stdout.write("\n".join(columns(rows, right=(2,))) + "\n")
    return 0


def run_add(arguments: argparse.Namespace) -> int:
    """Add a key, or those that sign seals."""
    from civicard.vault.keystore import Purpose

    is_one = arguments.name is not None and arguments.purpose is not None
    if arguments.seal == is_one or (arguments.seal and (arguments.name or arguments.purpose)):
        raise WrongUse(
            Text(
                "请写明名称和 --purpose，或单独使用 --seal",
                "name a key with its --purpose, or use --seal alone",
            )
        )
    kept, is_new = keystore_to_add_to()
    if is_new:
        made = Text("已建立密钥库\n", "A keystore was made\n")
        sys.stdout.write(made.into(arguments.language))
    if arguments.seal:
        added = add_seal_keys(kept)
    else:
        kept.add(arguments.name, Purpose(arguments.purpose))
        added = [arguments.name]
    listed = " ".join(added)
    said = (
        Text(f"已添加：{listed}\n", f"Added: {listed}\n")
        if added
        else Text("封签密钥已有，未改动。\n", "The keys for seals are there; nothing was changed.\n")
    )
    sys.stdout.write(said.into(arguments.language))
    return 0


def run_rotate(arguments: argparse.Namespace) -> int:
    """Give a key a new version."""
    kept = keystore()
    version = kept.rotate(arguments.name)
    said = Text(
        f"{arguments.name} 现为第 {version} 版",
        f"{arguments.name} is now at version {version}",
    )
    # Others hold public halves, and only keys that sign have one.
    more = (
        Text(
            "；请重新分发公钥清单（civicard keys public）",
            "; give out the public keys again (civicard keys public)",
        )
        if arguments.name in {one.name for one in kept.public_keys()}
        else Text("")
    )
    sys.stdout.write(Text(f"{said.zh}{more.zh}。\n", f"{said.en}{more.en}.\n").into(arguments.language))
    return 0


def run_public(arguments: argparse.Namespace) -> int:
    """Print or write the public keys."""
    from civicard.files import write_whole

    text = keystore().public_keys().to_json()
    if arguments.out is None:
        sys.stdout.write(text)
    else:
        write_whole(arguments.out, text.encode())
    return 0
