"""scripts/debug: QEMU stopped at reset, gdb attached, symbols valid before and after MMU-on.

The ELF file's symbols are loaded twice: at the addresses it is linked for, and at those it is
loaded at, where it runs until the MMU is on. A breakpoint on a function so gets two places.
"""

import os
import shutil
import signal
import subprocess
import sys
import tempfile

import build
import elf
import options
import qemu

EPILOG = """\
gdb gets the commands pt, ptdump, mmu and uart (lowmem-help lists them). The serial port prints to
this terminal; `uart layout` types a line there. Examples:
  scripts/debug --gdb-command 'break paging_init' --gdb-command continue
  scripts/debug --batch --gdb-command 'break start_kernel' --gdb-command continue --gdb-command mmu
"""


def parse(arguments):
    parser = options.Parser("debug", description="QEMU stopped at reset with gdb-multiarch attached.",
                            epilog=EPILOG)
    parser.add_machine()
    parser.add_argument("--og", action="store_true", help="the kernel built at -Og, nicer to step")
    parser.add_argument("--gdb-command", action="append", default=[], metavar="CMD",
                        help="give gdb this command (repeatable, in order)")
    parser.add_argument("--batch", action="store_true", help="end when the commands are done")
    arguments, extra = options.before_dashes(arguments)
    chosen = parser.parse_args(arguments)
    chosen.extra = extra
    return parser.check_machine(chosen), chosen


def gdb_words(kernel, socket_path):
    """gdb's arguments that attach it to QEMU's socket with our commands and both sets of symbols."""
    words = ["gdb-multiarch", "-q"]
    offset = elf.Elf(kernel).load_offset
    for command in ["set confirm off", "set architecture arm", f"file {kernel}",
                    f"target remote {socket_path}",
                    f"add-symbol-file {kernel} -o {offset}" if offset else None,
                    "skip -gfi *newlib*",  # the C library has no source to step through
                    f"source {os.path.join(build.ROOT, 'scripts', 'gdb', 'lowmem.py')}"]:
        if command:
            words += ["-ex", command]
    return words


def main():
    board, chosen = parse(sys.argv[1:])
    try:
        build.setup()
        out = build.build(board.preset(chosen.split, chosen.supersections, chosen.sparse) + ("-og" if chosen.og else ""))
    except build.BuildError as error:
        print(f"debug: {error}", file=sys.stderr)
        return 1
    folder = tempfile.mkdtemp(prefix="lowmem-")
    socket_path, uart = os.path.join(folder, "gdb"), os.path.join(folder, "uart")
    os.mkfifo(uart)
    uart_end = os.open(uart, os.O_RDWR)  # held open, so that QEMU never sees its end
    words = qemu.options(board, os.path.join(out, "Image"), cpu=chosen.cpu, smp=chosen.smp,
                         memory=chosen.memory, append=chosen.append)
    words += ["-serial", "stdio", "-monitor", "none", "-S",
              "-chardev", f"socket,id=gdb0,path={socket_path},server=on,wait=off", "-gdb", "chardev:gdb0"]
    with open(os.path.join(folder, "stderr"), "w+") as errors:
        # A session of its own: Ctrl-C is for gdb.
        machine = subprocess.Popen(words + chosen.extra, stdin=uart_end, stderr=errors,
                                   start_new_session=True)
        try:
            try:
                qemu.wait_for_socket(socket_path)
            except qemu.Timeout:
                machine.kill()
                errors.seek(0)
                print(f"debug: QEMU did not start: {qemu.complaints(errors.read())}", file=sys.stderr)
                return 1
            words = gdb_words(os.path.join(out, "kernel.elf"), socket_path)
            words[1:1] = ["-nx", "-batch"] if chosen.batch else []
            for command in chosen.gdb_command:
                words += ["-ex", command]
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            return subprocess.run(words, env={**os.environ, "LOWMEM_UART": uart},
                                  preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL)).returncode
        finally:
            if machine.poll() is None:
                machine.kill()
            machine.wait()
            os.close(uart_end)
            shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
