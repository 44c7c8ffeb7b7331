"""One of several processes that serve the app together; `front` starts it."""

from __future__ import annotations

import os
import sys

from mssmap.errors import MssmapError
from mssmap.i18n.legible import legible
from mssmap.server import app
from mssmap.server.seat import Seat


def main() -> None:
    """Serve as one of several."""
    try:
        app.run(Seat.from_arguments(*sys.argv[1:]))
    except MssmapError as error:
        print(legible(str(error)), file=sys.stderr)
        sys.exit(2)
    except KeyboardInterrupt:
        os._exit(130)


if __name__ == "__main__":
    main()
