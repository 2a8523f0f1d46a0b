"""Boot tests: the commands in scripts/, as a person uses them."""

import json
import os
import pty
import re
import select
import shutil
import subprocess
import time

import harness
from harness import ROOT, Skip, expect, expect_equal, expect_text

# The commands are the same whatever they build: once is enough.
test = harness.test(only=lambda place: place.is_default)


def cases(name, values):
    return harness.cases(name, values, only=lambda place, value: place.is_default)


SCRIPTS = ["setup", "doctor", "run", "test", "debug", "bench"]


def script(name, *arguments, typed="", folder="/", limit=50):
    """Runs a command from some other folder; (status, standard output, standard error)."""
    done = subprocess.run([os.path.join(ROOT, "scripts", name), *arguments], input=typed, cwd=folder,
                          capture_output=True, text=True, timeout=limit)
    return done.returncode, done.stdout, done.stderr


def kernel_of_this_build(bench):
    """The commands build and boot build/BOARD: that must be the kernel under test."""
    if os.path.realpath(bench.build) != os.path.realpath(os.path.join(ROOT, "build", bench.board.name)):
        raise Skip("the kernel under test is not build/" + bench.board.name)


@cases("{}_has_help", SCRIPTS)
def has_help(bench, name):
    status, out, err = script(name, "--help")
    expect_equal(status, 0, "exit status")
    expect_text(out, f"usage: scripts/{name}")


BAD_USE = [("setup", ["now"]), ("doctor", ["now"]), ("run", ["--board", "toaster"]), ("run", ["--split", "4G"]),
           ("run", ["--supersections", "--split", "2G"]), ("run", ["--sparse", "--supersections"]),
           ("run", ["--smp", "5"]), ("run", ["--smp", "two"]), ("run", ["--memory", "2G"]), ("run", ["--memory", "lots"]),
           ("run", ["--cpu", "z80"]), ("run", ["--timeout", "0"]), ("run", ["--nonsense"]), ("run", ["layout"]),
           ("run", ["--exec"]), ("test", ["everything"]), ("test", ["host", "a", "b"]), ("debug", ["--board", "toaster"]),
           ("debug", ["break"]), ("bench", ["moon"]),
           ("bench", ["target", "x-y"]), ("bench", ["--gate", "--record"]), ("setup", ["--peers", "now"])]


@test
def bad_use_is_one_line_and_status_2(bench):
    for name, arguments in BAD_USE:
        status, out, err = script(name, *arguments)
        where = f"{name} {' '.join(arguments)}"
        expect_equal(status, 2, f"exit status of {where}\n{out}{err}")
        expect_equal(out, "", f"standard output of {where}")
        expect(re.fullmatch(rf"{name}: .+\n", err), f"standard error of {where}\n{err}")


@test
def unknown_names_are_answered_with_the_known_ones(bench):
    expect_text(script("run", "--board", "toaster")[2], "vexpress-a9")
    expect_text(script("run", "--split", "4G")[2], "3G")
    expect_text(script("run", "--cpu", "z80")[2], "cortex-a9")
    expect_text(script("test", "everything")[2], "host, target, boot, gdb, fuzz, mutants, bench, all, nightly")


@test
def setup_is_silent_and_fast_when_all_is_there(bench):
    script("setup")
    began = time.monotonic()
    expect_equal(script("setup"), (0, "", ""), "setup")
    took = time.monotonic() - began
    expect(took < 0.5, f"setup took {took:.3f} s")  # 5 ms on an idle machine


@test
def doctor_finds_every_tool(bench):
    status, out, err = script("doctor")
    expect_equal(status, 0, f"exit status\n{out}{err}")
    expect_text(out, re.compile(r"^qemu-system-arm +\d+\.\d+\.\d+ +\d+\.\d+ +yes$", re.M))


