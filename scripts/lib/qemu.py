"""A machine in QEMU that a program can talk to: its serial port, its monitor, its exit status.

    with Machine(BOARDS["vexpress-a9"], "build/vexpress-a9/Image") as machine:
        machine.prompt()
        print(machine.command("layout"))
        status = machine.end()          # poweroff, then QEMU's exit status

The serial port is QEMU's standard input and output. The monitor is a socket, opened when asked
for, and so is gdb's stub. Everything waits with a limit: Timeout is raised, never a hang.
"""

import ctypes
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time

PROMPT = re.compile(rb"(?:^|\n)\r?lowmem> \Z")
ESCAPES = re.compile(rb"\x1b\[[0-9;?]*[A-Za-z]")
HARMLESS = re.compile(r"audiodev default parameter is deprecated|^\s*$")


class Timeout(Exception):
    """The machine did not do within the limit what was waited for."""


class Ended(Exception):
    """QEMU ended while something was waited for."""


def options(board, image, *, cpu=None, smp=1, memory=None, append=None, dtb=None, icount=False,
            semihosting=True):
    """QEMU's arguments without serial, monitor and gdb."""
    words = ["qemu-system-arm", "-M", board.machine, "-m", memory or board.memory, "-smp", str(smp),
             "-display", "none", *board.quiet]
    if cpu and cpu != board.cpus[0]:
        words += ["-cpu", cpu]
    if semihosting:
        words += ["-semihosting-config", "enable=on,target=native"]
    if icount:
        # 1 instruction = 16 ns: 1.6 ticks of the A9's global timer. Idle time is skipped.
        words += ["-icount", "shift=4,sleep=off"]
    if image:
        words += ["-kernel", image]
    if dtb:
        words += ["-dtb", dtb]
    if append:
        words += ["-append", append]
    return words


def complaints(text):
    """What QEMU wrote to standard error, without what it always says."""
    return "\n".join(line for line in text.splitlines() if not HARMLESS.search(line))


LONGEST_MATCH = 4096  # bytes that a pattern waited for may span
PR_SET_PDEATHSIG = 1   # linux/prctl.h


