"""Words that many commands take on the command line, and what they mean; it must import next to nothing."""

import argparse
import os
from pathlib import Path

from alimante.commands.folders import Folders, default_config, find_folders


def takes_config(parser: argparse.ArgumentParser) -> None:
    """Its command needs a configuration: `config_of` tells which."""
    parser.add_argument("--config", metavar="FILE", help="the configuration (default: /etc/alimante/alimante.json)")


def takes_state(parser: argparse.ArgumentParser) -> None:
    """Its command needs the folders of a supervisor: `folders_of` tells which."""
    parser.add_argument("--state-dir", metavar="DIR", help="where state is kept (default: /var/lib/alimante)")


def takes_json(parser: argparse.ArgumentParser) -> None:
    """Its command can tell what it has to tell as `json`."""
    parser.add_argument("--json", action="store_true", help="print one JSON document")


def config_of(given: str | None) -> Path:
    """The configuration that is meant."""
    return Path(given) if given is not None else default_config(os.environ, is_root=os.geteuid() == 0)


def folders_of(args: argparse.Namespace) -> Folders:
    """The folders that are meant."""
    return find_folders(args.state_dir, os.environ, is_root=os.geteuid() == 0)
