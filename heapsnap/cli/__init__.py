"""The command line: one function a verb, and what they share."""
