"""Every mistake in the configuration yields a sentence, at its place."""

import pytest
from texts import SOUND, errors, load, marked, spoilt, warnings

# What stands there, what is written instead (the mark is where the fault is told), pointer, words, words of the hint.
MISTAKES = {
    # the top
    "no version": ('  "version": 1,\n', "", "/version", 'the configuration needs "version"', "Version of"),
    "version of tomorrow": ("1,\n  ", "¶2,\n  ", "/version", "format 2, and this Alimante reads format 1", "update"),
    "true for 1": ("1,\n  ", "¶true,\n  ", "/version", "version must be 1; it is true", ""),
    "unknown key": (
        '"version"',
        '¶"verson": 1, "version"',
        "/verson",
        '"verson" is not a key',
        'did you mean "version"?',
    ),
    "simulation is a list": (
        '"devices"',
        '"simulation": ¶[], "devices"',
        "/simulation",
        "simulation must be an object",
        "",
    ),
    "schema is a number": ('"version": 1', '"version": 1, "$schema": ¶1', "/$schema", "$schema must be a text", ""),
    "note is no text": (
        '"version": 1',
        '"version": 1, "note": ¶["x"]',
        "/note",
        "note must be a text; it is a list",
        "",
    ),
    # node
    "node id with capitals": ('"box"', '¶"Box"', "/node/id", "id must be a name of 1 to 32 small letters", ""),
    "node id with line end": ('"box"', '¶"box\\n"', "/node/id", "small letters", ""),
    "node without id": ('{"id": "box", ', "¶{", "/node/id", 'node needs "id"', "Short name"),
    "board": ('"pi-zero-2w"', '¶"pi-zero-2"', "/node/board", 'one of "auto"', 'did you mean "pi-zero-2w"?'),
    "name with control character": ('"box",', '"box", "name": ¶"a\\tb",', "/node/name", "without special ones", ""),
    # mqtt
    "no host": ('    "host": "localhost",\n', "", "/mqtt/host", 'mqtt needs "host"', "embedded"),
    "host and embedded": ('"port"', '"embedded": ¶true, "port"', "/mqtt/embedded", "exclude each other", "remove one"),
    "host with scheme": ('"localhost"', '¶"mqtt://x"', "/mqtt/host", "host must be", "without mqtt://"),
    "port too high": ("1883", "¶70000", "/mqtt/port", "a whole number between 1 and 65535; it is 70000", ""),
    "port as text": ("1883", '¶"1883"', "/mqtt/port", 'whole number between 1 and 65535; it is "1883"', ""),
    "port is true": ("1883", "¶true", "/mqtt/port", "it is true", ""),
    "port with a fraction": ("1883", "¶1883.5", "/mqtt/port", "a whole number", ""),
    "plain password": (
        '"port"',
        '"username": "me", "password": ¶"hunter2", "port"',
        "/mqtt/password",
        "a secret never stands in the configuration",
        '{"file": "/etc/alimante/mqtt.password"}',
    ),
    "password in two places": (
        '"port"',
        '"username": "me", "password": ¶{"env": "A", "file": "/b"}, "port"',
        "/mqtt/password",
        'exactly one of "file"',
        "",
    ),
    "password without user": (
        '"port"',
        '"password": ¶{"env": "A"}, "port"',
        "/mqtt/password",
        'needs a "username"',
        "",
    ),
    "base with wildcard": ('"port"', '"base": ¶"a/#", "port"', "/mqtt/base", "base must be", "without + # $"),
    "protocol": ('"port"', '"protocol": ¶"3.1", "port"', "/mqtt/protocol", '"auto", "5", "3.1.1"', '"3.1.1"?'),
    "tls typo": ('"port"', '"tls": {¶"cafile": "x"}, "port"', "/mqtt/tls/cafile", "is not a key of tls", '"ca_file"?'),
    # wires
    "kind": ('"onewire", ', '¶"1wire", ', "/wires/w1/kind", 'kind must be one of "gpio"', 'did you mean "onewire"?'),
    "no kind": ('{"kind": "onewire", ', "¶{", "/wires/w1/kind", 'w1 needs "kind"', "onewire"),
    "no backend": ('"i2c", "backend": "linux"}', '"i2c"}', "/wires/i2c/backend", 'i2c needs "backend"', "simulated"),
    "backend": ('"i2c", "backend": "linux"', '"i2c", "backend": ¶"real"', "/wires/i2c/backend", '"linux" or "sim"', ""),
    "no factory": (', "factory": "lgpio"', "", "/wires/gpio/factory", 'gpio needs "factory"', "never guessed"),
    "factory": ('"lgpio"', '¶"gpiod"', "/wires/gpio/factory", '"lgpio", "rpigpio", "mock"', '"lgpio"?'),
    "key of another kind": (
        '"i2c", "b',
        '"i2c", ¶"factory": "lgpio", "b',
        "/wires/i2c/factory",
        "is not a key of i2c",
        "bus",
    ),
    "bus as text": (
        '"i2c", "b',
        '"i2c", "bus": ¶"1", "b',
        "/wires/i2c/bus",
        "bus must be a whole number between 0 and",
        "",
    ),
    "wire is a text": ('{"kind": "iio", "backend": "linux"}', '¶"iio"', "/wires/iio", 'object with "kind"', ""),
    "same bus twice": (
        '"w1": {',
        '"other": {"kind": "i2c", "backend": "linux", "bus": ¶1}, "w1": {',
        "/wires/other/bus",
        "the wires i2c and other are both I²C bus 1",
        "put all devices on i2c",
    ),
    "wire name": (
        '"iio": {',
        '¶"II O": {"kind": "iio", "backend": "sim"}, "iio": {',
        "/wires/II O",
        "cannot be a name",
        "",
    ),
    # devices
    "device id": ('"warm": {', '¶"Warm": {}, "warm": {', "/devices/Warm", '"Warm" cannot be a name here', ""),
    "no driver": ('"driver": "ds18b20", ', "", "/devices/warm/driver", 'warm needs "driver"', "lists them"),
    "driver": ('"ds18b20"', '¶"ds18b2O"', "/devices/warm/driver", 'no driver "ds18b2O"', 'did you mean "ds18b20"?'),
    "driver is a number": ('"ds18b20"', "¶18", "/devices/warm/driver", "driver must be a text; it is 18", ""),
    "device is null": ('"warm": {', '"x": ¶null, "warm": {', "/devices/x", 'an object with "driver" and "wire"', ""),
    "no wire": (' "wire": "w1",', "", "/devices/warm/wire", 'warm needs "wire"', ""),
    "unknown wire": ('"wire": "w1"', '"wire": ¶"w2"', "/devices/warm/wire", 'no wire "w2"', "gpio, i2c, iio, pwm, w1"),
    "wire of another kind": (
        '"wire": "w1"',
        '"wire": ¶"i2c"',
        "/devices/warm/wire",
        'ds18b20 hangs on a wire of kind onewire, but "i2c" is of kind i2c',
        "of that kind: w1",
    ),
    "poll_s as text": (
        "5.0",
        '¶"fast"',
        "/devices/air/poll_s",
        'poll_s must be a number of seconds between 0.2 and 3600; it is "fast"',
        "",
    ),
    "poll_s too short": ("5.0", "¶0.1", "/devices/air/poll_s", "between 0.2 and 3600; it is 0.1", ""),
    "poll_s too short for the chip": (
        '"pin": 24',
        '"pin": 24, "poll_s": ¶1',
        "/devices/damp/poll_s",
        "at least 2 for a dht22; it is 1",
        "",
    ),
    "typo in a common key": ('"poll_s"', '¶"pol_s"', "/devices/air/pol_s", '"pol_s" is not a key of air', '"poll_s"?'),
    "typo in a driver's key": (
        '"active_high"',
        '¶"active_hihg"',
        "/devices/heater/active_hihg",
        "is not a key of heater",
        'did you mean "active_high"?',
    ),
    "driver's key missing": (
        ', "active_high": true',
        "",
        "/devices/heater/active_high",
        'heater needs "active_high"',
        "wrong one heats",
    ),
    "active_high as text": ("true", '¶"yes"', "/devices/heater/active_high", 'true or false; it is "yes"', ""),
    "role of a sensor": (
        '"pin": 24',
        '"pin": 24, "role": ¶"fan"',
        "/devices/damp/role",
        'role must be "ambient"',
        "",
    ),
    "poll_s of an actuator": (
        '"pin": 17',
        '"pin": 17, ¶"poll_s": 5',
        "/devices/heater/poll_s",
        "heater is an actuator, and only sensors have",
        "",
    ),
    "no role": ('"role": "heater", ', "", "/devices/heater/role", 'heater needs "role"', "limits follow"),
    "role": ('"role": "heater"', '"role": ¶"heating"', "/devices/heater/role", "role must be one of", '"heater"?'),
    "no safe value": (', "safe_value": "off"', "", "/devices/heater/safe_value", 'needs "safe_value"', "No default"),
    "heater safe on": ('"off"', '¶"on"', "/devices/heater/safe_value", 'must be "off": it is a heater', ""),
    "safe value of a switch": ('"off"', "¶0.5", "/devices/heater/safe_value", "a switch takes ON or OFF, not 0.5", ""),
    "safe value is a bool": ('"off"', "¶false", "/devices/heater/safe_value", "ON, OFF or a finite number", ""),
    "safe value too high": ('"on"}', "¶101}", "/devices/fan/safe_value", "101 is outside 0 to 100 %", ""),
    "zone with space": ('"hot"', '¶"hot side"', "/devices/warm/zone", "small letters", ""),
    "1-Wire address": ('"28-000000000001"', '¶"28-1"', "/devices/warm/address", "a text like 28-", ""),
    "I²C address of another chip": ('"0x44"', '¶"0x76"', "/devices/air/address", "SHT3x answers at 0x44 or 0x45", ""),
    "pin beyond the header": ('"pin": 17', '"pin": ¶40', "/devices/heater/pin", "whole number between 0 and 27", ""),
    "pull with closed level": (
        '"pin": 23',
        '"pin": 23, "pull": ¶"down"',
        "/devices/tank/pull",
        "pull the other way",
        "",
    ),
    # between devices
    "two on one pin": (
        '"pin": 17',
        '"pin": ¶23',
        "/devices/heater/pin",
        "GPIO 23 is used by tank and by heater",
        "",
    ),
    "a relay on I²C's pin": ('"pin": 17', '"pin": ¶3', "/devices/heater/pin", 'the wire "i2c" and by heater', ""),
    "a switch on 1-Wire's pin": ('"pin": 23', '"pin": ¶4', "/devices/tank/pin", 'the wire "w1" and by tank', ""),
    "1-Wire on a sensor's pin": (
        '"onewire", ',
        '"onewire", "pin": 23, ',
        "/devices/tank/pin",
        'GPIO 23 is used by the wire "w1" and by tank',
        "",
    ),
    "DHT22 on a relay's pin": ('"pin": 17', '"pin": ¶24', "/devices/heater/pin", "used by damp and by heater", ""),
    "PWM on a relay's pin": ('"pin": 17', '"pin": 12', "/devices/fan/pin", "GPIO 12 is used by heater and by fan", ""),
    "one address twice": (
        '"warm": {',
        '"cold": {"driver": "ds18b20", "wire": "w1", "address": "28-000000000001"}, "warm": {',
        "/devices/warm/address",
        "28-000000000001 on w1 is used by cold and by warm",
        "",
    ),
    "PWM where there is none": (
        '"pin": 12',
        '"pin": ¶16',
        "/devices/fan/pin",
        "no hardware PWM serves pin 16 on Pi 0-4 (only 12, 13, 18, 19)",
        "",
    ),
    "two on one PWM channel": (
        '"fan": {',
        '"lamp": {"driver": "pwm_output", "wire": "pwm", "pin": 18, "role": "light", "safe_value": "off"}, "fan": {',
        "/devices/fan/pin",
        "lamp on GPIO 18 and fan on GPIO 12 share one PWM channel",
        "same pulses",
    ),
    # JSON itself
    "a key twice": (
        '"port"',
        '¶"host": "x", "port"',
        "/mqtt/host",
        'the key "host" stands here for the second',
        "remove",
    ),
    "NaN": ("5.0", "¶NaN", "/devices/air/poll_s", "NaN is not a number", ""),
    "infinity": ("5.0", "¶-Infinity", "/devices/air/poll_s", "-Infinity is not a number", ""),
    "1e999": ("5.0", "¶1e999", "/devices/air/poll_s", "larger than any number", ""),
    "5,000 digits": ("1883", "¶" + "9" * 5000, "/mqtt/port", "more than 18 digits", ""),
    "half a surrogate pair": ('"hot"', '¶"\\ud800"', "", "a text holds what no text may hold", ""),
    "NUL in a text": ('"hot"', '¶"a\\u0000"', "", "NUL", ""),
    "comma missing": ('"pin": 17,', '"pin": 17 ', "", "a comma or a closing bracket is missing", ""),
    "comma too many": ('"safe_value": "off"', '"safe_value": "off",', "", "a comma too many", "remove it"),
    "comment": ('  "mqtt"', '  ¶// here\n  "mqtt"', "", "a key in double quotes is expected", 'write a "note"'),
    "single quotes": ('"localhost"', "¶'localhost'", "", "a value is expected", "double quotes"),
    "hexadecimal": ('"0x44"', "0¶x44", "", "comma or a closing", 'as a text: "0x44"'),
    "decimal comma": ("5.0", "5,¶5", "", "a key in double quotes", "with a point"),
    "curly quotes": ('"box"', "¶“box”", "", "a value is expected", "straight ones"),
    "Python's true": ("true", "¶True", "", "a value is expected", "small letters"),
    "no-break space": (
        '"pin": 17,',
        '"pin":¶\u00a017,',
        "",
        "the sign U+00A0 (no-break space) stands outside",
        "remove",
    ),
    "zero width space": ('"pin": 17,', '"pin": 17¶\u200b,', "", "the sign U+200B (zero width space) stands", "remove"),
    "plus sign": ('"pin": 17,', '"pin": ¶+17,', "", "a value is expected", "no plus sign"),
    "no leading digit": ('"pin": 17,', '"pin": ¶.5,', "", "a value is expected", "0.5"),
    "leading zero": ('"pin": 17,', '"pin": 0¶17,', "", "a comma or a closing bracket", "does not begin with a 0"),
    "colon missing": ('"mqtt":', '"mqtt" ', "", "a colon is missing", ""),
    "line break in a text": ('"localhost"', '"local¶\nhost"', "", "may not go over the end of a line", ""),
    "backslash": ('"localhost"', '"local¶\\host"', "", "a single backslash", ""),
    "text after the end": ("  }\n}\n", "  }\n}\n¶}\n", "", "the configuration ended before this", ""),
    "nested too deeply": ('"version": 1', '"version": 1, "x": ' + "[" * 31 + "¶[" + "]" * 32, "", "nested deeper", ""),
}


