"""The questions that people ask, one file each."""
