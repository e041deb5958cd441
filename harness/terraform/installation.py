"""Where Terraform and its provider come from on this machine, and the whole environment of its processes.

Terraform: `TERRAFORM_BIN` (OpenTofu included), else PATH, else the pinned release in `.antipode/bin/`.
Provider: `TF_PROVIDER_MIRROR`, else a filesystem mirror under the usual roots, else the registry.

`GOGC=400`: a plan of a 21-resource root takes 2.0 s of CPU instead of 2.9 s and 410 MB instead of 360 MB
(three runs each, 2 cores); 800 gains a further 0.1 s for 160 MB more, so 400 is where it stops paying.
Measured again with 21 buckets in one root, three runs each: 1.75 s of CPU instead of 2.35 s, 1.96 s of wall
time instead of 2.08 s.
"""

from __future__ import annotations

import contextlib
import fcntl
import functools
import json
import os
import pwd
import shutil
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from harness.terraform import download as release
from harness.terraform.errors import TerraformUnavailable

REPOSITORY = Path(__file__).resolve().parents[2]
WORK = REPOSITORY / ".antipode"
"""Git-ignored: binaries, data directories, logs, plans."""

MINIMUM_VERSION = (1, 11)
AWS_PROVIDER_VERSION = "5.100.0"
REGISTRY = "registry.terraform.io"
AWS_PROVIDER = f"{REGISTRY}/hashicorp/aws"

_SEARCHED = (Path("/opt"), Path("/srv"), Path("/usr/local"), Path("/var/lib"))
_SEARCH_DEPTH = 3
_DEFAULT_PATH = "/usr/local/bin:/usr/bin:/bin"
# What a process needs to reach the network as its user does; AWS_* comes from the target alone, so that a
# profile of the operator's never meets the sandbox.
_PASSED_ON = (
    "HTTPS_PROXY",
    "HTTP_PROXY",
    "LANG",
    "NO_PROXY",
    "SSL_CERT_DIR",
    "SSL_CERT_FILE",
    "TF_LOG",
    "TMPDIR",
    "USER",
    "http_proxy",
    "https_proxy",
    "no_proxy",
)


def terraform_binary(environment: Mapping[str, str] = os.environ, *, directory: Path | None = None) -> Path:
    """The Terraform (or OpenTofu) to run: absolute, executable, at least version 1.11.

    `directory` is where the pinned release is kept, default `.antipode/bin`. The download's address can be
    changed with `TERRAFORM_RELEASES` (a mirror of the releases; the pinned checksum still applies).
    Raises TerraformUnavailable, with what to install, when there is none.
    """
    if named := environment.get("TERRAFORM_BIN"):
        return _named_binary(named, environment)
    if found := shutil.which("terraform", path=environment.get("PATH", _DEFAULT_PATH)):
        binary = Path(found).absolute()
        if _version(binary) >= MINIMUM_VERSION:
            return binary
    return release.pinned_binary(
        directory or WORK / "bin", releases=environment.get("TERRAFORM_RELEASES") or release.RELEASES
    )


def terraform_version(binary: Path) -> str:
    """`1.11.4`. Raises TerraformUnavailable."""
    return _dotted(_version(binary))


def _named_binary(named: str, environment: Mapping[str, str]) -> Path:
    found = shutil.which(named, path=environment.get("PATH", _DEFAULT_PATH))
    if found is None:
        raise TerraformUnavailable(
            f"TERRAFORM_BIN={named}: no such executable. Name one that exists, or unset it."
        )
    binary = Path(found).absolute()
    version = _version(binary)
    if version < MINIMUM_VERSION:
        raise TerraformUnavailable(
            f"TERRAFORM_BIN={named} is version {_dotted(version)}, "
            f"needed is {_dotted(MINIMUM_VERSION)} or later."
        )
    return binary


def _version(binary: Path) -> tuple[int, ...]:
    changed = binary.stat()
    return _version_of(binary, changed.st_mtime_ns, changed.st_size)


