"""Reads a secret from where the configuration says it stands; it must not keep, print or log it."""

import os
from pathlib import Path

from alimante.config.model import Secret

MAX_BYTES = 4096


def read_secret(secret: Secret | None) -> str | None:
    """The secret's text: a file's first line, a variable's value, or a systemd credential; None for no secret.

    Raises `OSError` with a sentence when it cannot be read; the sentence names the place and never the content.
    """
    if secret is None:
        return None
    if secret.env is not None:
        found = os.environ.get(secret.env)
        if found is None:
            raise OSError(f"the environment variable {secret.env} that should hold a secret is not set")
        return found
    return _first_line(_path(secret))


def _path(secret: Secret) -> Path:
    if secret.file is not None:
        return Path(secret.file)
    folder = os.environ.get("CREDENTIALS_DIRECTORY")
    if folder is None:
        raise OSError(
            f"systemd gave no credentials; the unit needs LoadCredential={secret.credential}:/path/of/the/file"
        )
    return Path(folder, secret.credential or "")


def _first_line(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return file.read(MAX_BYTES).decode().splitlines()[0]
    except (UnicodeDecodeError, IndexError):
        raise OSError(f"the file {path} that should hold a secret has no line of text") from None
    except OSError as error:
        raise OSError(f"the secret in {path} cannot be read: {error.strerror}") from None
