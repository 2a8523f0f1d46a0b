"""scripts/run: builds the kernel if needed and boots it in QEMU."""

import os
import signal
import subprocess
import sys
import termios
import threading

import build
import options
import qemu

EPILOG = """\
Without --exec the serial port is your terminal; Ctrl-A X leaves QEMU. If standard input is no
terminal, its lines are the commands. With --exec "layout; walk 0xc0100000" the commands are typed
one after the other at the prompt, then poweroff; the exit status is 0 only if every command
succeeded and nothing oopsed. What follows -- goes to QEMU as it is.
"""


def parse(arguments):
    parser = options.Parser("run", description="Builds the kernel if needed and boots it in QEMU.",
                            epilog=EPILOG)
    parser.add_machine()
    parser.add_argument("--exec", dest="commands", metavar='"CMD; CMD"', help="run these, power off")
    parser.add_argument("--icount", action="store_true",
                        help="virtual time counts instructions (1 instruction = 16 ns)")
    parser.add_argument("--timeout", type=float, metavar="SECONDS",
                        help="end the machine after that time, with status 124 "
                             "(default 60 with --exec, else none)")
    arguments, extra = options.before_dashes(arguments)
    chosen = parser.parse_args(arguments)
    chosen.extra = extra
    board = parser.check_machine(chosen)
    if chosen.timeout is not None and chosen.timeout <= 0:
        parser.error(f"--timeout {chosen.timeout:g}: it must be more than 0 seconds")
    return board, chosen


def say(text):
    print(f"run: {text}", file=sys.stderr, flush=True)


def run_commands(board, image, chosen, commands):
    """Types the commands in turn; the exit status."""
    limit = chosen.timeout or 60.0
    out = sys.stdout.buffer

    def show(piece):
        try:
            out.write(piece.replace(b"\r", b""))
            out.flush()
        except BrokenPipeError:  # nobody reads on: run to the end all the same, for the status
            pass

    machine = qemu.Machine(board, image, on_output=show, extra=chosen.extra, limit=limit,
                           cpu=chosen.cpu, smp=chosen.smp, memory=chosen.memory,
                           append=chosen.append, icount=chosen.icount)
    expired = []

    def expire():
        expired.append(True)
        machine.process.kill()

    clock = threading.Timer(limit, expire)
    clock.start()
    waiting = "the prompt"
    with machine:
        try:
            try:
                machine.prompt(limit + 5)
                for command in commands:
                    waiting = f"the prompt after '{command}'"
                    machine.type(command + "\n")
                    machine.prompt(limit + 5)
                waiting = "the end after 'poweroff'"
                status = machine.end(limit + 5)
                waiting = None
            except qemu.Ended:
                status = machine.exit_status(5)
        finally:
            clock.cancel()
        machine.reader.join(5)
        if machine.output and not machine.output.endswith(b"\n"):
            show(b"\n")
        complaint = machine.stderr()
        if complaint:
            print(complaint, file=sys.stderr)
        if expired:
            say(f"stopped after {limit:g} s, while waiting for {waiting}")
            return 124
        if waiting and not (commands and commands[-1] in ("poweroff", "reboot")):
            say(f"the machine ended (status {status}) while waiting for {waiting}")
            return status if status > 0 else 1
        return status if status >= 0 else 128 - status


def run_terminal(board, image, chosen):
    """The serial port at the terminal; QEMU's exit status."""
    print("Ctrl-A X leaves QEMU, Ctrl-A C is its monitor; all else goes to the kernel.",
          file=sys.stderr, flush=True)
    words = qemu.options(board, image, cpu=chosen.cpu, smp=chosen.smp, memory=chosen.memory,
                         append=chosen.append, icount=chosen.icount)
    before = termios.tcgetattr(0)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # in the moments when the terminal is not raw
    process = subprocess.Popen(words + ["-serial", "mon:stdio"] + chosen.extra,
                               stderr=subprocess.PIPE, text=True, errors="replace")

    def filter_errors():
        for line in process.stderr:
            line = qemu.complaints(line)
            if line:
                print(line, end="\r\n", file=sys.stderr, flush=True)

    threading.Thread(target=filter_errors, daemon=True).start()
    try:
        status = process.wait(chosen.timeout)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        termios.tcsetattr(0, termios.TCSADRAIN, before)
        print()
        say(f"stopped after {chosen.timeout:g} s")
        return 124
    termios.tcsetattr(0, termios.TCSADRAIN, before)
    return status if status >= 0 else 128 - status


def main():
    board, chosen = parse(sys.argv[1:])
    try:
        build.setup()
        image = os.path.join(build.build(board.preset(chosen.split, chosen.supersections, chosen.sparse)), "Image")
    except build.BuildError as error:
        say(error)
        return 1
    if chosen.commands is None and sys.stdin.isatty():
        return run_terminal(board, image, chosen)
    text = sys.stdin.read().replace("\n", ";") if chosen.commands is None else chosen.commands
    commands = [command.strip() for command in text.split(";") if command.strip()]
    return run_commands(board, image, chosen, commands)


if __name__ == "__main__":
    try:
        status = main()
    except KeyboardInterrupt:
        status = 130
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    sys.exit(status)
