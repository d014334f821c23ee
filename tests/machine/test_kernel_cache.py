"""Compiled kernels are found again, by one process at a time, whatever became of the one before."""
import os
import subprocess
import sys

import pytest

from steelyard import kernel

pytestmark = pytest.mark.skipif(not kernel.COMPILED, reason="about compiled kernels")


def test_what_a_killed_process_left_is_deleted_and_what_is_finished_is_kept(tmp_path, monkeypatch):
    """A folder with a beginning and no end is begun again; one that is finished is not touched."""
    monkeypatch.setattr(kernel, "cache_folder", lambda deciding=True: tmp_path)
    (tmp_path / "begun").touch()
    (tmp_path / "half.nbc").write_bytes(b"half")
    with kernel.only_compiler({"a", "b"}):
        assert not (tmp_path / "half.nbc").exists() and (tmp_path / "begun").exists()
        (tmp_path / "whole.nbc").write_bytes(b"whole")
    assert not (tmp_path / "begun").exists()
    with kernel.only_compiler({"a"}):
        assert not (tmp_path / "begun").exists()
    with kernel.only_compiler({"a", "c"}):
        assert (tmp_path / "whole.nbc").exists()
    assert set((tmp_path / "finished").read_text().split()) == {"a", "b", "c"}


def test_folders_in_use_are_never_pruned(tmp_path, monkeypatch):
    """However many builds there are, only those nobody used for a day go."""
    monkeypatch.setattr(kernel, "cache_folder", lambda deciding=True: tmp_path / "now")
    for number in range(12):
        (tmp_path / f"build{number}").mkdir()
    kernel.prune_caches(keep=2)
    assert len(list(tmp_path.iterdir())) == 12
    for number in range(12):
        os.utime(tmp_path / f"build{number}", (number, number))
    kernel.prune_caches(keep=2)
    assert sorted(folder.name for folder in tmp_path.iterdir()) == ["build10", "build11"]


@pytest.mark.parametrize("module", ["steelyard.lab.crowd", "steelyard.views.public"])
def test_a_kernel_from_the_cache_finds_its_gates_open(module):
    """Importing a room outside the engine and calling into it first, before any engine was made, does not end the
    interpreter."""
    code = (f"import {module}, numpy as np\nfrom steelyard.engine.measures import measure, POSITION_MEASURE, "
            "WALLET_MEASURE\nfrom steelyard.engine.records import as_record, new_state\n"
            "measure(new_state(), as_record(np.zeros(0, POSITION_MEASURE)), as_record(np.zeros(0, WALLET_MEASURE)))\n"
            "print('fine')")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=300)
    assert done.stdout == "fine\n", done.stderr[-2000:]
