"""Lets happen what happens in every room: doors, cold, sun; it must not know when, or what comes of it."""

from collections.abc import Callable
from dataclasses import dataclass, field

from alimante.simulation.faults import Fault
from hardware.sim.faults import BadFault
from hardware.sim.plant import Plant, UnknownZone


@dataclass(slots=True)
class Outside:
    """The events of one simulated enclosure."""

    plant: Plant
    _there: list[tuple[Fault, Callable[[], None]]] = field(default_factory=list)
    _open: int = 0

    def check(self, event: Fault) -> None:
        """Raises `BadFault` where it cannot happen here."""
        try:
            self.plant.zone_name(event.zone or None)
        except UnknownZone as error:
            raise BadFault(f'"{event.spec}": {error}') from None

    def begin(self, event: Fault) -> None:
        """It happens from now on. Raises `BadFault` where it cannot."""
        self.check(event)
        match event.target:
            case "door":
                end = self._open_door()
            case "room":
                end = self.plant.step_room(event.argument)
            case _:
                end = self.plant.shine(event.argument, event.zone or None)
        self._there.append((event, end))

    def end(self, event: Fault) -> None:
        """It is over."""
        index = next(index for index, (each, _) in enumerate(self._there) if each == event)
        self._there.pop(index)[1]()

    def _open_door(self) -> Callable[[], None]:
        """Somebody opens the door, which stands open until the last one has closed it."""

        def close() -> None:
            self._open -= 1
            self.plant.door_open = self._open > 0

        self._open += 1
        self.plant.door_open = True
        return close
