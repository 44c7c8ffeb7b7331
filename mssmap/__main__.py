"""Run the command line: `python -m mssmap`."""

from mssmap.cli import main

if __name__ == "__main__":
    main()
