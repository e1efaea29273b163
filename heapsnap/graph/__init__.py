"""Pure functions on arrays: references both ways, reachability, levels, paths, components."""
