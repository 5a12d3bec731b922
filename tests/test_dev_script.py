"""The script that brings everything: what can be said about it without bringing anything."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
DEV = ROOT / "dev"
COMMANDS = ("demo", "up", "test", "check", "bench", "run", "messages", "lock", "shell")
# Put together from pieces, so that this file does not name them either.
REGISTRIES = [".".join(parts) for parts in (
    ("pypi", "org"), ("files", "pythonhosted"), ("registry", "npmjs"), ("deb", "debian"), ("index", "crates"),
    ("cdn", "jsdelivr"), ("unpkg", "com"), ("cdnjs", "cloudflare"), ("registry", "yarnpkg"), ("conda", "anaconda"),
)]  # fmt: skip
NOT_OURS = {
    ".git",
    ".dev",
    ".passwright",
    ".ruff_cache",
    ".import_linter_cache",
    ".hypothesis",
    "__pycache__",
    "node_modules",
}


def run(*words: str, script: Path = DEV, **environment: str) -> subprocess.CompletedProcess[str]:
    clean = {"PATH": "/usr/bin:/bin", "HOME": "/nonexistent", **environment}
    return subprocess.run(
        ["/bin/sh", str(script), *words], capture_output=True, text=True, env=clean, check=False, timeout=60
    )


def committed_files() -> Iterator[Path]:
    """What git knows, or, in a tree without git, what is neither made nor brought."""
    known = None
    if shutil.which("git"):
        listed = subprocess.run(
            ["git", "-C", ROOT, "ls-files", "-coz", "--exclude-standard"], capture_output=True, text=True, check=False
        )
        known = listed.stdout.split("\0")[:-1] if listed.returncode == 0 else None
    if known:
        yield from (ROOT / name for name in known if (ROOT / name).is_file())
        return
    for folder, folders, files in os.walk(ROOT):
        folders[:] = [name for name in folders if name not in NOT_OURS]
        yield from (Path(folder) / name for name in files)


@pytest.fixture
def copy(tmp_path: Path) -> Callable[..., Path]:
    """A tree with nothing but the script, its requirements, and an environment that looks installed."""

    def make(name: str = "some path") -> Path:
        tree = tmp_path / name
        shutil.copytree(ROOT / "requirements", tree / "requirements")
        shutil.copy(ROOT / "pyproject.toml", tree)
        shutil.copy(DEV, tree)
        return tree

    return make


def pretend_installed(tree: Path, program: str, script: str) -> None:
    """An environment whose stamp fits, with a program of ours in it."""
    binaries = tree / ".dev" / "env" / "bin"
    binaries.mkdir(parents=True)
    (binaries / "python").symlink_to(sys.executable)
    (binaries / program).write_text(f"#!/bin/sh\n{script}\n")
    (binaries / program).chmod(0o755)
    stamp = re.search(r"^stamp_of\(\) .*$", (tree / "dev").read_text(), re.M)
    assert stamp
    for name in ("run", "dev"):
        program_text = f'here=$1; {stamp[0]}; stamp_of {name} >"$1/.dev/stamp-{name}"'
        subprocess.run(["/bin/sh", "-c", program_text, "sh", str(tree)], check=True)


@pytest.mark.parametrize("shell", ["sh", "dash", "bash"])
def test_syntax(shell: str) -> None:
    if not shutil.which(shell):
        pytest.skip(f"no {shell} here")
    assert subprocess.run([shell, "-n", DEV], capture_output=True, text=True, check=False).stderr == ""


def test_it_is_executable_and_posix() -> None:
    assert DEV.stat().st_mode & 0o111 == 0o111
    text = DEV.read_text()
    assert text.startswith("#!/bin/sh\n")
    assert not re.search(r"\[\[|\bfunction \w+|\blocal \w+=|<<<|\$'|\barray\b|&>", text)


@pytest.mark.parametrize("words", [(), ("help",), ("-h",), ("--help",)])
def test_bare_it_lists_its_commands(words: tuple[str, ...]) -> None:
    done = run(*words)
    assert done.returncode == 0
    assert done.stderr == ""
    listed = re.findall(r"^  ([a-z]+)\b", done.stdout, re.M)
    assert sorted(listed) == sorted(COMMANDS)


def test_every_listed_command_is_known() -> None:
    cases = re.findall(r"^    ([a-z |]+)\)$", DEV.read_text(), re.M)
    assert sorted(word.strip() for case in cases for word in case.split("|")) == sorted(COMMANDS)


@pytest.mark.parametrize("word", ["nonsense", "--nonsense", "a b", "*"])
def test_an_unknown_command(word: str) -> None:
    done = run(word)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr == f"./dev: no command '{word}'; ./dev alone lists them.\n"


def test_words_arrive_as_they_were_given(copy: Callable[..., Path]) -> None:
    tree = copy("a 'quoted' $HOME path")
    pretend_installed(tree, "passwright", 'printf "<%s>" "$@"; printf "%s" "$PASSWRIGHT_HOME"')
    done = run("run", "organization", "create", "Toy Town", "*", "", script=tree / "dev")
    assert done.stderr == ""
    assert done.stdout == f"<organization><create><Toy Town><*><>{tree}/.passwright"
    assert run("up", "--x y", script=tree / "dev").stdout.startswith("<up><--x y>/")


def test_a_home_of_ones_own_is_kept(copy: Callable[..., Path]) -> None:
    tree = copy()
    pretend_installed(tree, "passwright", 'printf "%s" "$PASSWRIGHT_HOME"')
    assert run("run", script=tree / "dev", PASSWRIGHT_HOME="/srv/passes").stdout == "/srv/passes"


def test_through_a_link(copy: Callable[..., Path], tmp_path: Path) -> None:
    tree = copy()
    pretend_installed(tree, "passwright", "echo ran")
    (tmp_path / "passwright-dev").symlink_to(tree / "dev")
    assert run("run", script=tmp_path / "passwright-dev").stdout == "ran\n"


@pytest.mark.parametrize("broken", ["ruff", "mypy", "lint-imports"])
def test_check_fails_when_one_of_them_does_and_runs_the_others(copy: Callable[..., Path], broken: str) -> None:
    tree = copy()
    for name in ("ruff", "mypy", "lint-imports"):
        if not (tree / ".dev").exists():
            pretend_installed(tree, name, "")
        program = tree / ".dev" / "env" / "bin" / name
        program.write_text(f'#!/bin/sh\necho {name} "$@"\nexit {int(name == broken)}\n')
        program.chmod(0o755)
    done = run("check", script=tree / "dev")
    assert done.returncode == 1
    assert done.stdout == "ruff check .\nruff format --check .\nmypy\nlint-imports\n"
    (tree / ".dev" / "env" / "bin" / broken).write_text("#!/bin/sh\n")
    assert run("check", script=tree / "dev").returncode == 0


def fake_python(folder: Path, *, pip: bool, version: tuple[int, int] = (3, 11)) -> Path:
    """A python3 that answers the script's first questions; for the rest it is the one that runs us."""
    folder.mkdir(parents=True, exist_ok=True)
    python = folder / "python3"
    path = python if version >= (3, 11) else ""
    python.write_text(
        '#!/bin/sh\ncase "$*" in\n'
        f'*sys.executable*) echo "{path}" ;;\n'
        f"*pip*) exit {int(not pip)} ;;\n"
        f'*) exec "{sys.executable}" "$@" ;;\nesac\n'
    )
    python.chmod(0o755)
    return python


