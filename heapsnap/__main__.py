"""The command line's entry, as ``heapsnap`` and as ``python -m heapsnap``."""

CTRL_C = 130
"""What a shell expects of a program that Ctrl-C has ended; as in ``cli.group``."""


def main() -> None:
    """Run the command line; Ctrl-C ends it quietly while it is still being loaded, too."""
    try:
        from heapsnap.cli.main import main as run  # noqa: PLC0415 - a tenth of a second and more

        run()
    except KeyboardInterrupt:
        raise SystemExit(CTRL_C) from None


if __name__ == "__main__":
    main()
