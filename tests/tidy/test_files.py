"""Files: their length, and nothing in them that belongs to one machine or one registry."""
from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TEXT = {".py", ".md", ".toml", ".txt", ".in", ".cfg", ".yml", ".yaml", ".css", ".js", ".ts", ".html", ".json", ""}
LINES_MAX = 600
HOSTS = ["py" + "pi.org", "pythonhosted" + ".org", "index" + "-url", "find" + "-links", "trusted" + "-host",
         "npmjs" + ".org", "npmjs" + ".com", "artifact" + "ory", "anaconda" + ".org"]
"""Written in halves, so that this file does not find itself."""
MACHINE_PATH = re.compile(r"(?<![\w.~/-])/(?:home|root|Users|work|tmp|var|mnt|opt|srv)/[\w.-]+")
ALLOWED_PATHS = ("/tmp/my-journal",)
SKIPPED = {".git", ".venv", "out", "node_modules", "__pycache__", ".pytest_cache", ".ruff_cache", ".hypothesis",
           "build",
           "dist"}


def tracked() -> list[Path]:
    """Files under version control and those that would be; where there is no repository, everything that is not
    made."""
    listed = subprocess.run(["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"], cwd=ROOT,
                            capture_output=True, check=False)
    if listed.returncode == 0:
        paths = [ROOT / name for name in listed.stdout.decode().split("\0") if name]
    else:
        paths = [path for path in ROOT.rglob("*") if not set(path.relative_to(ROOT).parts) & SKIPPED]
    return sorted(path for path in paths if path.is_file() and path.suffix in TEXT)


FILES = tracked()


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("path", [path for path in FILES if path.suffix == ".py"], ids=name)
def test_a_file_is_short_enough_to_read(path):
    lines = path.read_text("utf-8").count("\n")
    assert lines <= LINES_MAX, f"{lines} lines; find the second noun in it"


@pytest.mark.parametrize("path", FILES, ids=name)
def test_no_file_names_a_registry_host(path):
    text = path.read_text("utf-8").lower()
    assert [host for host in HOSTS if host in text and path.name != "Makefile"] == []


def test_the_lock_command_keeps_hosts_out_of_what_it_writes():
    makefile = (ROOT / "Makefile").read_text("utf-8")
    for word in ("--generate-hashes", "--no-header", "--no-emit-" + HOSTS[2], "--no-emit-" + HOSTS[3],
                 "--no-emit-" + HOSTS[4]):
        assert word in makefile


@pytest.mark.parametrize("path", FILES, ids=name)
def test_no_file_names_a_path_of_one_machine(path):
    found = [hit for hit in MACHINE_PATH.findall(path.read_text("utf-8")) if not hit.startswith(ALLOWED_PATHS)]
    assert found == []


def test_every_pinned_package_has_hashes_and_an_exact_version():
    for lock in ("requirements.txt", "requirements-test.txt", "requirements-build.txt"):
        text = (ROOT / lock).read_text("utf-8").replace("\\\n", " ")
        lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
        assert lines, lock
        for line in lines:
            assert re.match(r"[a-z0-9-]+==\S+( ;.*?)?\s+--hash=sha256:[0-9a-f]{64}", line), f"{lock}: {line[:60]}"


def test_runtime_and_test_locks_agree():
    def pins(lock):
        return dict(re.findall(r"^([a-z0-9-]+)==(\S+)", (ROOT / lock).read_text("utf-8"), re.MULTILINE))
    runtime, test, build = pins("requirements.txt"), pins("requirements-test.txt"), pins("requirements-build.txt")
    assert runtime.items() <= test.items()
    assert all(test.get(package, version) == version for package, version in build.items())
    assert f"hatchling=={build['hatchling']}" in (ROOT / "pyproject.toml").read_text("utf-8")
