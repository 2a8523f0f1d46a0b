"""Set up, configure, build: what every script does first, silent when there is nothing to do.

Progress goes to standard error: a counter on one line at a terminal, one line a build elsewhere.
LOWMEM_WERROR=ON in the environment makes warnings errors (.ci/run).
"""

import fcntl
import os
import re
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


class BuildError(Exception):
    """Something that ends a script with one line (what the tools said has been printed)."""


def say(text):
    print(text, file=sys.stderr, flush=True)


def setup():
    """Installs what is missing."""
    if subprocess.run([os.path.join(ROOT, "scripts", "setup")], stdin=subprocess.DEVNULL).returncode:
        raise BuildError("setup failed")


def folder(preset):
    return os.path.join(ROOT, "build", preset)


def build(preset, targets=()):
    """Brings build/PRESET up to date; returns its folder. Two at once wait for each other."""
    out = folder(preset)
    os.makedirs(out, exist_ok=True)
    with open(out + ".lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not configured(out):
            configure(preset)
        compile_preset(preset, out, list(targets))
    return out


def werror():
    return "ON" if os.environ.get("LOWMEM_WERROR", "").upper() in ("ON", "1", "YES", "TRUE") else "OFF"


def configured(out):
    try:
        with open(os.path.join(out, "CMakeCache.txt")) as cache:
            return f"LOWMEM_WERROR:BOOL={werror()}\n" in cache and \
                os.path.exists(os.path.join(out, "build.ninja"))
    except FileNotFoundError:
        return False


def configure(preset):
    say(f"configuring {preset}")
    done = subprocess.run(["cmake", "--preset", preset, f"-DLOWMEM_WERROR={werror()}"], cwd=ROOT,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True)
    if done.returncode:
        say(done.stdout)
        raise BuildError(f"configuring {preset} failed")


def compile_preset(preset, out, targets):
    terminal = sys.stderr.isatty()
    ninja = subprocess.Popen(["ninja", "-C", out, *targets], stdin=subprocess.DEVNULL,
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                             errors="replace", env={**os.environ, "NINJA_STATUS": "[%f/%t] "})
    announced = False
    for line in ninja.stdout:
        progress = re.match(r"\[(\d+)/(\d+)\] ", line)
        if progress:
            if terminal:
                print(f"\r\033[Kbuilding {preset}: {progress[1]} of {progress[2]}", end="",
                      file=sys.stderr, flush=True)
            elif not announced:
                say(f"building {preset}")
            announced = True
        elif not line.startswith(("ninja: Entering directory", "ninja: no work to do", "-- ")):
            if terminal and announced:
                print("\r\033[K", end="", file=sys.stderr)
            say(line.rstrip("\n"))
    if terminal and announced:
        print("\r\033[K", end="", file=sys.stderr, flush=True)
    if ninja.wait():
        raise BuildError(f"building {preset} failed")
