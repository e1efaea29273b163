"""Installs heapsnap in every Python that ``heapsnap run`` starts, whatever else is installed there.

Runs in interpreters of any version and in other environments, so it must be readable to all of
them, and leaves ``sys.path`` as if it had never been there. The program's own ``sitecustomize``
follows.
"""

import os
import sys


def install(here):
    """Load the agent from where it lies beside this file, and nothing else from there."""
    if sys.version_info < (3, 10) or sys.implementation.name != "cpython":
        return
    packages = here
    for _ in range(3):
        packages = os.path.dirname(packages)
    # An installed heapsnap of the program's own goes first.
    sys.path.append(packages)
    try:
        from heapsnap.agent import autoload
    finally:
        sys.path.remove(packages)
    autoload.start()


def follow(here):
    """Run the ``sitecustomize`` that Python would have found without this one."""
    sys.path[:] = [path for path in sys.path if path != here]
    sys.path_importer_cache.pop(here, None)
    own = sys.modules.pop("sitecustomize", None)
    try:
        import sitecustomize  # noqa: F401
    except ImportError as error:
        if getattr(error, "name", "sitecustomize") != "sitecustomize":
            raise
    finally:
        # Python's import insists on finding what it has just imported.
        sys.modules.setdefault("sitecustomize", own)


HERE = os.path.dirname(os.path.abspath(__file__))
try:
    install(HERE)
except Exception as problem:  # noqa: BLE001 - the program starts, whatever happens here
    sys.stderr.write("heapsnap: not installed: %s\n" % problem)  # noqa: UP031 - any Python
follow(HERE)
