"""A celery application whose broker is a folder."""

import os
from pathlib import Path

from celery import Celery

FOLDER = Path(os.environ["HEAPSNAP_DIR"])
for name in ("queue", "results"):
    (FOLDER / name).mkdir(exist_ok=True)

app = Celery("tasks", broker="filesystem://", backend=f"file://{FOLDER}/results")
app.conf.broker_transport_options = {
    "data_folder_in": str(FOLDER / "queue"),
    "data_folder_out": str(FOLDER / "queue"),
    "control_folder": str(FOLDER / "queue"),
}
KEPT = []


class Order:
    """What the task keeps."""


@app.task
def work():
    KEPT.append(Order())
    return os.getpid()