@functools.cache
def _version_of(binary: Path, _modified: int, _size: int) -> tuple[int, ...]:
    environment = {"PATH": _DEFAULT_PATH, "HOME": home(), "CHECKPOINT_DISABLE": "1"}
    try:
        answer = subprocess.run(
            [binary, "version", "-json"], env=environment, capture_output=True, timeout=30, check=True
        )
        text = str(json.loads(answer.stdout)["terraform_version"])
        return tuple(int(part) for part in text.split("-")[0].split("."))
    except (OSError, subprocess.SubprocessError, ValueError, KeyError) as error:
        raise TerraformUnavailable(
            f"{binary} does not answer `version -json` as Terraform does: {error}. "
            "Name another in TERRAFORM_BIN."
        ) from error


def _dotted(version: Iterable[int]) -> str:
    return ".".join(str(part) for part in version)


def provider_mirror(
    environment: Mapping[str, str] = os.environ, *, searched: Iterable[Path] = _SEARCHED
) -> Path | None:
    """The folder of a filesystem mirror that holds the AWS provider for this platform; None: the registry.

    The folder is what contains `registry.terraform.io/hashicorp/aws`. Raises TerraformUnavailable when
    `TF_PROVIDER_MIRROR` names one that does not hold it: a named mirror is meant, never silently passed over.
    """
    if named := environment.get("TF_PROVIDER_MIRROR"):
        mirror = Path(named).expanduser().absolute()
        if not _holds_provider(mirror):
            raise TerraformUnavailable(
                f"TF_PROVIDER_MIRROR={named} does not hold {AWS_PROVIDER} {AWS_PROVIDER_VERSION} for "
                f"{release.current_platform()}. Fill it with `terraform providers mirror`, or unset it."
            )
        return mirror
    usual = (root for root in _usual_mirrors(environment) if _holds_provider(root))
    return next(usual, None) or _found_mirror(tuple(searched))


def _usual_mirrors(environment: Mapping[str, str]) -> Iterator[Path]:
    """Terraform's own implied mirror directories (developer.hashicorp.com, CLI configuration file)."""
    user = Path(home(environment))
    yield user / ".terraform.d/plugins"
    yield Path(environment.get("XDG_DATA_HOME") or user / ".local/share") / "terraform/plugins"
    system = environment.get("XDG_DATA_DIRS") or "/usr/local/share:/usr/share"
    yield from (Path(folder) / "terraform/plugins" for folder in system.split(":") if folder)


@functools.cache
def _found_mirror(roots: tuple[Path, ...]) -> Path | None:
    found = (folder for root in roots for folder in _folders(root, _SEARCH_DEPTH) if _holds_provider(folder))
    return next(found, None)


def _folders(root: Path, depth: int) -> Iterator[Path]:
    yield root
    if depth == 0:
        return
    try:
        inside = sorted(entry.path for entry in os.scandir(root) if entry.is_dir(follow_symlinks=False))
    except OSError:  # not there, or not ours to read
        return
    for folder in inside:
        yield from _folders(Path(folder), depth - 1)


def _holds_provider(mirror: Path) -> bool:
    """Unpacked (`<version>/<platform>/`) or packed (`terraform-provider-aws_<version>_<platform>.zip`)."""
    folder, on = mirror / AWS_PROVIDER, release.current_platform()
    packed = folder / f"terraform-provider-aws_{AWS_PROVIDER_VERSION}_{on}.zip"
    try:
        return (folder / AWS_PROVIDER_VERSION / on).is_dir() or packed.is_file()
    except OSError:
        return False