@test
def run_exec_prints_and_exits_0(bench):
    kernel_of_this_build(bench)
    script("run", "--exec", "cmdline")  # builds, if somebody has changed a source meanwhile
    status, out, err = script("run", "--exec", "layout; walk 0xc0100000; ptdump")
    expect_equal(status, 0, f"exit status\n{out}{err}")
    expect_equal(err, "", "standard error")
    expect_equal(out.count("\n    lowmem  : 0xc0000000 - 0xf8000000   ( 896 MB)\n"), 2, "rows for lowmem")
    expect_text(out, "lowmem> walk 0xc0100000\n")
    expect("\r" not in out, "carriage returns in the output")


@cases("run_exit_status_of_{}", [("cmdline", 0), ("nonsense", 1), ("nonsense; cmdline", 1),
                                 ("expect-oops crash read-null", 0), ("expect-oops cmdline", 1)])
def exit_status(bench, case):
    kernel_of_this_build(bench)
    status, out, err = script("run", "--exec", case[0])
    expect_equal(status, case[1], f"exit status\n{out}{err}")


@test
def run_ends_non_zero_after_an_oops(bench):
    kernel_of_this_build(bench)
    status, out, err = script("run", "--exec", "crash read-null; cmdline")
    expect(status not in (0, 124), f"exit status {status}\n{out}{err}")
    expect_text(err, "the machine ended")


@test
def run_takes_commands_from_a_pipe(bench):
    kernel_of_this_build(bench)
    status, out, err = script("run", typed="cmdline\nmeminfo\n")
    expect_equal(status, 0, f"exit status\n{out}{err}")
    expect_text(out, "MemTotal:")


@test
def run_stops_at_its_time_limit(bench):
    kernel_of_this_build(bench)
    status, out, err = script("run", "--timeout", "2", "--exec", "cmdline", "--", "-S")
    expect_equal(status, 124, f"exit status\n{out}{err}")
    expect_text(err, "run: stopped after 2 s, while waiting for the prompt\n")


@test
def run_passes_options_on(bench):
    kernel_of_this_build(bench)
    status, out, err = script("run", "--smp", "2", "--memory", "256M", "--append", "one=1", "--icount",
                              "--exec", "cmdline", "--", "-name", "test")
    expect_equal(status, 0, f"exit status\n{out}{err}")
    expect_text(out, "lowmem  : 0xc0000000 - 0xd0000000   ( 256 MB)")
    expect_text(out, "CPU: several cores")
    expect_text(out, re.compile(r"^one=1$", re.M))


@test
def run_at_a_terminal(bench):
    """Typed keys reach the kernel's line editor, Ctrl-C included; Ctrl-A X leaves QEMU."""
    kernel_of_this_build(bench)
    pid, terminal = pty.fork()
    if pid == 0:
        os.execv(os.path.join(ROOT, "scripts", "run"), ["run"])
    seen = b""

    def until(wanted, limit=20):
        nonlocal seen
        end = time.monotonic() + limit
        while wanted not in seen:
            expect(time.monotonic() < end, f"{wanted!r} did not come\n{seen.decode(errors='replace')}")
            if select.select([terminal], [], [], 0.1)[0]:
                seen += os.read(terminal, 4096)
        seen = seen.split(wanted, 1)[1]

    try:
        until(b"Ctrl-A X leaves QEMU")
        until(b"lowmem> ")
        os.write(terminal, b"cmdlinX\x7fe\r")
        until(b"\nlowmem> ")
        os.write(terminal, b"nonsense\x03")
        until(b"\nlowmem> ")
        os.write(terminal, b"\x1b[A\r")  # the line before
        until(b"cmdline\r")
        until(b"\nlowmem> ")
        os.write(terminal, b"\x01x")
        until(b"Terminated")
        while select.select([terminal], [], [], 5)[0]:
            try:
                os.read(terminal, 4096)
            except OSError:  # the other side is closed: the command has ended
                break
    finally:
        os.close(terminal)
        _, status = os.waitpid(pid, 0)
    expect_equal(os.waitstatus_to_exitcode(status), 0, "exit status")