def test_the_sound_text_is_sound():
    loaded = load(SOUND)
    assert list(loaded.config.devices) == ["warm", "air", "damp", "tank", "heater", "fan"]
    assert loaded.warnings == ()


@pytest.mark.parametrize("mistake", MISTAKES)
def test_f109_f110_every_mistake_is_told_once_with_its_place(mistake):
    old, new, pointer, words, hint = MISTAKES[mistake]
    text, line, column = marked(spoilt(old, new)) if "¶" in new else (spoilt(old, new), 0, 0)
    (fault,) = errors(text)
    assert fault.pointer == pointer
    assert words in fault.message
    assert hint in fault.hint
    if line:
        assert (fault.line, fault.column) == (line, column)


def test_a_missing_key_is_told_at_the_object_that_lacks_it():
    (fault,) = errors(spoilt('"role": "heater", ', ""))
    lines = SOUND.splitlines()
    assert lines[fault.line - 1][fault.column - 1 :] == "{"
    assert '"heater"' in lines[fault.line - 1]


def test_all_mistakes_are_told_at_once_in_the_order_of_the_file():
    text = SOUND
    for old, new in (
        ('"box"', '"Box"'),
        ("1883", "0"),
        ('"localhost",', '"localhost", "host": "again", "embedded": true,'),
        ('"lgpio"', '"pigpio"'),
        ('"ds18b20"', '"ds18"'),
        ("5.0", "NaN"),
        ('"pin": 17', '"pin": 23'),
        ('"on"}', '"on", "x": 1}'),
    ):
        text = text.replace(old, new)
    told = [fault.pointer for fault in errors(text)]
    assert told == [
        "/node/id",
        "/mqtt/host",
        "/mqtt/embedded",
        "/mqtt/port",
        "/wires/gpio/factory",
        "/devices/warm/driver",
        "/devices/air/poll_s",
        "/devices/fan/x",
    ]