def cli_configuration(directory: Path, environment: Mapping[str, str] = os.environ) -> Path:
    """The CLI configuration file that Terraform is to read, written into `directory` where it is ours.

    With a mirror: everything it holds comes from it and nothing else does, the rest is `direct`, so that a
    provider in the mirror is never asked for at the registry. Without one: the operator's own configuration
    if there is one (it may name a network mirror), else one with a plugin cache.
    """
    mirror = provider_mirror(environment)
    if mirror is None and (own := _operators_configuration(environment)):
        return own
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / "terraform.rc"
    text = _with_mirror(mirror) if mirror else _with_cache(directory / "plugins")
    if not path.is_file() or path.read_text(encoding="utf-8") != text:
        partial = path.with_name(f".{path.name}.{os.getpid()}")
        partial.write_text(text, encoding="utf-8")
        os.replace(partial, path)
    return path


def _operators_configuration(environment: Mapping[str, str]) -> Path | None:
    named = environment.get("TF_CLI_CONFIG_FILE")
    candidates = [Path(named)] if named else []
    candidates.append(Path(home(environment)) / ".terraformrc")
    return next((path.absolute() for path in candidates if path.is_file()), None)


def _with_mirror(mirror: Path) -> str:
    held = sorted(
        "/".join(folder.relative_to(mirror).parts) for folder in mirror.glob("*/*/*") if folder.is_dir()
    )
    names = ", ".join(json.dumps(name) for name in held)
    return (
        "provider_installation {\n"
        f"  filesystem_mirror {{\n    path    = {json.dumps(str(mirror))}\n    include = [{names}]\n  }}\n"
        f"  direct {{\n    exclude = [{names}]\n  }}\n"
        "}\n"
    )


def _with_cache(cache: Path) -> str:
    cache.mkdir(parents=True, exist_ok=True)  # Terraform refuses a cache directory that does not exist
    return f"plugin_cache_dir = {json.dumps(str(cache))}\n"


@contextlib.contextmanager
def init_lock(work: Path) -> Iterator[None]:
    """Held while `init` fills the plugin cache, over threads and processes. Free where there is no cache."""
    cache = work / "plugins"
    if not cache.is_dir():
        yield
        return
    with (work / "plugins.lock").open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def home(environment: Mapping[str, str] = os.environ) -> str:
    """The user's home, also in an environment without HOME (cron, systemd, containers)."""
    if found := environment.get("HOME"):
        return found
    try:
        return pwd.getpwuid(os.getuid()).pw_dir
    except KeyError:  # a container may run under a user id that no file names
        return "/"


def terraform_environment(
    *,
    target: Mapping[str, str],
    data_dir: Path,
    cli_config: Path | None = None,
    variables: Mapping[str, str] | None = None,
    ambient: Mapping[str, str] = os.environ,
) -> dict[str, str]:
    """The whole environment of a Terraform process: nothing else of ours reaches it.

    `target` is the AWS_* variables of AWS or of the sandbox, `data_dir` becomes TF_DATA_DIR, `cli_config`
    defaults to `cli_configuration(.antipode)`, `variables` become TF_VAR_<name> (values as Terraform reads
    them: text as it is, everything else as HCL). `ambient` may lack HOME and PATH.
    """
    configuration = cli_config or cli_configuration(WORK, ambient)
    environment = {
        "PATH": ambient.get("PATH") or _DEFAULT_PATH,
        "HOME": home(ambient),
        "TF_CLI_CONFIG_FILE": str(configuration),
        "TF_DATA_DIR": str(data_dir),
        "TF_IN_AUTOMATION": "1",
        "TF_INPUT": "0",
        "CHECKPOINT_DISABLE": "1",
        "GOGC": ambient.get("GOGC") or "400",
    }
    environment |= {name: ambient[name] for name in _PASSED_ON if ambient.get(name)}
    if "TF_LOG" in environment:  # in a file: on stderr it would drown the messages
        environment["TF_LOG_PATH"] = ambient.get("TF_LOG_PATH") or str(data_dir / "terraform-debug.log")
    environment |= {f"TF_VAR_{name}": value for name, value in (variables or {}).items()}
    return environment | dict(target)


def aws_target(ambient: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The AWS_* variables of the operator's own environment: the target that is AWS itself."""
    return {name: value for name, value in ambient.items() if name.startswith("AWS_") and value}
