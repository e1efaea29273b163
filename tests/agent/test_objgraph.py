"""The second opinion: objgraph on the live process, heapsnap on its snapshot."""

import json
import os
import subprocess
import sys
from pathlib import Path

from heapsnap.analysis.answers.why import why
from heapsnap.snapshot.reader import load

PROGRAM = """
import gc, json, sys
import objgraph, heapsnap
class Marker:
    pass
class Holder:
    def __init__(self, marker):
        self.inner = {"deep": [marker]}
HOLDERS = [Holder(Marker()) for _ in range(37)]
gc.disable()
heapsnap.dump(sys.argv[1])
stats = objgraph.typestats(shortnames=False)
chain = objgraph.find_backref_chain(HOLDERS[0].inner["deep"][0], objgraph.is_proper_module)
kinds = ["__main__.Marker", "__main__.Holder"]
print(json.dumps({"stats": {k: stats[k] for k in kinds}, "chain": len(chain)}))
"""


def test_objgraph_counts_the_same_and_finds_no_shorter_chain(tmp_path):
    path = tmp_path / "a.json"
    told = json.loads(
        subprocess.run(
            [sys.executable, "-c", PROGRAM, str(path)],
            check=True,
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        ).stdout
    )
    snapshot = load(path)
    names = [snapshot.types[number].full_name for number in snapshot.type_by_node.tolist()]
    assert told["stats"] == {kind: names.count(kind) for kind in told["stats"]}
    assert told["stats"]["__main__.Marker"] == 37
    answer = why(snapshot, "Marker")
    assert answer.groups[0].verdict == "rooted"
    # Our steps leave out the module's and the instance's dict, which objgraph counts.
    assert len(answer.groups[0].chain.steps) <= told["chain"]