def test_a_device_on_a_wire_that_is_itself_wrong_is_not_at_fault():
    assert [fault.pointer for fault in errors(spoilt('"i2c", "backend"', '"i2c", "bakend"'))] == ["/wires/i2c/bakend"]


def test_a_secret_is_never_repeated():
    for text in (
        spoilt('"port"', '"username": "me", "password": "hunter2", "port"'),
        spoilt('"port"', '"username": "me", "password": {"file": ["hunter2"]}, "port"'),
        spoilt('"port"', '"username": "me", "password": {"hunter": "hunter2"}, "port"'),
        spoilt('"localhost"', '"me:hunter2@localhost"'),
        spoilt('"port"', '"username": "me", "password": {"env": "hunter2 "}, "port"'),
    ):
        assert errors(text)
        assert "hunter2" not in str(errors(text))


@pytest.mark.parametrize(
    ("old", "new", "pointer", "words"),
    [
        (
            '"pin": 17, "active_high": true',
            '"pin": ¶17, "active_high": false',
            "/devices/heater/pin",
            "while the board boots",
        ),
        ('"pin": 17', '"pin": ¶5', "/devices/heater/pin", "while the board boots"),
        ('"pin": 23', '"pin": ¶14', "/devices/tank/pin", "serial console"),
        ('"pin": 23', '"pin": ¶1', "/devices/tank/pin", "EEPROM"),
    ],
)
def test_what_may_work_is_a_warning(old, new, pointer, words):
    text, line, column = marked(spoilt(old, new))
    (fault,) = warnings(text)
    assert (fault.pointer, fault.line, fault.column) == (pointer, line, column)
    assert words in fault.message