def tools_only(folder: Path) -> str:
    """A PATH with what the script needs of a machine, and no Python."""
    folder.mkdir()
    for name in ("sh", "cat", "cksum", "dirname", "readlink", "mkdir", "rm", "mv", "id", "sed", "tail"):
        found = shutil.which(name)
        assert found
        (folder / name).symlink_to(found)
    return str(folder)


class TestRefusals:
    """One line each, and nothing begun."""

    def refused(self, tree: Path, **environment: str) -> str:
        done = run("run", script=tree / "dev", **environment)
        assert done.returncode == 1
        assert done.stdout == ""
        assert done.stderr.startswith("./dev: ")
        assert done.stderr.count("\n") == 1
        return done.stderr

    def test_no_python(self, copy: Callable[..., Path], tmp_path: Path) -> None:
        assert "no python3 of version 3.11 or newer found" in self.refused(copy(), PATH=tools_only(tmp_path / "bin"))

    def test_an_old_python(self, copy: Callable[..., Path], tmp_path: Path) -> None:
        path = tools_only(tmp_path / "bin")
        fake_python(tmp_path / "bin", pip=True, version=(3, 9))
        assert "no python3 of version 3.11 or newer found" in self.refused(copy(), PATH=path)

    def test_no_pip(self, copy: Callable[..., Path], tmp_path: Path) -> None:
        path = tools_only(tmp_path / "bin")
        python = fake_python(tmp_path / "bin", pip=False)
        assert f"{python} has no pip. Install it" in self.refused(copy(), PATH=path)

    def test_a_chosen_python_that_is_none(self, copy: Callable[..., Path]) -> None:
        assert "PASSWRIGHT_PYTHON=/bin/false is no Python" in self.refused(copy(), PASSWRIGHT_PYTHON="/bin/false")

    def test_a_checkout_that_cannot_be_written(self, copy: Callable[..., Path], tmp_path: Path) -> None:
        tree = copy()
        (tree / ".dev").write_text("a file where the folder should be")
        path = tools_only(tmp_path / "bin")
        fake_python(tmp_path / "bin", pip=True)
        assert "cannot be written by" in self.refused(tree, PATH=path)


