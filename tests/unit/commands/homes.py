"""A home with a configuration file and a state folder in which configurations ran; no supervisor is running there."""

import json
from pathlib import Path
from typing import Any

from alimante import cli
from alimante.commands.loading import whole
from alimante.core.files import DiskFiles
from alimante.policy.boot import Record
from alimante.policy.probation import Survey
from alimante.rollout.rollout import Rollout
from alimante.rollout.store import ConfigStore, digest

BOX: dict[str, Any] = {
    "version": 1,
    "node": {"id": "box"},
    "mqtt": {"embedded": True},
    "wires": {"gpio": {"kind": "gpio", "backend": "sim"}},
    "devices": {
        "lamp": {
            "driver": "relay",
            "wire": "gpio",
            "pin": 17,
            "active_high": True,
            "role": "light",
            "safe_value": "off",
        }
    },
}


def box(pin: int = 17, **more: Any) -> str:
    """The text of a configuration with its lamp at `pin`."""
    devices = {"lamp": {**BOX["devices"]["lamp"], "pin": pin}}
    return json.dumps({**BOX, "devices": devices, **more})


def name(text: str) -> str:
    return digest(text.encode())


class Home:
    """`at_s` is the wall clock of what happens here."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "alimante.json"
        self.state = folder / "state"
        self.at_s = 1_700_000_000.0
        self.file.write_text(box())

    def other(self, text: str) -> Path:
        """Another file, which holds `text`."""
        path = self.file.with_name("other.json")
        path.write_text(text)
        return path

    def start(self, text: str) -> Rollout:
        """A start with a file that holds `text`."""
        self.file.write_text(text)
        self.at_s += 60.0
        rollout = Rollout(self.store(), path=self.file, wish=self.file.read_bytes, read=whole, wall=lambda: self.at_s)
        rollout.begin(Record(), kernel="", now_s=0.0, last_words="")
        return rollout

    def commit(self, *texts: str) -> None:
        for text in texts:
            assert self.start(text).confirm(Survey(is_armed=True))

    def refuse(self, text: str, why: str = "it was cold") -> None:
        assert self.start(text).reject(why)

    def store(self) -> ConfigStore:
        return ConfigStore(self.state, files=DiskFiles())

    def say(self, *words: str) -> int:
        """`alimante config` with these words; returns the exit code."""
        where = [] if words[0] == "history" else ["--config", str(self.file)]
        return cli.main(["config", *words, *where, "--state-dir", str(self.state)])
