"""Make a virtual environment with pinned requirements: `python3 requirements/set_up.py .venv runtime test`.

uv installs, because it takes a third of pip's time. pip installs uv first, so nobody has to. uv does not read
pip's configuration, so the indexes that it names are handed to uv as variables. Where uv fails nevertheless
(an index that only pip can reach, a platform without uv), pip installs everything: it takes longer and gives
the same files, because every requirement is pinned with its hashes.

Standard library alone, because nothing is installed yet.
"""

from __future__ import annotations

import ast
import os
import subprocess
import sys
import time
import venv
from collections.abc import Mapping
from pathlib import Path

FOLDER = Path(__file__).parent
OLDEST = (3, 11)

# pip's setting: uv's variable, and how uv separates several values.
HANDED_OVER = {
    "index-url": ("UV_DEFAULT_INDEX", " "),
    "extra-index-url": ("UV_INDEX", " "),
    "find-links": ("UV_FIND_LINKS", ","),
    "no-index": ("UV_NO_INDEX", " "),
    "trusted-host": ("UV_INSECURE_HOST", " "),
    "default-timeout": ("UV_HTTP_TIMEOUT", " "),
    "timeout": ("UV_HTTP_TIMEOUT", " "),
    "cert": ("SSL_CERT_FILE", " "),
    "client-cert": ("SSL_CLIENT_CERT", " "),
    "proxy": ("ALL_PROXY", " "),
}
# `pip config list` gives the files' sections, and `:env:` for PIP_ variables; the last of these wins.
SECTIONS = ("global", "install", ":env:")


def main(arguments: list[str]) -> int:
    folder, *names = arguments
    if sys.version_info < OLDEST:
        print("Python 3.11 or later is needed; name one with PYTHON=python3.12", file=sys.stderr)
        return 2
    started = time.monotonic()
    print(f"setting up {folder} (once, 10 to 40 seconds)", flush=True)
    try:
        # links, as `python3 -m venv` makes: a copy onto the link of an earlier set-up is refused
        venv.create(folder, symlinks=os.name != "nt", with_pip=True)
    except (OSError, ValueError, subprocess.CalledProcessError) as error:
        print(
            f"{folder} cannot be made: {error}. Debian and Ubuntu need the package python3-venv.",
            file=sys.stderr,
        )
        return 1
    files = [FOLDER / f"{name}.txt" for name in names]
    status = 0 if installed_by_uv(Path(folder), files) else pip(Path(folder), "install", *hashed(files))
    if status == 0:
        print(f"set up {folder} in {time.monotonic() - started:.0f} s", flush=True)
    return status


def installed_by_uv(folder: Path, files: list[Path]) -> bool:
    """Whether uv could do it. It says nothing when not: pip then says what is wrong, if anything is."""
    if pip(folder, "install", *hashed([FOLDER / "uv.txt"]), quiet=True) != 0:
        return False
    environment = uv_environment(pip_settings(folder), os.environ)
    uv = [str(folder / "bin" / "uv"), "pip", "install", "--quiet", "--python", str(folder / "bin" / "python")]
    try:
        done = subprocess.run([*uv, *hashed(files)], env=environment, capture_output=True, check=False)
    except OSError:
        return False
    return done.returncode == 0


def hashed(files: list[Path]) -> list[str]:
    return ["--require-hashes", *(word for file in files for word in ("-r", str(file)))]


def pip(folder: Path, *words: str, quiet: bool = False) -> int:
    command = [str(folder / "bin" / "python"), "-m", "pip", "--disable-pip-version-check", "--quiet", *words]
    return subprocess.run(command, capture_output=quiet, check=False).returncode


def pip_settings(folder: Path) -> dict[str, str]:
    """pip's configuration, from its files and PIP_ variables: `{"extra-index-url": "https://..."}`."""
    command = [str(folder / "bin" / "python"), "-m", "pip", "config", "list"]
    listed = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    return parsed(listed)


def parsed(listed: str) -> dict[str, str]:
    """The settings in the output of `pip config list`, a line each: `global.find-links='/srv/wheels'`."""
    values: dict[str, dict[str, str]] = {section: {} for section in SECTIONS}
    for line in listed.splitlines():
        key, equals, value = line.partition("=")
        section, _, name = key.rpartition(".")
        if equals and section in values:
            values[section][name] = str(ast.literal_eval(value))
    return {name: value for section in SECTIONS for name, value in values[section].items()}


def uv_environment(settings: Mapping[str, str], environment: Mapping[str, str]) -> dict[str, str]:
    """The environment for uv: what pip's settings say, unless a variable of uv's own says it already."""
    said = {
        variable: separator.join(settings[name].split())
        for name, (variable, separator) in HANDED_OVER.items()
        if settings.get(name)
    }
    # pip takes a version from any of its indexes; the hashes say which file it must be
    return {"UV_INDEX_STRATEGY": "unsafe-best-match", **said, **environment}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
