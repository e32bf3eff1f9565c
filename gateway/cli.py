"""The command `gateway`: reads arguments, loads the one module that carries them out.

Importing everything takes over a second; `gateway --help` and most commands need little of it. So
this is the one place that imports by name, when the arguments are known.
"""

import argparse
import importlib
import sys
from collections.abc import Sequence
from typing import Any, NoReturn, Protocol

from services.errors import InvalidRequest, ServiceError


class Commands(Protocol):
    """What `add_subparsers` returns, whose class argparse keeps to itself."""

    def add_parser(self, name: str, **options: Any) -> argparse.ArgumentParser:
        """Return the parser of one command."""
        ...


class Parser(argparse.ArgumentParser):
    """Says what is wrong with the arguments in one sentence; `--help` shows all of them."""

    def error(self, message: str) -> NoReturn:
        """Exit with 2."""
        self.exit(2, f"{message[0].upper()}{message[1:]}; see `{self.prog} --help`.\n")


ROLES = ("department", "admin", "moderator", "viewer")


def main(argv: Sequence[str] | None = None) -> int:
    """Carry out a command; return its exit code: 0, or another one after a plain sentence.

    A module under `gateway.commands` has one function for each of its commands; it takes the
    arguments and raises ServiceError for what can be said in a sentence.
    """
    args = parser().parse_args(argv)
    try:
        module = importlib.import_module(f"gateway.commands.{args.module}")
        getattr(module, args.function)(args)
    except InvalidRequest as error:
        if len(error.errors) > 1:
            _complain(f"Nothing was changed, {len(error.errors)} values are wrong:")
        for each in error.errors:
            _complain(f"{each.field}: {each.message}" if each.field else each.message)
        return 1
    except ServiceError as error:
        _complain(error.message)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


def parser() -> argparse.ArgumentParser:
    """Return the parser of all commands."""
    top = Parser(
        prog="gateway",
        description="Takes residents' requests from official VK pages to those who must act.",
    )
    nouns = top.add_subparsers(metavar="COMMAND", required=True)
    _process(nouns, "serve", "answer VK, departments and admins over HTTP")
    _process(nouns, "worker", "send messages and hand cases off")
    _process(nouns, "migrate", "bring the database's schema up to date")
    _process(nouns, "check", "say whether settings, database, queue and workers are in order")
    _process(nouns, "demo", "run everything with a stand-in for VK and demo data")
    _operator(nouns.add_parser("operator", help="bodies that answer for personal data"))
    _community(nouns.add_parser("community", help="official pages"))
    _department(nouns.add_parser("department", help="bodies that must act"))
    _key(nouns.add_parser("key", help="API keys"))
    _ring(nouns.add_parser("keys", help="keys that personal values are sealed with"))
    _audit(nouns.add_parser("audit", help="who looked at whose data, who changed the house"))
    _retention(nouns.add_parser("retention", help="how long what is kept"))
    load = _command(nouns, "import", "reference", "import_file", "add or update reference data")
    load.add_argument("file", metavar="FILE", help="JSON, or CSV with a first column `type`")
    _backups(nouns)
    return top


def _backups(nouns: Commands) -> None:
    text = "write database and files into one encrypted file"
    take = _command(nouns, "backup", "backup", "backup", text)
    take.add_argument("file", metavar="FILE", help="must not exist; the keys are not in it")
    text = "put a backup into an empty database and data folder"
    put = _command(nouns, "restore", "backup", "restore", text)
    put.add_argument("file", metavar="FILE")
    put.add_argument("--check", action="store_true", help="read the whole file, change nothing")
    which = put.add_mutually_exclusive_group()
    which.add_argument("--erasures", metavar="FOLDER", help="the folder `erasures` of before")
    which.add_argument(
        "--without-erasures",
        action="store_true",
        help="that folder is lost: what residents erased since the backup comes back",
    )


def _operator(noun: argparse.ArgumentParser) -> None:
    verbs = noun.add_subparsers(metavar="COMMAND", required=True)
    add = _command(verbs, "add", "reference", "add_operator", "add one, or update it by its code")
    add.add_argument("--code", required=True)
    add.add_argument("--title", required=True)
    _command(verbs, "list", "reference", "list_operators", "list all")


