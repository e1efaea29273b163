"""Every command that reads a snapshot, as it is given a spoiled one."""

from __future__ import annotations

SPOILED, SOUND = "spoiled.json", "sound.json"
ONE = ("-s", SPOILED)
PAIR = (SOUND, SPOILED)
FORMATS = ("heapsnapshot", "parquet", "speedscope", "pprof", "folded", "graphml")

COMMANDS: tuple[tuple[str, ...], ...] = (
    ("info", *ONE),
    ("info", "--json", *ONE),
    ("top", *ONE),
    ("top", "--by", "retained", "--json", *ONE),
    ("why", "DictCursor", *ONE),
    ("why", "*", "--all", "--json", *ONE),
    ("why", "DictCursor", "--since", SOUND, *ONE),
    ("why", "list", "--since", SPOILED, "-s", SOUND),
    ("why", "DictCursor", "--not-through", "dict", "--picture", "why.dot", *ONE),
    ("refs", "DictCursor", *ONE),
    ("refs", "*", "--json", *ONE),
    ("retained", *ONE),
    ("retained", "DictCursor", "--json", *ONE),
    ("graph", "DictCursor", "--format", "dot", "-o", "graph.dot", *ONE),
    ("report", *PAIR, "-o", "report.html"),
    ("diff", *PAIR),
    ("diff", SPOILED, SOUND, "--json", "--all"),
    ("diff", SOUND, SPOILED, SOUND),
    ("diff", *PAIR, "--fail-on-growth", "--tolerance", "1"),
    ("sql", SPOILED, "SELECT type, count(*) FROM objects GROUP BY type"),
    ("sql", SPOILED, "SELECT * FROM paths", "--json"),
    ("cache", SPOILED),
    *(("export", SPOILED, "--to", name, "--type", "DictCursor", "-o", "out") for name in FORMATS),
    *(("export", *PAIR, "--to", name, "-o", "out") for name in ("speedscope", "pprof", "folded")),
)
