"""`alimante config …` on the command line: its words, and which of its commands does the work; it must not do it."""

import argparse
import os
from pathlib import Path

from alimante.commands.folders import Folders, default_config, find_folders

PLAN = "what taking another configuration would do, without doing it"
HISTORY = "which configurations ran, and what became of them"


def add_words(parser: argparse.ArgumentParser) -> None:
    """What stands behind `alimante config`."""
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    plan = commands.add_parser("plan", help=PLAN, description=PLAN, allow_abbrev=False)
    plan.set_defaults(do=_plan)
    plan.add_argument(
        "file", nargs="?", metavar="FILE", help="the other one (default: what the configuration file holds)"
    )
    plan.add_argument("--config", metavar="FILE", help="the configuration file (default: that of the supervisor)")
    history = commands.add_parser("history", help=HISTORY, description=HISTORY, allow_abbrev=False)
    history.set_defaults(do=_history)
    for each in (plan, history):
        each.add_argument("--state-dir", metavar="DIR", help="where state is kept (default: /var/lib/alimante)")
        each.add_argument("--json", action="store_true", help="print one JSON document")


def _plan(args: argparse.Namespace) -> int:
    from alimante.commands.past import standing
    from alimante.commands.plan import plan

    stands = standing(_folders(args), _given(args), _default())
    return plan(stands.path if args.file is None else Path(args.file), stands, as_json=args.json)


def _history(args: argparse.Namespace) -> int:
    from alimante.commands.changes import history

    return history(_folders(args), as_json=args.json)


def _given(args: argparse.Namespace) -> Path | None:
    return None if args.config is None else Path(args.config)


def _default() -> Path:
    return default_config(os.environ, is_root=os.geteuid() == 0)


def _folders(args: argparse.Namespace) -> Folders:
    return find_folders(args.state_dir, os.environ, is_root=os.geteuid() == 0)
