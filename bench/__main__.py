"""All benchmarks, one after the other: ``python -m bench`` (or ``make bench``). Arguments go to the engine's."""
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent


def main():
    """Run each script in a process of its own, so that none warms another's memory."""
    print("== engine ==", flush=True)
    subprocess.run([sys.executable, str(HERE / "engine.py"), *sys.argv[1:]], check=True)
    print("== journal ==", flush=True)
    subprocess.run([sys.executable, str(HERE / "journal.py")], check=True)
    print("== service ==", flush=True)
    subprocess.run([sys.executable, "-m", "bench.service"], check=True, cwd=HERE.parent)


if __name__ == "__main__":
    main()
