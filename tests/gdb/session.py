"""gdb in batch mode, attached to a machine as scripts/debug does it."""

import os
import subprocess

import debug
import harness
import qemu

MARK = "@@@ "


def gdb(words, commands, limit=60.0):
    """Runs gdb with these arguments and commands; what each command printed, in order.

    A command that fails does not end the run: its error is what it printed.
    """
    script = ["set pagination off", "set width 0", "set style enabled off"]
    for number, command in enumerate(commands):
        script.append(f"echo \\n{MARK}{number}\\n")
        # Python runs the command, so that an error does not end the batch.
        script.append(f"python run({command!r})")
    words = words + ["-ex", "python\ndef run(c):\n  try:\n    gdb.execute(c)\n"
                            "  except gdb.error as e:\n    print('error:', e)\n"]
    for line in script:
        words += ["-ex", line]
    try:
        done = subprocess.run(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, timeout=limit, errors="replace")
    except subprocess.TimeoutExpired as error:
        raise harness.Failure(f"gdb did not end within {limit:g} s\n{error.stdout}") from None
    pieces = done.stdout.split("\n" + MARK)
    harness.expect(len(pieces) == len(commands) + 1, f"gdb ended early\n{done.stdout}")
    return [piece.partition("\n")[2] for piece in pieces[1:]]


def live(bench, commands, image=None, kernel=None, before=None, start=None, **how):
    """Starts a machine stopped at reset, attaches gdb, gives it the commands.

    Returns (what each command printed, the machine, which runs on when gdb has detached).
    `before` is called with the machine before gdb comes, to type something, for example; `start`
    starts it, if not Bench.start.
    """
    machine = (start or bench.start)(stopped=True, gdb=True, **(how if start else {"image": image, **how}))
    if before:
        before(machine)
    qemu.wait_for_socket(machine.gdb_path)
    words = debug.gdb_words(kernel or bench.kernel, machine.gdb_path)
    return gdb(words[:1] + ["-nx", "-batch"] + words[1:], commands), machine
