"""One heap: what each object is called, from where it is held, and whose it is."""