def test_warnings_are_told_with_the_errors():
    from alimante.config.faults import ConfigInvalid

    with pytest.raises(ConfigInvalid) as caught:
        load(spoilt('"pin": 23', '"pin": 14').replace('"box"', '"Box"'))
    assert [fault.pointer for fault in caught.value.warnings] == ["/devices/tank/pin"]


RELAY = '"driver": "relay", "wire": "gpio", "active_high": true, "safe_value": "off"'
CUTOFF = f'"cut": {{{RELAY}, "pin": 27, "role": "cutoff"}}'
LAMP = f'"lamp": {{{RELAY}, "pin": 27, "role": "light"}}'
CLOCK = '"controllers": {"day": {"kind": "photoperiod", "outputs": ["lamp"], "on": "08:00", "off": "20:00"}}'


@pytest.mark.parametrize(
    "text",
    [
        spoilt('"devices"', '"groups": {"all": {"members": ["warm", "wram"]}}, "devices"'),
        spoilt('{"max_c": 38}', '{"max_c": 38, "harm_c": 37}'),
        spoilt('"role": "heater"', '"role": "heatre"').replace('"warm": {', f'{CUTOFF}, "warm": {{'),
        spoilt('"box"', '"Box"')
        .replace('"warm": {', f'{LAMP}, "warm": {{')
        .replace('"wires"', f'"location": {{"timezone": "Europe/Paris"}}, {CLOCK}, "wires"'),
    ],
)
def test_what_only_follows_from_an_error_is_no_warning(text):
    from alimante.config.faults import ConfigInvalid

    with pytest.raises(ConfigInvalid) as caught:
        load(text)
    assert len(caught.value.errors) == 1
    assert not caught.value.warnings


def test_what_a_text_must_look_like_is_told_by_an_example():
    (fault,) = errors(spoilt('"28-000000000001"', '"28-1"'))
    assert 'address must be a text like 28-0123456789ab; it is "28-1"' in fault.message


def test_no_devices_is_a_warning():
    (fault,) = warnings(SOUND[: SOUND.index('"devices"')] + '"devices": {}}')
    assert "nothing to supervise" in fault.message


def test_a_hundred_errors_are_enough():
    devices = ", ".join(f'"d{number}": {{"driver": "x"}}' for number in range(5000))
    assert 100 <= len(errors(SOUND.replace('"devices": {', f'"devices": {{{devices}, '))) < 110
