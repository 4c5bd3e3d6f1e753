"""Nothing that is asked of a simulation is passed over in silence."""

import pytest

from alimante import cli


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--reach", "breaker open"], "--reach says something of many runs"),
        (["--calm"], "say --runs N, too"),
        (["--jobs", "2"], "--jobs"),
        (["--out", "page.md"], "--out is for the page of --matrix"),
        (["--runs", "2", "--plot", "run.svg"], "--plot draws one run"),
        (["--pairs", "--fault", "heater=welded@1h"], "leave out --fault"),
        (["--pairs", "--runs", "3"], "leave out --runs"),
        (["--pairs", "--calm"], "leave out --calm"),
        (["--sample", "5%"], "--sample is for --pairs"),
        (["--kept", "results"], "--kept is for --pairs"),
        (["--runs", "2", "--chaos", "--fault", "heater=welded@1h"], "leave out one of them"),
        (["--healthy", "--fault", "heater=welded@1h"], "leave out --fault"),
        (["--healthy", "--chaos"], "leave out --chaos"),
        (["--healthy", "--matrix"], "leave out --matrix"),
        (["--healthy", "--plot", "run.svg"], "leave out --plot"),
        (["--matrix", "--runs", "2"], "what makes many runs"),
        (["--matrix", "--scenario", "evening.json"], "tries every fault by itself"),
    ],
)
def test_what_would_have_no_effect_is_refused(arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]):
    assert cli.main(["simulate", "--config", "config/one-probe.json", *arguments]) == 2
    assert words in capsys.readouterr().err
