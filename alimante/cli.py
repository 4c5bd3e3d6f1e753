"""The command line: says which commands there are and turns mistakes into sentences; it must not do their work."""

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from alimante import __version__
from alimante.commands.config import add_words
from alimante.commands.errors import CommandFailed
from alimante.commands.words import config_of, folders_of, takes_config, takes_json, takes_state

CONFIG = "change the configuration of a running supervisor, see what became of changes, and go back"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit code: 0 fine, 1 failed, 2 bad usage or bad configuration, 70 gave up."""
    args = _parser().parse_args(arguments)
    try:
        code: int = args.do(args)
        sys.stdout.flush()
    except BrokenPipeError:  # the reader of our output has gone, as `| head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except CommandFailed as failure:
        if str(failure):
            sys.stderr.write(f"alimante: {failure}\n")
        return failure.code
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="alimante", description="Keeps the hardware of a terrarium inside safe limits.", allow_abbrev=False
    )
    parser.add_argument("--version", action="version", version=f"alimante {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    run = _add(commands, "run", "run the supervisor", _run)
    takes_config(run)
    takes_state(run)
    check = _add(commands, "check", "tell everything that is wrong with a configuration", _check)
    check.add_argument("file", nargs="?", metavar="FILE", help="the configuration")
    check.add_argument(
        "--deep", action="store_true", help="try its corner cases on a simulated enclosure, too, for some minutes"
    )
    takes_json(check)
    add_words(commands.add_parser("config", help=CONFIG, description=CONFIG, allow_abbrev=False))
    _add(commands, "schema", "print the JSON Schema of the configuration", _schema)
    _add_simulate(commands)
    devices = _add(commands, "devices", "list the devices of a configuration", _devices)
    takes_config(devices)
    takes_json(devices)
    takes_json(_add(commands, "drivers", "list the installed drivers", _drivers))
    read = _add(commands, "read", "what a sensor says: as the supervisor believes, else measured now", _read)
    read.add_argument("device", metavar="DEVICE")
    put = _add(commands, "set", "put one output to a value, by the rules of the supervisor if one runs", _set)
    put.add_argument("device", metavar="DEVICE")
    put.add_argument("value", metavar="VALUE", help="ON, OFF, a number, or AUTO to give it back to its controllers")
    put.add_argument("--for", dest="how_long", metavar="DURATION", help="such as 10m or 2h (30m)")
    for answering in (read, put):
        takes_json(answering)
    safe = _add(commands, "safe", "put every output to its safe value", _safe)
    for direct in (read, put, safe):
        takes_config(direct)
        takes_state(direct)
    safe_mode = _add(commands, "safe-mode", "end the mode in which bad starts keep every output safe", _safe_mode)
    safe_mode.add_argument("switch", choices=["off"])
    takes_state(safe_mode)
    for asking in _asking(commands):
        takes_state(asking)
        takes_json(asking)
    return parser


def _asking(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> list[argparse.ArgumentParser]:
    """The commands that only ask or tell the running supervisor."""
    status = _add(commands, "status", "what the running supervisor says of itself", _status)
    why = _add(commands, "why", "why an output, a sensor, a group or a controller is as it is", _why)
    why.add_argument("device", metavar="NAME")
    health = _add(commands, "health", "how well everything is, and what to do about what is not", _health)
    health.add_argument("component", nargs="?", metavar="COMPONENT")
    alerts = _add(commands, "alerts", "the active alerts", _alerts)
    ack = _add(commands, "ack", "say that you know of an alert", _acknowledge)
    ack.add_argument("alert", metavar="ALERT", help="as `alimante alerts` shows it: COMPONENT/CONDITION")
    ack.add_argument("--by", metavar="NAME", help="who knows (default: your user name)")
    errors = _add(commands, "errors", "what failed lately", _errors)
    metrics = _add(commands, "metrics", "numbers of the computer and of the supervisor", _metrics)
    maintenance = _add(commands, "maintenance", "have controllers ignored while you work inside", _maintenance)
    maintenance.add_argument("switch", choices=["on", "off"], metavar="on|off")
    maintenance.add_argument("duration", nargs="?", metavar="DURATION", help="such as 30m or 2h, 4h at most (30m)")
    reset = _add(commands, "reset", "say that a tripped output is in order again", _reset)
    reset.add_argument("device", metavar="DEVICE")
    recover = _add(
        commands, "recover", "begin a device or a wire anew, or say that you have done what was asked", _recover
    )
    recover.add_argument("device", metavar="DEVICE", help="a device or a wire of the configuration")
    repairs = _add(commands, "repairs", "what is broken, and what was done about it", _repairs)
    return [status, why, health, alerts, ack, errors, metrics, maintenance, reset, recover, repairs]


def _add(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]",
    name: str,
    summary: str,
    do: Callable[[argparse.Namespace], int],
) -> argparse.ArgumentParser:
    parser = commands.add_parser(name, help=summary, description=summary, allow_abbrev=False)
    parser.set_defaults(do=do)
    return parser


def _add_simulate(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    simulate = _add(commands, "simulate", "try a configuration on a simulated enclosure, days in minutes", _simulate)
    takes_config(simulate)
    simulate.add_argument("--scenario", metavar="FILE", help="what is to happen, as JSON; what is given here beats it")
    simulate.add_argument("--for", dest="how_long", metavar="DURATION", help="such as 90m or 30d (1d)")
    simulate.add_argument(
        "--fault",
        action="append",
        default=[],
        metavar="SPEC",
        help="DEVICE=KIND[(ARGUMENT)]@WHEN[+DURATION], such as warm_probe=off@10m+5m, heater=welded@1h, "
        "broker=down@5m+10s or clock=step(-2h)@1h, or an event such as door=open@1h+10m; may be given again",
    )
    simulate.add_argument("--seed", type=int, metavar="N", help="of all chance; the same gives the same run (1)")
    simulate.add_argument("--chaos", action="store_true", help="draw faults by chance, by the seed")
    simulate.add_argument(
        "--healthy",
        nargs="*",
        metavar="FILE",
        help="draw a life in which nothing is broken (weather, doors, sun, bulbs, power cuts), by the seed, and count "
        "false trips and needless alerts, in more configurations if you like",
    )
    simulate.add_argument("--plot", metavar="FILE.svg", help="draw temperatures, actuators and faults")
    simulate.add_argument(
        "--matrix",
        nargs="*",
        metavar="FILE",
        help="try each fault that there is by itself, in more configurations if you like, and --for so long none",
    )
    simulate.add_argument("--runs", type=_count, metavar="N", help="so many runs, with the seeds from --seed on")
    simulate.add_argument("--pairs", action="store_true", help="every two faults at once that chance may draw")
    simulate.add_argument("--calm", action="store_true", help="with --runs: no alert, restart or many writes either")
    simulate.add_argument(
        "--reach",
        action="append",
        default=[],
        metavar="STATE",
        help='with --runs: what some run must come to, as "sometimes" of --json names it; may be given again',
    )
    simulate.add_argument("--jobs", type=_count, metavar="N", help="with --runs: processes at once (one per core)")
    simulate.add_argument("--sample", type=_share, metavar="SHARE", help="with --pairs: only 5%% of the runs, or so")
    simulate.add_argument(
        "--kept",
        metavar="FILE",
        help="with --pairs: where results go, and those of a campaign that was interrupted are",
    )
    simulate.add_argument("--out", metavar="FILE.md", help="where the page of --matrix goes")
    takes_json(simulate)


def _share(text: str) -> float:
    share = float(text.removesuffix("%")) / (100.0 if text.endswith("%") else 1.0)
    if not 0.0 < share <= 1.0:
        raise ValueError
    return share


def _count(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{number} is less than 1")
    return number


def _run(args: argparse.Namespace) -> int:
    from alimante.commands import run

    return run.run(config_of(args.config), folders_of(args))


def _check(args: argparse.Namespace) -> int:
    if args.deep:
        from alimante.commands import deep

        return deep.check_deep(config_of(args.file), as_json=args.json)
    from alimante.commands import offline

    return offline.check(config_of(args.file), as_json=args.json)


def _simulate(args: argparse.Namespace) -> int:
    from alimante.commands import simulate

    _refuse_unused(args)
    if args.scenario is not None:
        simulate.add_scenario(args, config_of(args.config))
    args.how_long = args.how_long or "1d"
    args.seed = 1 if args.seed is None else args.seed
    if args.matrix is not None:
        return _matrix(args)
    if args.healthy is not None:
        return _healthy(args)
    if args.runs is not None or args.pairs:
        return _campaign(args)
    return simulate.simulate(
        config_of(args.config),
        how_long=args.how_long,
        faults=args.fault,
        seed=args.seed,
        chaos=args.chaos,
        as_json=args.json,
        plot=args.plot,
    )


def _refuse_unused(args: argparse.Namespace) -> None:
    """Raises `BadUse` for what would have no effect: somebody who gave it would believe in a run that was not made."""
    from alimante.commands.errors import BadUse

    def given(*names: str) -> list[str]:
        return [f"--{name}" for name in names if getattr(args, name) not in (None, False, [])]

    many = ("runs", "pairs", "calm", "reach", "jobs", "sample", "kept")
    others = ("scenario", "fault", "chaos", "plot", "pairs", "calm", "reach", "sample", "kept")
    if args.healthy is not None and (unused := ["--matrix"] if args.matrix is not None else given(*others)):
        raise BadUse(f"--healthy draws what happens and says what is asked of it; leave out {unused[0]}")
    if args.matrix is not None and given("scenario", "fault", "chaos", "plot", *many):
        raise BadUse(
            "--matrix tries every fault by itself; leave out --fault, --chaos and --plot, and what makes many runs"
        )
    is_campaign = args.runs is not None or args.pairs or args.healthy is not None
    if not is_campaign and (unused := given("calm", "reach", "jobs")):
        raise BadUse(f"{unused[0]} says something of many runs; say --runs N, too")
    if args.matrix is None and args.out is not None:
        raise BadUse("--out is for the page of --matrix; --plot draws a run")
    if is_campaign and args.plot is not None:
        raise BadUse("--plot draws one run; leave out --runs and --pairs")
    if not args.pairs and (unused := given("sample", "kept")):
        raise BadUse(f"{unused[0]} is for --pairs")
    if args.pairs and (unused := given("scenario", "fault", "chaos", "runs", "calm")):
        raise BadUse(f"--pairs knows its faults and how many runs they take; leave out {unused[0]}")
    if is_campaign and args.chaos and args.fault:
        raise BadUse("with --runs faults come from --chaos or from --fault; leave out one of them")


def _campaign(args: argparse.Namespace) -> int:
    from alimante.commands.campaign import Order, campaign
    from alimante.commands.pairs import try_pairs

    order = Order(
        config_path=config_of(args.config),
        how_long=args.how_long,
        faults=args.fault,
        seed=args.seed,
        runs=args.runs or 1,
        chaos=args.chaos,
        calm=args.calm,
        reach=args.reach,
        jobs=args.jobs,
        as_json=args.json,
    )
    if args.pairs:
        return try_pairs(order, share=args.sample or 1.0, kept=None if args.kept is None else Path(args.kept))
    return campaign(order)


def _healthy(args: argparse.Namespace) -> int:
    from alimante.commands.healthy import Order, healthy

    return healthy(
        Order(
            configs=[config_of(args.config), *map(Path, args.healthy)],
            how_long=args.how_long,
            seed=args.seed,
            runs=args.runs or 1,
            jobs=args.jobs,
            as_json=args.json,
        )
    )


def _matrix(args: argparse.Namespace) -> int:
    from alimante.commands import matrix

    configs = dict.fromkeys([config_of(args.config), *map(Path, args.matrix)])
    return matrix.matrix(list(configs), how_long=args.how_long, seed=args.seed, as_data=args.json, out=args.out)


def _schema(args: argparse.Namespace) -> int:
    from alimante.commands import offline

    return offline.schema()


def _devices(args: argparse.Namespace) -> int:
    from alimante.commands import offline

    return offline.devices(config_of(args.config), as_json=args.json)


def _drivers(args: argparse.Namespace) -> int:
    from alimante.commands import offline

    return offline.drivers(as_json=args.json)


def _read(args: argparse.Namespace) -> int:
    from alimante.commands import reach

    return reach.read(config_of(args.config), folders_of(args), args.device, as_json=args.json)


def _set(args: argparse.Namespace) -> int:
    from alimante.commands import reach

    return reach.set_value(
        config_of(args.config), folders_of(args), args.device, args.value, how_long=args.how_long, as_json=args.json
    )


def _safe(args: argparse.Namespace) -> int:
    from alimante.commands import direct

    return direct.safe(config_of(args.config), folders_of(args))


def _status(args: argparse.Namespace) -> int:
    from alimante.commands import ask

    return ask.status(folders_of(args), as_json=args.json)


def _why(args: argparse.Namespace) -> int:
    from alimante.commands import ask

    return ask.why(folders_of(args), args.device, as_json=args.json)


def _safe_mode(args: argparse.Namespace) -> int:
    from alimante.commands import safe_mode

    return safe_mode.leave(folders_of(args))


def _health(args: argparse.Namespace) -> int:
    from alimante.commands import ask

    return ask.health(folders_of(args), args.component, as_json=args.json)


def _alerts(args: argparse.Namespace) -> int:
    from alimante.commands import ask

    return ask.alerts(folders_of(args), as_json=args.json)


def _acknowledge(args: argparse.Namespace) -> int:
    from alimante.commands import ask

    return ask.acknowledge(folders_of(args), args.alert, args.by, as_json=args.json)


def _errors(args: argparse.Namespace) -> int:
    from alimante.commands import ask

    return ask.errors(folders_of(args), as_json=args.json)


def _metrics(args: argparse.Namespace) -> int:
    from alimante.commands import ask

    return ask.metrics(folders_of(args), as_json=args.json)


def _maintenance(args: argparse.Namespace) -> int:
    from alimante.commands import ask

    return ask.maintenance(folders_of(args), args.switch, args.duration, as_json=args.json)


def _reset(args: argparse.Namespace) -> int:
    from alimante.commands import ask

    return ask.reset(folders_of(args), args.device, as_json=args.json)


def _recover(args: argparse.Namespace) -> int:
    from alimante.commands import ask

    return ask.recover(folders_of(args), args.device, as_json=args.json)


def _repairs(args: argparse.Namespace) -> int:
    from alimante.commands import ask

    return ask.repairs(folders_of(args), as_json=args.json)


if __name__ == "__main__":
    raise SystemExit(main())
