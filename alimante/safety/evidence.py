"""Counts the good readings of everything that outputs depend on, for arming; it must not judge a reading."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from alimante.core.events import Quality
from alimante.policy.belief import Belief, Believed, unknown

GOOD_SAMPLES: Final = 3
"""So many good readings in a row are asked for after silence: one may be a power-on value or a spike."""


@dataclass(slots=True)
class _Proof:
    good: int = 0
    last_s: float | None = None


class Evidence:
    """What outputs need to be believed, and whether it has proved itself since it was last unknown."""

    def __init__(self, believed: Believed) -> None:
        self._believed = believed
        self._proofs: dict[str, _Proof] = {}
        self._latest: dict[str, Belief] = {}

    def look(self, name: str) -> Belief:
        """The belief in `name` now; something that nobody knows is unknown."""
        try:
            belief = self._believed(name)
        except KeyError:
            belief = unknown("there is no such reading")
        if belief is not self._latest.get(name):  # the same one again proves nothing more
            self._latest[name] = belief
            self._count(self._proofs.setdefault(name, _Proof()), belief)
        return belief

    def values(self, names: Iterable[str]) -> tuple[tuple[str, float], ...]:
        """What was last believed of `names`, by name; what is not known is left out."""
        beliefs = {name: self._latest[name].value for name in names if name in self._latest}
        return tuple((name, value) for name, value in beliefs.items() if value is not None)

    def doubt(self) -> None:
        """Ask everything to prove itself again."""
        for proof in self._proofs.values():
            proof.good = 0

    def lack(self, looked: Mapping[str, Belief]) -> str:
        """What of `looked` is there again but has not proved itself yet; empty when all has."""
        return "; ".join(
            f"{name} has given {self._proofs[name].good} of {GOOD_SAMPLES} good readings in a row"
            for name, belief in looked.items()
            if belief.quality is not Quality.UNKNOWN and self._proofs[name].good < GOOD_SAMPLES
        )

    @staticmethod
    def _count(proof: _Proof, belief: Belief) -> None:
        if belief.quality is Quality.UNKNOWN:
            proof.good = 0
        elif belief.quality is Quality.SUSPECT:
            proof.good = proof.good if proof.good >= GOOD_SAMPLES else 0
        elif belief.measured_s != proof.last_s:
            proof.good = min(GOOD_SAMPLES, proof.good + 1)
        proof.last_s = belief.measured_s
