"""What a file may be made of, and what becomes of one that is no configuration."""

import subprocess
import sys
from hashlib import sha256
from pathlib import Path
from time import process_time

import pytest
from texts import SOUND, errors, spoilt

from alimante.config.faults import ConfigInvalid, Fault
from alimante.config.load import load, load_bytes
from tests.bounds import least


def faults_of(data: bytes) -> tuple[Fault, ...]:
    with pytest.raises(ConfigInvalid) as caught:
        load_bytes(data)
    return caught.value.errors


def test_a_file_is_loaded_with_its_digest_and_text(tmp_path: Path):
    file = tmp_path / "box.json"
    file.write_text(SOUND)
    loaded = load(file)
    assert loaded.sha256 == sha256(SOUND.encode()).hexdigest()
    assert loaded.text == SOUND
    assert loaded.config.client_id == "alimante_box"


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_line_ends_of_any_system_are_fine(line_end: str):
    text = spoilt("1883", "0").replace("\n", line_end)
    assert [(fault.line, fault.column) for fault in errors(text)] == [(6, 13)]


def test_a_byte_order_mark_is_fine_and_moves_no_column():
    (fault,) = faults_of(b"\xef\xbb\xbf" + spoilt('  "version": 1,\n', "").encode())
    assert (fault.line, fault.column) == (1, 1)
    (fault,) = faults_of(b"\xef\xbb\xbf[1")
    assert (fault.line, fault.column) == (1, 3)


@pytest.mark.parametrize(
    ("data", "words", "line", "column"),
    [
        (SOUND.encode("utf-16"), "UTF-16", 1, 1),
        (SOUND.encode("utf-16-le"), "UTF-16", 1, 1),
        (SOUND.encode("utf-32"), "UTF-16 or UTF-32", 1, 1),
        (b'{"a":\n "\xe9"}', "not UTF-8", 2, 3),
        (b'{"version":\n\0 1}', "NUL", 2, 1),
        (b"", "empty", 1, 1),
        (b" \n ", "empty", 1, 1),
        (b"[" * 100_000, "nested deeper than 32", 1, 33),
        (b"[" * 100_000 + b"]" * 100_000, "nested deeper than 32", 1, 33),
        (b'{"a":' * 100_000 + b"1" + b"}" * 100_000, "nested deeper than 32", 1, 161),
        (b"[]", "must be an object", 1, 1),
        (b'"text"', "must be an object", 1, 1),
        (b"null", "must be an object", 1, 1),
        (b"NaN", "NaN is not a number", 1, 1),
        (b" " * (1 << 20) + b"{}", "larger than 1 MiB", 1, 1),
    ],
    ids=lambda value: repr(value)[:20],
)
def test_f109_what_is_no_configuration_is_told_in_a_sentence(data: bytes, words: str, line: int, column: int):
    fault = faults_of(data)[0]
    assert words in fault.message
    assert (fault.line, fault.column, fault.pointer) == (line, column, "")


def test_a_missing_file_a_folder_and_a_forbidden_file_are_told(tmp_path: Path, mocker):
    with pytest.raises(ConfigInvalid, match="there is no file"):
        load(tmp_path / "none.json")
    with pytest.raises(ConfigInvalid, match="is a folder"):
        load(tmp_path)
    with pytest.raises(ConfigInvalid, match="cannot be read"):
        load(Path("nul\0"))
    with pytest.raises(ConfigInvalid, match="cannot be read"):
        load(tmp_path / ("long" * 1000))
    mocker.patch.object(Path, "open", side_effect=PermissionError())  # root may read everything
    with pytest.raises(ConfigInvalid, match="this user may not read"):
        load(tmp_path / "box.json")


MEASURE = """
import resource, sys
from pathlib import Path
from time import process_time
from alimante.config.faults import ConfigInvalid
from alimante.config.load import load
from hardware.sim.settings import PlantSettings
mib = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
before = mib()
start = process_time()
try:
    load(Path(sys.argv[1]), simulation_model=PlantSettings)
except ConfigInvalid as invalid:
    print(process_time() - start, mib() - before, len(invalid.errors))
"""


@pytest.mark.parametrize(
    "content",
    [
        b"[" * (50 << 20),
        b"[" * (1 << 20),
        b"[" + b"1," * (1 << 19),
        b"{" + b'"a":1,' * 170_000 + b'"b":NaN}',
        b'{"version":' + b"9" * 1_000_000 + b"}",
        b'{"devices":{' + b",".join(b'"d%d":{"driver":"relai"}' % number for number in range(30_000)) + b"}}",
        b'{"wires":{' + b",".join(b'"w%d":{"kind":"gpoi"}' % number for number in range(30_000)) + b"}}",
        b"{" + b",".join(b'"k%d":1' % number for number in range(80_000)) + b"}",
        b'{"simulation":{' + b",".join(b'"k%d":1' % number for number in range(80_000)) + b"}}",
        b'{"devices":{' + b",".join(b'"%s":1' % (b"K%d" % number * 9999) for number in range(18)) + b"}}",
        b'{"wires":{"g":{"kind":"gpio","backend":"sim"}},"devices":{'
        + b",".join(b'"d%d":{"driver":"button","wire":"g","pin":14}' % number for number in range(20_000))
        + b"}}",
    ],
    ids=[
        "50 MiB",
        "depth",
        "cut off",
        "a key",
        "digits",
        "devices",
        "wires",
        "top keys",
        "simulation",
        "long keys",
        "pins",
    ],
)
def test_f109_a_hostile_file_costs_less_than_a_second_and_50_mib(tmp_path: Path, content: bytes):
    file = tmp_path / "hostile.json"
    file.write_bytes(content)

    def cost_s() -> float:
        done = subprocess.run([sys.executable, "-c", MEASURE, file], capture_output=True, text=True, check=True)
        taken_s, taken_mib, count = map(float, done.stdout.split())
        assert count >= 1
        assert taken_mib < 50.0
        return taken_s

    assert least(1.0, cost_s) < 1.0


def test_f119_a_secret_that_others_may_read_is_a_warning(tmp_path: Path):
    secret = tmp_path / "password"
    secret.write_text("hunter2")
    text = spoilt('"port"', f'"username": "me", "password": {{"file": "{secret}"}}, "port"').encode()
    secret.chmod(0o600)
    assert load_bytes(text).warnings == ()
    secret.chmod(0o640)
    (fault,) = load_bytes(text).warnings
    assert fault.pointer == "/mqtt/password/file"
    assert fault.hint == f"chmod 600 {secret}"
    secret.unlink()  # whoever needs it says so
    assert load_bytes(text).warnings == ()


def test_a_thousand_devices_load_in_a_quarter_of_a_second():
    devices = ", ".join(
        f'"d{number}": {{"driver": "ds18b20", "wire": "w1", "address": "28-{number:012x}"}}'
        for number in range(2, 1002)
    )
    text = spoilt('"devices": {', f'"devices": {{{devices}, ').encode()
    load_bytes(text)

    def cost_s() -> float:
        start_s = process_time()
        assert len(load_bytes(text).config.devices) == 1006
        return process_time() - start_s

    assert least(0.25, cost_s) < 0.25
