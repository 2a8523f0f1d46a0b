#!/usr/bin/env python3
"""Checks that every C++ file has the shape that .clang-format describes."""
import argparse
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]


def cpp_files():
    """C++ files of the project: what git tracks, or all that stands here without git."""
    try:
        listed = subprocess.run(["git", "-C", ROOT, "ls-files", "*.cpp", "*.h"],
                                capture_output=True, text=True, check=True).stdout.split()
        files = [ROOT / name for name in listed]
    except (OSError, subprocess.CalledProcessError):
        files = []
    if not files:
        files = [path for suffix in ("*.cpp", "*.h") for path in ROOT.rglob(suffix)
                 if "build" not in path.relative_to(ROOT).parts]
    return sorted(path for path in files if path.exists())


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--fix", action="store_true", help="format the files instead")
    arguments = parser.parse_args()
    mode = ["-i"] if arguments.fix else ["--dry-run", "-Werror"]
    files = cpp_files()
    print(f"{len(files)} files")
    return subprocess.run(["clang-format", "--style=file", *mode, *files], cwd=ROOT).returncode


if __name__ == "__main__":
    sys.exit(main())
