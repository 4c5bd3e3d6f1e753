"""`alimante config …` on the command line: its words, and which of its commands does the work; it must not do it."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from alimante.commands.words import config_of, folders_of, takes_json, takes_state

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
        takes_state(each)
        takes_json(each)


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

    return history(folders_of(args), as_json=args.json)


def _stands(args: argparse.Namespace) -> "Standing":
    from alimante.commands.past import standing

    given = None if args.config is None else Path(args.config)
    return standing(folders_of(args), given, config_of(None))
