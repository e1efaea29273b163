"""Where growth enters the heap, and whether it is a leak."""