@test
def debug_in_batch_mode(bench):
    kernel_of_this_build(bench)
    status, out, err = script("debug", "--batch", "--gdb-command", "break paging_init", "--gdb-command", "continue",
                              "--gdb-command", "mmu", "--gdb-command", "pt 0xc0000000", "--gdb-command", "uart cmdline")
    expect_equal(status, 0, f"exit status\n{out}{err}")
    for wanted in ("(2 locations)", "paging_init", "M=1  MMU on", "-> PA 0x60000000"):
        expect_text(out, wanted)


@test
def bench_prints_json_lines_alone(bench):
    kernel_of_this_build(bench)
    status, out, err = script("bench", "target", "paging_init", "--json")
    expect_equal(status, 0, f"exit status\n{out}{err}")
    lines = [json.loads(line) for line in out.splitlines()]
    expect(any(line["bench"] == "paging_init" for line in lines), f"no paging_init\n{out}")


FAKES = {
    "dpkg-query": "#!/bin/sh\nexit 1\n",
    "apt-cache": "#!/bin/sh\ncase $1 in depends) echo '  Depends: clang-14';; show) exit 0;; esac\n",
    "apt-get": "#!/bin/sh\necho \"$@\" >>\"$LOG\"\n[ -z \"$FAIL\" ]\n",
    "sudo": "#!/bin/sh\necho sudo >>\"$LOG\"\nexec \"$@\"\n",
}


def bare_machine(bench, *present, **environment):
    """Runs scripts/setup where only the shell's own tools and `present` are found, and apt-get is
    a fake; (status, standard error, what apt-get was told)."""
    top = os.path.join(bench.folder.name, "bare")
    os.makedirs(os.path.join(top, "scripts"), exist_ok=True)
    os.makedirs(os.path.join(top, "bin"), exist_ok=True)
    shutil.copy(os.path.join(ROOT, "scripts", "setup"), os.path.join(top, "scripts"))
    for tool in ("bash", "sh", "dirname", "mkdir", "sed", "env", *present):
        if not os.path.exists(os.path.join(top, "bin", tool)):
            os.symlink(shutil.which(tool), os.path.join(top, "bin", tool))
    for name, text in FAKES.items():
        path = os.path.join(top, "bin", name)
        with open(path, "w") as file:
            file.write(text)
        os.chmod(path, 0o755)
    log = os.path.join(top, "log")
    open(log, "w").close()
    done = subprocess.run([os.path.join(top, "scripts", "setup")], capture_output=True, text=True,
                          env={"PATH": os.path.join(top, "bin"), "LOG": log, **environment})
    expect_equal(done.stdout, "", "standard output")
    with open(log) as file:
        return done.returncode, done.stderr, file.read()


@test
def setup_installs_what_is_missing(bench):
    status, err, told = bare_machine(bench, "python3", "cmake")
    expect_equal(status, 0, f"exit status\n{err}")
    install = told.splitlines()[-1].split(" install ")[1].split()
    for package in ("gcc-arm-none-eabi", "libnewlib-arm-none-eabi", "qemu-system-arm", "gdb-multiarch",
                    "ninja-build", "clang", "libclang-rt-14-dev", "libgtest-dev"):
        expect(package in install, f"{package} was not asked for\n{told}")
    for package in ("python3", "cmake"):
        expect(package not in install, f"{package} is there, but was asked for\n{told}")
    expect_text(err, "setup: installing ")
    expect_equal("sudo" in told.split(), os.geteuid() != 0, "use of sudo")


@test
def setup_says_when_apt_fails(bench):
    status, err, told = bare_machine(bench, FAIL="1")
    expect_equal(status, 1, "exit status")
    expect_text(err, "setup: apt-get could not install ")