def die_with_parent():
    """In the child: whoever started QEMU may be killed without a chance to end it."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


class Machine:
    """One run of QEMU.

    on_output  called with each piece of bytes that the serial port printed
    stopped    the CPU waits for gdb or the monitor before its first instruction
    extra      more arguments for QEMU, at the end
    limit      seconds that each wait may take if it names none
    """

    def __init__(self, board, image, *, on_output=None, stopped=False, monitor=False, gdb=False,
                 extra=(), limit=20.0, **how):
        self.board, self.limit, self.on_output = board, limit, on_output
        self.folder = tempfile.mkdtemp(prefix="lowmem-")
        self.errors = open(os.path.join(self.folder, "stderr"), "w+", errors="replace")
        words = options(board, image, **how) + ["-serial", "stdio"]
        if monitor:
            words += ["-chardev", f"socket,id=mon,path={self.monitor_path},server=on,wait=off",
                      "-mon", "chardev=mon,mode=control"]
        else:
            words += ["-monitor", "none"]
        if gdb:
            words += ["-chardev", f"socket,id=gdb0,path={self.gdb_path},server=on,wait=off",
                      "-gdb", "chardev:gdb0"]
        if stopped:
            words.append("-S")
        self.arguments = words + list(extra)
        self.output = bytearray()
        self.mark = 0           # where the part of the output begins that nobody has asked for
        self.changed = threading.Condition()
        self.closed = False
        self.started = time.monotonic()
        # A session of its own: Ctrl-C at the terminal is for whoever runs us, not for QEMU.
        self.process = subprocess.Popen(self.arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=self.errors, start_new_session=True,
                                        preexec_fn=die_with_parent)
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()
        self.monitor_socket = None

    # -------------------------------------------------------------- life

    @property
    def monitor_path(self):
        return os.path.join(self.folder, "monitor")

    @property
    def gdb_path(self):
        return os.path.join(self.folder, "gdb")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.kill()

    def kill(self):
        """Ends QEMU, however it is, and cleans up behind it."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.reader.join(5)
        if self.monitor_socket:
            self.monitor_socket.close()
        for stream in (self.process.stdin, self.process.stdout, self.errors):
            try:
                stream.close()
            except OSError:
                pass
        shutil.rmtree(self.folder, ignore_errors=True)

    def read(self):
        while True:
            piece = os.read(self.process.stdout.fileno(), 65536)
            with self.changed:
                self.output += piece
                self.closed = not piece
                self.changed.notify_all()
            if not piece:
                return
            if self.on_output:
                self.on_output(piece)

    def exit_status(self, limit=None):
        """Waits for QEMU to end by itself; its exit status (negative: killed by that signal)."""
        try:
            status = self.process.wait(self.limit if limit is None else limit)
        except subprocess.TimeoutExpired:
            raise Timeout(f"no end within {self.limit if limit is None else limit:g} s") from None
        self.reader.join(5)
        return status

    def stderr(self):
        """QEMU's own complaints so far."""
        with open(self.errors.name, errors="replace") as file:
            return complaints(file.read())

    # -------------------------------------------------------------- serial port

    @property
    def text(self):
        """All that was printed, without carriage returns and escape sequences."""
        with self.changed:
            return plain(bytes(self.output))

    def wait(self, pattern, limit=None):
        """Waits until `pattern` (compiled, bytes) is found in the output after the mark; the text
        up to its end, and the mark moves there."""
        limit = self.limit if limit is None else limit
        until = time.monotonic() + limit
        begin = self.mark  # what has been searched in vain is not searched again, but for its end
        with self.changed:
            while True:
                found = pattern.search(self.output, begin)
                begin = max(self.mark, len(self.output) - LONGEST_MATCH)
                if found:
                    piece = bytes(self.output[self.mark:found.end()])
                    self.mark = found.end()
                    return plain(piece)
                if self.closed:
                    raise Ended(f"QEMU ended before {pattern.pattern!r} came")
                left = until - time.monotonic()
                if left <= 0:
                    raise Timeout(f"{pattern.pattern!r} did not come within {limit:g} s")
                self.changed.wait(left)

    def prompt(self, limit=None):
        """Waits for the prompt; the text before it. Returns also if it is there already."""
        text = self.wait(PROMPT, limit)
        # The prompt's newline ends the line before it, so the next search may not need it.
        return text.rsplit("lowmem> ", 1)[0]

    def type(self, text):
        """Sends text to the serial port as it is."""
        try:
            self.process.stdin.write(text.encode())
            self.process.stdin.flush()
        except BrokenPipeError:
            pass  # QEMU has ended; the wait that follows says so

    def command(self, line, limit=None):
        """Types a command at the prompt and waits for the next one; what it printed, without the
        echo of the command itself."""
        self.type(line + "\n")
        text = self.prompt(limit)
        echo, _, rest = text.partition("\n")
        return rest if echo.strip() == line.strip() else text

    def end(self, limit=None):
        """Types `poweroff` and waits for QEMU's exit status: 0 if no command has failed."""
        self.type("poweroff\n")
        return self.exit_status(limit)

    # -------------------------------------------------------------- monitor

    def monitor(self, line, core=0):
        """QEMU's answer to a command of its monitor, about this core (start with monitor=True)."""
        if not self.monitor_socket:
            self.monitor_socket = connect(self.monitor_path, self.limit)
            self.monitor_socket.settimeout(self.limit)
            self.monitor_lines = self.monitor_socket.makefile("r", encoding="utf-8")
            self.monitor_lines.readline()  # the greeting
            self.qmp("qmp_capabilities")
        return self.qmp("human-monitor-command", **{"command-line": line, "cpu-index": core}).replace("\r", "")

    def qmp(self, command, **arguments):
        """One command of QEMU's machine protocol; events that come between are dropped."""
        message = {"execute": command, "arguments": arguments}
        try:
            self.monitor_socket.sendall(json.dumps(message).encode() + b"\n")
            while True:
                line = self.monitor_lines.readline()
                if not line:
                    raise Ended("QEMU's monitor has gone")
                answer = json.loads(line)
                if "return" in answer:
                    return answer["return"]
                if "error" in answer:
                    raise ValueError(f"QEMU's monitor: {answer['error']['desc']}")
        except TimeoutError:
            raise Timeout(f"QEMU's monitor does not answer {command}") from None
        except OSError as error:
            raise Ended(f"QEMU's monitor has gone: {error}") from None

    def physical(self, pa, size):
        """Physical memory as bytes, by the monitor's pmemsave."""
        path = os.path.join(self.folder, "memory")
        self.monitor(f'pmemsave {pa:#x} {size:#x} "{path}"')
        with open(path, "rb") as file:
            return file.read()


def plain(data):
    return ESCAPES.sub(b"", data).replace(b"\r", b"").decode(errors="replace")


def connect(path, limit=5.0):
    """A connection to a unix socket that a starting QEMU may not have made yet."""
    until = time.monotonic() + limit
    while True:
        client = socket.socket(socket.AF_UNIX)
        try:
            client.connect(path)
            return client
        except OSError:
            client.close()
            if time.monotonic() > until:
                raise Timeout(f"nobody listens at {path}") from None
            time.sleep(0.005)


def wait_for_socket(path, limit=5.0):
    """Waits until QEMU has made the socket for gdb (without connecting: it takes one client)."""
    until = time.monotonic() + limit
    while not os.path.exists(path):
        if time.monotonic() > until:
            raise Timeout(f"QEMU made no socket at {path}")
        time.sleep(0.005)
