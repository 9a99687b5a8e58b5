"""`python -m forensics_ui COMMAND`."""

import sys

from forensics_ui.cli import main

if __name__ == "__main__":
    sys.exit(main())
