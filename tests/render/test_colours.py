"""Colours that can be read, and told apart by people who do not tell red from green."""

from __future__ import annotations

import numpy as np
import pytest

from heapsnap.render.colours import DARK, LIGHT, Palette, dark_rules

# Machado, Oliveira and Fernandes, TVCG 15(6), 2009, doi:10.1109/TVCG.2009.113: severity 1.0.
SEEN_BY = {
    "protanopia": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deuteranopia": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "tritanopia": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}
TEXT_ON = [
    ("text", "paper"), ("text", "object_fill"), ("text", "growth_fill"), ("text", "root_fill"),
    ("quiet", "paper"), ("quiet", "object_fill"), ("quiet", "growth_fill"),
    ("growth", "paper"), ("growth", "object_fill"), ("growth", "growth_fill"),
    ("root", "paper"), ("root", "root_fill"),
]  # fmt: skip


def linear(colour: str) -> np.ndarray:
    values = np.array([int(colour[start : start + 2], 16) for start in (1, 3, 5)]) / 255
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


def contrast(one: str, other: str) -> float:
    """As WCAG 2.2 has it: from 1 to 21."""
    weights = np.array([0.2126, 0.7152, 0.0722])
    lighter, darker = sorted((float(linear(c) @ weights) for c in (one, other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def lab(rgb: np.ndarray) -> np.ndarray:
    matrix = [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
    xyz = np.array(matrix) @ np.clip(rgb, 0, 1) / np.array([0.9505, 1.0, 1.089])
    f = np.where(xyz > 216 / 24389, np.cbrt(xyz), (24389 / 27 * xyz + 16) / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize(("text", "ground"), TEXT_ON)
def test_text_can_be_read(palette: Palette, text: str, ground: str) -> None:
    assert contrast(getattr(palette, text), getattr(palette, ground)) >= 4.5


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("eyes", SEEN_BY)
def test_growth_and_roots_are_told_apart_by_every_eye(palette: Palette, eyes: str) -> None:
    growth, root = (
        lab(np.array(SEEN_BY[eyes]) @ linear(getattr(palette, name))) for name in ("growth", "root")
    )
    assert np.linalg.norm(growth - root) > 40


def test_every_colour_of_a_light_drawing_has_a_dark_one() -> None:
    rules = dark_rules()
    for name in Palette.__dataclass_fields__:
        assert f'[fill="{getattr(LIGHT, name)}"]{{fill:{getattr(DARK, name)}}}' in rules
    assert len({getattr(LIGHT, name) for name in Palette.__dataclass_fields__}) == 9
