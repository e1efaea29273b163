"""Results as text, pictures and JSON: pure functions, no file, no terminal, no decision."""
