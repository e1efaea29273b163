"""Runs a module as a script in a process that can be asked for snapshots at any moment.

Arguments: FOLDER SIGNAL MODULE [ARGUMENT ...]. SIGNAL 0: the same without the agent.
"""

import os
import runpy
import sys

folder, number, module = sys.argv[1], int(sys.argv[2]), sys.argv[3]
if number:
    import heapsnap

    heapsnap.install(signal=number, directory=folder)
    with open(os.path.join(folder, "ready"), "w"):
        pass
sys.argv = [module, *sys.argv[4:]]
runpy.run_module(module, run_name="__main__", alter_sys=True)
