"""Small git repositories that hold real copies of an environment, the modules, functions and generator."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from generator import estate, manifest, writer

HERE = Path(__file__).parents[3]
KEPT = (
    *("generator", "lambda_src", "modules"),
    *("envs/manifest.schema.json", "harness/terraform/download.py", "pyproject.toml"),
)


@dataclass(frozen=True)
class Repository:
    """A git repository at `root`; its branch `main` holds what the test changes."""

    root: Path

    def git(self, *words: str) -> str:
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("GIT_")},
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_CONFIG_SYSTEM": os.devnull,
        }
        who = ("-c", "user.name=test", "-c", "user.email=test@example.com", "-c", "commit.gpgsign=false")
        done = subprocess.run(
            ["git", *who, *words], cwd=self.root, env=environment, capture_output=True, text=True, check=True
        )
        return done.stdout.strip()

    def commit(self, message: str = "Change") -> str:
        """Commit everything; gives the new commit."""
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", message)
        return self.git("rev-parse", "HEAD")

    def change(self, path: str, old: str, new: str) -> None:
        text = (self.root / path).read_text()
        assert old in text, f"{old!r} is not in {path}"
        (self.root / path).write_text(text.replace(old, new))

    def append(self, path: str, text: str = "# changed\n") -> None:
        with (self.root / path).open("a") as file:
            file.write(text)

    def write(self, path: str, text: str) -> None:
        (self.root / path).parent.mkdir(parents=True, exist_ok=True)
        (self.root / path).write_text(text)

    def generate(self, env: str = "dev") -> None:
        folder = self.root / "envs" / env
        loaded = manifest.load(folder / "manifest.yaml")
        wanted = estate.files(loaded, environment=env, repository=self.root)
        writer.write(folder, wanted, found=writer.changes(folder, wanted), overwrite_edited=True)

    def copy(self, target: Path) -> Repository:
        shutil.copytree(self.root, target, symlinks=True)
        return Repository(target)


def made(root: Path, *environments: str) -> Repository:
    """A repository with one commit on main, which holds these environments as they are here."""
    hidden = shutil.ignore_patterns("__pycache__", ".terraform", ".bench", ".bootstrap-*", "*.tfstate*")
    for part in (*KEPT, *(f"envs/{name}" for name in environments)):
        source, target = HERE / part, root / part
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, ignore=hidden)
        else:
            shutil.copy(source, target)
    repository = Repository(root)
    repository.git("init", "--quiet", "--template=", "--initial-branch", "main")
    repository.commit("Begin")
    repository.git("repack", "-adq")  # one file instead of hundreds: each test copies them
    return repository
