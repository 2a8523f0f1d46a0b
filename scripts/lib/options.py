"""Command lines as all scripts want them: one clear line and status 2 on bad use."""

import argparse
import sys

import boards


class Parser(argparse.ArgumentParser):
    def __init__(self, name, **how):
        super().__init__(prog=f"scripts/{name}", allow_abbrev=False,
                         formatter_class=argparse.RawDescriptionHelpFormatter, **how)
        self.name = name

    def error(self, message):
        print(f"{self.name}: {message} (see scripts/{self.name} --help)", file=sys.stderr)
        sys.exit(2)

    def add_machine(self):
        """The options that describe the machine, with the board's names in the help."""
        self.add_argument("--board", default=boards.DEFAULT, metavar="B",
                          help=f"one of: {', '.join(boards.BOARDS)} (default {boards.DEFAULT})")
        self.add_argument("--cpu", metavar="C", help="another CPU for the board, if it has one")
        self.add_argument("--smp", type=int, default=1, metavar="N", help="number of cores (default 1)")
        self.add_argument("--memory", metavar="SIZE", help="RAM, such as 512M (default: the board's)")
        self.add_argument("--split", metavar="3G|2G|1G", help="user/kernel split (default 3G)")
        self.add_argument("--supersections", action="store_true",
                          help="lowmem by 16 MB entries where they line up (ARM926 has none)")
        self.add_argument("--sparse", action="store_true",
                          help="SPARSEMEM: struct pages only for those 64 MB that have RAM")
        self.add_argument("--append", metavar="CMDLINE", help="the kernel's command line")

    def check_machine(self, chosen):
        """Ends the script if the machine described does not exist; returns its Board."""
        board = boards.BOARDS.get(chosen.board)
        if not board:
            self.error(f"no board '{chosen.board}'; there is: {', '.join(boards.BOARDS)}")
        if chosen.cpu and chosen.cpu not in board.cpus:
            self.error(f"no CPU '{chosen.cpu}' on {board.name}; it has: {', '.join(board.cpus)}")
        if not 1 <= chosen.smp <= board.max_smp:
            self.error(f"--smp {chosen.smp}: {board.name} has 1 to {board.max_smp} cores")
        if chosen.memory is not None:
            bytes_ = boards.size(chosen.memory)
            if bytes_ is None:
                self.error(f"--memory '{chosen.memory}' is no size; write a number and K, M or G")
            if bytes_ > board.max_memory:
                self.error(f"--memory {chosen.memory}: {board.name} has at most {board.max_memory >> 20}M")
        if chosen.split and chosen.split not in board.splits:
            self.error(f"no split '{chosen.split}' for {board.name}; there is: {', '.join(board.splits)}")
        if chosen.supersections and chosen.split not in (None, board.splits[0]):
            self.error(f"--supersections: no build has them with --split {chosen.split}")
        if chosen.sparse and (chosen.supersections or chosen.split not in (None, board.splits[0])):
            self.error("--sparse: no build has it with --supersections or another --split")
        return board


def before_dashes(arguments):
    """(what stands before --, what stands after it)."""
    if "--" in arguments:
        at = arguments.index("--")
        return arguments[:at], arguments[at + 1:]
    return arguments, []