def test_two_at_once_install_once(copy: Callable[..., Path], tmp_path: Path) -> None:
    """The second waits for the first and then finds everything there."""
    tree = copy()
    dev = (tree / "dev").read_text()
    body = (
        'install_requirements() { echo installed; sleep 1; mkdir -p "$env_folder/bin"; '
        'ln -s /bin/echo "$env_folder/bin/passwright"; ln -s "$python" "$env_folder/bin/python"; '
        'stamp_of "$1" >"$dev_folder/stamp-$1"; }'
    )
    changed, times = re.subn(r"^install_requirements\(\) \{\n.*?^\}$", lambda _: body, dev, flags=re.M | re.S)
    assert times == 1
    (tree / "dev").write_text(changed)
    words = ["/bin/sh", str(tree / "dev"), "run", "hello"]
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "PASSWRIGHT_PYTHON": str(fake_python(tmp_path / "bin", pip=True)),
    }
    both = [
        subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)
        for _ in range(2)
    ]
    ends = [process.communicate(timeout=60) for process in both]
    assert sorted(out for out, _ in ends) == ["hello\n", "installed\nhello\n"]
    assert sum("waiting for it" in err for _, err in ends) <= 1


class TestWhatIsCommitted:
    def test_no_registry_is_named(self) -> None:
        pattern = re.compile("|".join(map(re.escape, REGISTRIES)).encode())
        named = [str(path.relative_to(ROOT)) for path in committed_files() if pattern.search(path.read_bytes())]
        assert named == []

    def test_the_scan_sees_files(self) -> None:
        names = {str(path.relative_to(ROOT)) for path in committed_files()}
        assert {"dev", "pyproject.toml", "requirements/run.txt", "tests/test_dev_script.py"} <= names

    @pytest.mark.parametrize("name", ["uv", "run", "dev"])
    def test_every_requirement_is_pinned_and_hashed(self, name: str) -> None:
        text = re.sub(r"\\\n", " ", (ROOT / "requirements" / f"{name}.txt").read_text())
        lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
        assert lines
        for line in lines:
            assert re.match(r"[A-Za-z0-9][\w.-]*(\[[\w,-]+\])?==\S+ ", line), line
            assert re.search(r"--hash=sha256:[0-9a-f]{64}\b", line), line
            assert "://" not in line

    @pytest.mark.parametrize("name", ["uv", "run", "dev"])
    def test_what_is_asked_for_is_locked(self, name: str) -> None:
        asked = re.findall(r"^([A-Za-z0-9][\w.-]*)", (ROOT / "requirements" / f"{name}.in").read_text(), re.M)
        locked = set(
            re.findall(
                r"^([A-Za-z0-9][\w.-]*?)(?:\[.*?\])?==", (ROOT / "requirements" / f"{name}.txt").read_text(), re.M
            )
        )
        assert {word.lower() for word in asked} <= locked
