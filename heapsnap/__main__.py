"""``python -m heapsnap``: the command line."""

from heapsnap.cli.main import main

if __name__ == "__main__":
    main()
