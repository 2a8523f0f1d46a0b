#!/usr/bin/env python3
"""Runs clang-tidy with the root's .clang-tidy over the sources that both worlds compile.

Takes the build folder of a clang host build, whose compile_commands.json says which these are
(the objects of lowmem_host) and how they are compiled. Two files at a time.
"""
import argparse
import concurrent.futures
import json
import pathlib
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]


def sources(build):
    with open(build / "compile_commands.json", encoding="utf-8") as file:
        commands = json.load(file)
    return sorted(entry["file"] for entry in commands if "lowmem_host.dir" in entry["command"])


def check(build, path):
    start = time.monotonic()
    done = subprocess.run(
        ["clang-tidy", "--quiet", "--warnings-as-errors=*", "-p", str(build), path],
        cwd=ROOT, capture_output=True, text=True)
    return path, done.returncode, done.stdout, done.stderr, time.monotonic() - start


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("build", type=pathlib.Path, help="build folder with compile_commands.json")
    parser.add_argument("files", nargs="*", help="only sources whose path contains one of these")
    parser.add_argument("--times", action="store_true", help="print seconds for each file")
    arguments = parser.parse_args()
    if not (arguments.build / "compile_commands.json").exists():
        parser.error(f"{arguments.build} has no compile_commands.json: configure it first")
    chosen = [path for path in sources(arguments.build)
              if not arguments.files or any(part in path for part in arguments.files)]
    bad = 0
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for path, status, out, err, seconds in pool.map(lambda p: check(arguments.build, p),
                                                        chosen):
            if arguments.times:
                print(f"{seconds:6.1f} s  {path}")
            if status != 0:
                bad += 1
                print(out or err)
    print(f"{len(chosen)} files, {bad} with findings")
    return 1 if bad or not chosen else 0


if __name__ == "__main__":
    sys.exit(main())
