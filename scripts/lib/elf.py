"""Just enough of ELF for our kernel: where it is linked, where it is loaded, what is where."""

import struct


class Elf:
    def __init__(self, path):
        with open(path, "rb") as file:
            self.data = file.read()
        if self.data[:6] != b"\x7fELF\x01\x01":
            raise ValueError(f"{path} is no 32-bit little-endian ELF file")
        (self.entry, phoff, shoff, _, _, phsize, phcount, shsize, shcount,
         shnames) = struct.unpack_from("<IIIIHHHHHH", self.data, 24)
        # p_type, p_offset, p_vaddr, p_paddr, p_filesz, p_memsz, p_flags, p_align
        self.segments = [struct.unpack_from("<8I", self.data, phoff + i * phsize) for i in range(phcount)]
        # sh_name, sh_type, sh_flags, sh_addr, sh_offset, sh_size, sh_link, ...
        self.sections = [struct.unpack_from("<10I", self.data, shoff + i * shsize) for i in range(shcount)]

    @property
    def load_offset(self):
        """What to add to a linked address to get the one it is loaded at (may be negative)."""
        for kind, _, vaddr, paddr, filesz, *_ in self.segments:
            if kind == 1 and filesz and vaddr != paddr:
                return paddr - vaddr
        return 0

    def text_at(self, table, offset):
        start = table + offset
        return self.data[start:self.data.index(b"\0", start)].decode()

    def symbols(self):
        """name -> linked address, of every symbol with a name."""
        result = {}
        for section in self.sections:
            if section[1] != 2:  # SHT_SYMTAB
                continue
            strings = self.sections[section[6]][4]
            for at in range(section[4], section[4] + section[5], 16):
                name, value, _, info, _, _ = struct.unpack_from("<IIIBBH", self.data, at)
                if name and info & 15 != 3:  # not the sections themselves
                    result[self.text_at(strings, name)] = value & 0xFFFFFFFF
        return result
