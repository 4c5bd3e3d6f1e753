"""`alimante config …` on the command line: its words, and which of its commands does the work; it must not do it."""

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING

from alimante.commands.folders import Folders, default_config, find_folders

if TYPE_CHECKING:
    from alimante.commands.past import Standing

PLAN = "what taking another configuration would do, without doing it"
APPLY = "have another configuration taken, on probation"
ROLLBACK = "have a configuration taken that ran before"
HISTORY = "which configurations ran, and what became of them"


def add_words(parser: argparse.ArgumentParser) -> None:
    """What stands behind `alimante config`."""
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    plan = commands.add_parser("plan", help=PLAN, description=PLAN, allow_abbrev=False)
    plan.set_defaults(do=_plan)
    plan.add_argument("file", nargs="?", metavar="FILE", help="the other one (default: what the file holds)")
    apply = commands.add_parser("apply", help=APPLY, description=APPLY, allow_abbrev=False)
    apply.set_defaults(do=_apply)
    apply.add_argument(
        "file", nargs="?", metavar="FILE", help="the new one (default: what the configuration file holds)"
    )
    apply.add_argument("--again", action="store_true", help="also when it was tried and gone back from")
    rollback = commands.add_parser("rollback", help=ROLLBACK, description=ROLLBACK, allow_abbrev=False)
    rollback.set_defaults(do=_rollback)
    rollback.add_argument(
        "id", nargs="?", metavar="ID", help="a number of the history or the first digits of a name (the one before)"
    )
    for changing in (apply, rollback):
        changing.add_argument("--wait", action="store_true", help="until it has proved itself or was gone back from")
    for each in (plan, apply, rollback):
        each.add_argument("--config", metavar="FILE", help="the configuration file (default: that of the supervisor)")
    history = commands.add_parser("history", help=HISTORY, description=HISTORY, allow_abbrev=False)
    history.set_defaults(do=_history)
    for each in (plan, apply, rollback, history):
        each.add_argument("--state-dir", metavar="DIR", help="where state is kept (default: /var/lib/alimante)")
        each.add_argument("--json", action="store_true", help="print one JSON document")


def _plan(args: argparse.Namespace) -> int:
    from alimante.commands.plan import plan

    stands = _stands(args)
    return plan(stands.path if args.file is None else Path(args.file), stands, as_json=args.json)


def _apply(args: argparse.Namespace) -> int:
    from alimante.commands.apply import Order, apply

    order = Order(again=args.again, wait=args.wait, as_json=args.json)
    return apply(None if args.file is None else Path(args.file), _stands(args), order)


def _rollback(args: argparse.Namespace) -> int:
    from alimante.commands.apply import Order, rollback

    return rollback(args.id, _stands(args), Order(wait=args.wait, as_json=args.json))


def _history(args: argparse.Namespace) -> int:
    from alimante.commands.changes import history

    return history(_folders(args), as_json=args.json)


def _stands(args: argparse.Namespace) -> "Standing":
    from alimante.commands.past import standing

    given = None if args.config is None else Path(args.config)
    return standing(_folders(args), given, default_config(os.environ, is_root=os.geteuid() == 0))


def _folders(args: argparse.Namespace) -> Folders:
    return find_folders(args.state_dir, os.environ, is_root=os.geteuid() == 0)
