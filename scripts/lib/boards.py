"""The boards that scripts and tests know, and what QEMU must be told for each.

What a board means to the kernel stands in arch/arm/mach and toolchain/lowmem.cmake.
"""

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Board:
    name: str
    machine: str       # QEMU's -M
    cpus: tuple        # QEMU's -cpu; the first is the machine's own
    max_smp: int
    max_memory: int    # bytes
    memory: str        # by default
    ram: int           # physical address of RAM
    splits: tuple      # user/kernel splits that can be built; the first is the default
    quiet: tuple = ()  # options that keep QEMU from complaining about things we don't use

    def preset(self, split=None, supersections=False, sparse=False):
        """The CMake preset of this board's kernel, also the name of its folder in build/.
        Supersections and SPARSEMEM go with the default split, and not together."""
        if supersections:
            return f"{self.name}-super"
        if sparse:
            return f"{self.name}-sparse"
        return self.name if split in (None, self.splits[0]) else f"{self.name}-{split.lower()}"


MB, GB = 1 << 20, 1 << 30
BOARDS = {board.name: board for board in [
    Board(name="vexpress-a9", machine="vexpress-a9", cpus=("cortex-a9",), max_smp=4, max_memory=GB,
          memory="1G", ram=0x60000000, splits=("3G", "2G", "1G"),
          quiet=("-audiodev", "none,id=a")),
    Board(name="versatilepb", machine="versatilepb", cpus=("arm926", "arm1176"), max_smp=1,
          max_memory=256 * MB, memory="256M", ram=0, splits=("3G", "2G"),
          quiet=("-audiodev", "none,id=a")),
]}
DEFAULT = "vexpress-a9"


def size(text):
    """'512M' in bytes; None if that is no size."""
    match = re.fullmatch(r"([1-9]\d*)([KMG])", text)
    return int(match[1]) << {"K": 10, "M": 20, "G": 30}[match[2]] if match else None
