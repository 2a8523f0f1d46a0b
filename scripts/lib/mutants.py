"""scripts/test mutants: is every barrier, clean and flush of the table code needed?

Each maintenance site (sites.py) is dropped in turn, by host_tests --drop-site N, and the tests of
the table code are run until one fails. A site whose loss no test notices is a survivor: the model
misses a rule, a test is missing, or the site is not needed and goes.
"""

import concurrent.futures
import json
import os
import re
import signal
import subprocess
import tempfile

import build

SECONDS = 120  # a mutant that hangs is noticed too
# Tests that run the kernel's table code under the model.
JUDGED = re.compile(r"^#include <tests/(arch/fixture|model/\w+)\.h>", re.M)
SITE = re.compile(r"^(site (\d+) \S+ \w+)( \(not compiled for the host\))?$", re.M)
FAILED = re.compile(r"^\[  FAILED  \] ([^\s,]+)", re.M)


def run(program, words):
    """(exit status, output); a time-out is SIGALRM's."""
    try:
        done = subprocess.run([program, *words], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, errors="replace",
                              timeout=SECONDS)
        return done.returncode, done.stdout
    except subprocess.TimeoutExpired as expired:
        return -signal.SIGALRM, expired.stdout or ""


def table_tests(program):
    """A filter of GoogleTest's: the suites in files that have the model judge table code."""
    with tempfile.TemporaryDirectory() as folder:
        report = os.path.join(folder, "list.json")
        status, said = run(program, ["--gtest_list_tests", f"--gtest_output=json:{report}"])
        if status:
            raise build.BuildError(f"{program} lists no tests\n{said}")
        with open(report) as listed:
            suites = json.load(listed)["testsuites"]
    judged = {}

    def is_judged(path):
        if path not in judged:
            with open(path) as source:
                judged[path] = bool(JUDGED.search(source.read()))
        return judged[path]

    chosen = [suite["name"] for suite in suites
              if any(is_judged(test["file"]) for test in suite["testsuite"])]
    if not chosen:
        raise build.BuildError("no test has the model judge table code")
    return ":".join(name + ".*" for name in chosen)


def verdict(program, number, tests):
    """What noticed that the site is gone: a test's name, or how the run ended; or None."""
    status, said = run(program, ["--drop-site", number, "--gtest_fail_fast", "--gtest_brief=1",
                                 f"--gtest_filter={tests}"])
    if status == 0:
        return None
    failed = FAILED.search(said)
    if failed:
        return failed[1]
    if status < 0:
        return "no end" if status == -signal.SIGALRM else signal.Signals(-status).name
    raise build.BuildError(f"{program} --drop-site {number}: exit status {status}\n{said}")


def judge(program, pattern, say, progress):
    """Drops each site that `pattern` finds; (killed, survived, not compiled for the host)."""
    status, said = run(program, ["--list-sites"])
    listed = SITE.findall(said)
    if status or not listed:
        raise build.BuildError(f"{program} --list-sites\n{said}")
    if pattern:
        listed = [site for site in listed if re.search(pattern, site[0])]
    tests = table_tests(program)
    status, said = run(program, ["--gtest_brief=1", f"--gtest_filter={tests}"])
    if status:
        raise build.BuildError(f"with no site dropped the tests fail already\n{said}")
    killed = survived = skipped = 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        verdicts = [(line, None if elsewhere else pool.submit(verdict, program, number, tests))
                    for line, number, elsewhere in listed]
        for line, future in verdicts:
            if future is None:
                skipped += 1
                say(f"skipped {line}: not compiled for the host")
                continue
            progress(line)
            by = future.result()
            progress("")
            if by is None:
                survived += 1
                say(f"{line} survived")
            else:
                killed += 1
                if os.environ.get("LOWMEM_VERBOSE"):
                    say(f"{line} killed by {by}")
    return killed, survived, skipped
