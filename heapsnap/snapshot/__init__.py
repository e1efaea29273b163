"""The snapshot file: format, reader, checks; from path to columns."""
