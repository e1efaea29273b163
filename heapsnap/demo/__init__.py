"""The demonstration: a service that leaks, and the commands that find out why."""
