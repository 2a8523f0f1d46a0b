"""Runs boot tests by name, or all of them. See README.md."""

import sys

import harness
import test_aborts  # noqa: F401
import test_prompt  # noqa: F401
import test_cores   # noqa: F401
import test_highmem  # noqa: F401
import test_loader  # noqa: F401
import test_memory  # noqa: F401
import test_page_debug  # noqa: F401
import test_scripts  # noqa: F401
import test_tables  # noqa: F401

if __name__ == "__main__":
    sys.exit(harness.main(__doc__))