def _community(noun: argparse.ArgumentParser) -> None:
    verbs = noun.add_subparsers(metavar="COMMAND", required=True)
    add = _command(verbs, "add", "reference", "add_community", "add one, or update it by its id")
    add.add_argument("--group-id", required=True, type=int, help="VK's number of the group")
    add.add_argument("--token", required=True, help="of the community; @FILE, or - to read it")
    add.add_argument("--title", required=True)
    add.add_argument("--secret", help="of its callbacks; @FILE, or -; made if missing")
    add.add_argument("--confirmation", help="what VK wants to read when it asks for confirmation")
    add.add_argument("--municipality", metavar="CODE", help="OKTMO; without it the whole region")
    add.add_argument("--operator", metavar="CODE")
    add.add_argument("--transport", choices=("callback", "long_poll"))
    _command(verbs, "list", "reference", "list_communities", "list all")
    connect = _command(verbs, "connect", "pages", "connect", "let VK bring their events here")
    which = connect.add_mutually_exclusive_group(required=True)
    which.add_argument("--group-id", type=int, help="VK's number of the group")
    which.add_argument("--all", action="store_true", help="every community")
    connect.add_argument("--rotate", action="store_true", help="with a new secret")
    look = _command(verbs, "check", "pages", "check", "ask VK how they stand, mend what can be")
    look.add_argument("--group-id", type=int, help="VK's number; without it every community")


def _department(noun: argparse.ArgumentParser) -> None:
    verbs = noun.add_subparsers(metavar="COMMAND", required=True)
    add = _command(verbs, "add", "reference", "add_department", "add one, or update it by its code")
    add.add_argument("--code", required=True)
    add.add_argument("--title", required=True)
    add.add_argument("--operator", metavar="CODE")
    add.add_argument("--default", action="store_true", help="gets what no route catches")
    _command(verbs, "list", "reference", "list_departments", "list all")


def _key(noun: argparse.ArgumentParser) -> None:
    verbs = noun.add_subparsers(metavar="COMMAND", required=True)
    issue = _command(verbs, "issue", "keys", "issue", "make one and print it, once")
    issue.add_argument("--role", required=True, choices=ROLES)
    issue.add_argument("--department", metavar="CODE", help="whose key it is (role department)")
    issue.add_argument("--operator", metavar="CODE", help="without it the key is for all")
    issue.add_argument("--holder", default="", metavar="NAME", help="who keeps it")
    issue.add_argument("--days", type=int, help="how long it is good for; without it for ever")
    _command(verbs, "list", "keys", "list_all", "list all; never a key itself")
    revoke = _command(verbs, "revoke", "keys", "revoke", "make one worthless")
    revoke.add_argument("id", metavar="ID", help="as `list` shows it")


def _ring(noun: argparse.ArgumentParser) -> None:
    verbs = noun.add_subparsers(metavar="COMMAND", required=True)
    text = "seal everything with a new key while all runs; goes on where it was stopped"
    rotate = _command(verbs, "rotate", "ring", "rotate", text)
    rotate.add_argument(
        "--notice",
        type=float,
        default=10.0,
        metavar="SECONDS",
        help="that running processes get to learn of the new key (10)",
    )
    _command(verbs, "list", "ring", "list_all", "list the keys, and how far a rotation is")
    _command(verbs, "retire", "ring", "retire", "forget the keys that seal nothing any more")


def _audit(noun: argparse.ArgumentParser) -> None:
    verbs = noun.add_subparsers(metavar="COMMAND", required=True)
    text = "say whether the notes are as they were when they were chained"
    verify = _command(verbs, "verify", "audit", "verify", text)
    verify.add_argument("--head", metavar="HEAD", help="as an earlier `verify` or the log shows it")
    looks = _command(verbs, "looks", "audit", "looks", "list who looked at personal data")
    looks.add_argument("--key", metavar="ID", help="with this key, as `key list` shows it")
    looks.add_argument("--case", metavar="NUMBER", help="at this case")
    looks.add_argument("--person", type=int, metavar="VK_ID", help="at this resident's data")
    looks.add_argument("--operator", metavar="CODE", help="of the person: with this operator only")
    acts = _command(
        verbs, "acts", "audit", "acts", "list who changed keys, pages, routes and so on"
    )
    acts.add_argument("--key", metavar="ID", help="with this key, or this account's commands")
    for verb in (looks, acts):
        verb.add_argument("--since", metavar="YYYY-MM-DD", help="from this day on")


def _retention(noun: argparse.ArgumentParser) -> None:
    verbs = noun.add_subparsers(metavar="COMMAND", required=True)
    text = "let go of what is past its term; the worker does so every hour"
    run = _command(verbs, "run", "retention", "run", text)
    run.add_argument("--dry-run", action="store_true", help="only count it")
    _command(verbs, "list", "retention", "list_all", "list the terms")
    change = _command(verbs, "set", "retention", "change", "keep a kind longer or shorter")
    change.add_argument("kind", metavar="KIND", help="as `list` shows it")
    change.add_argument("--days", type=int, required=True)


def _process(nouns: Commands, name: str, text: str) -> None:
    _command(nouns, name, name, "run", text)


def _command(
    verbs: Commands, name: str, module: str, function: str, text: str
) -> argparse.ArgumentParser:
    command = verbs.add_parser(name, help=text, description=f"{text[0].upper()}{text[1:]}.")
    command.set_defaults(module=module, function=function)
    return command


def _complain(text: str) -> None:
    print(text, file=sys.stderr)
