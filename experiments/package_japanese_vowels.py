"""Package the Japanese Vowels recordings as the file that the comparison's default tasks read.

The .ts files are those of the PyPI package aeon 1.6.0:

    pip download --no-deps aeon==1.6.0 && unzip -d aeon aeon-1.6.0-*.whl
    python experiments/package_japanese_vowels.py --folder aeon/aeon/datasets/data/JapaneseVowels

The same input gives the same bytes wherever zlib is the same; the hash that is printed belongs into
gatedrnn/tasks/japanese_vowels.py.
"""

from __future__ import annotations

import hashlib
import io
from pathlib import Path

import numpy as np
import tyro

OUT = Path(__file__).parents[1] / "gatedrnn" / "tasks" / "data" / "japanese_vowels.npz"


def read_ts(path: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return frames ``[N, 12]`` one after another, the lengths that cut them, and speakers 1 to 9."""
    lines = path.read_text().split("@data\n")[1].split()
    utterances, speakers = [], []
    for line in lines:
        *channels, speaker = line.split(":")
        utterances.append(np.array([channel.split(",") for channel in channels], np.float32).T)
        speakers.append(int(speaker))
    lengths = np.array([len(u) for u in utterances], np.int32)
    return np.concatenate(utterances), lengths, np.array(speakers, np.uint8)


def pack(folder: Path) -> bytes:
    """Return the archive of both parts."""
    arrays = {}
    for part in ("train", "test"):
        frames, lengths, speakers = read_ts(folder / f"JapaneseVowels_{part.upper()}.ts")
        arrays |= {f"{part}_frames": frames, f"{part}_lengths": lengths, f"{part}_speakers": speakers}
    buffer = io.BytesIO()
    np.savez_compressed(buffer, allow_pickle=False, **arrays)
    return buffer.getvalue()


def main(folder: Path, out: Path = OUT) -> None:
    """Read the .ts files in ``folder``, write ``out`` in one piece, and print its hash."""
    data = pack(folder)
    part = out.with_suffix(".part")
    part.write_bytes(data)
    part.replace(out)
    print(f"{out}: {len(data)} bytes, sha256 {hashlib.sha256(data).hexdigest()}")


if __name__ == "__main__":
    tyro.cli(main)
