"""Runs gdb tests by name, or all of them. See README.md."""

import sys
import os

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "boot"))
import harness           # noqa: E402
import test_commands     # noqa: F401, E402
import test_names        # noqa: F401, E402
import test_reset        # noqa: F401, E402
import test_shortdesc    # noqa: F401, E402

if __name__ == "__main__":
    sys.exit(harness.main(__doc__))
