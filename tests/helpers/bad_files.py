"""Files as they should not be: damaged, renamed, lying or merely odd, the same ones for a seed."""

from __future__ import annotations

import gzip
import io
import pickle
import re
import zipfile

import numpy as np
import pyarrow as pa
from pyarrow import parquet

ENDINGS = (".npz", ".csv", ".tsv", ".csv.gz", ".parquet", ".xlsx", ".ts", ".txt")
COUNT = 400


def bad_files(count=COUNT, seed=0):
    """Yield names and contents of files, each of which is refused or is a valid file after all."""
    rng = np.random.default_rng(seed)
    whole = _whole_files(np.random.default_rng(seed))
    kinds = (_truncated, _flipped, _overwritten, _renamed, _spliced, _odd_text, _odd_arrays, _lying_npz)
    for k in range(count):
        ending = ENDINGS[int(rng.integers(len(ENDINGS)))]
        make = kinds[k % len(kinds)]
        ending, content = make(ending, whole, rng)
        yield f"{k:03}-{make.__name__[1:]}{ending}", content


def _whole_files(rng):
    rows = [
        (f"2026-01-{k % 28 + 1:02}", f"s{k // 28}", round(rng.normal(), 3), int(rng.integers(50))) for k in range(336)
    ]
    csv = "\n".join(["day,shop,load,count", *(",".join(map(str, row)) for row in rows)]) + "\n"
    table = pa.table(dict(zip(("day", "shop", "load", "count"), map(list, zip(*rows, strict=True)), strict=True)))
    held = io.BytesIO()
    parquet.write_table(table, held)
    series = "\n".join(f"{k},{k + 1}.5,{k + 2}:{'up' if k % 2 else 'down'}" for k in range(30))
    files = {
        ".csv": csv.encode(),
        ".tsv": csv.replace(",", "\t").encode(),
        ".csv.gz": gzip.compress(csv.encode(), mtime=0),
        ".parquet": held.getvalue(),
        ".npz": npz(x=rng.normal(size=(15, 20, 2)), lengths=rng.integers(5, 15, 20), y=np.arange(20) % 2),
        ".ts": f"@classLabel true up down\n@data\n{series}\n".encode(),
        ".txt": ("the quick brown fox jumps over the lazy dog. " * 40).encode(),
    }
    return {**files, ".xlsx": _sheet(rows[:60])}


def _sheet(rows):
    openpyxl = __import__("openpyxl")
    book, held = openpyxl.Workbook(), io.BytesIO()
    for row in (("day", "shop", "load", "count"), *rows):
        book.active.append([cell.item() if isinstance(cell, np.generic) else cell for cell in row])
    book.save(held)
    return _undated(held.getvalue())


def _undated(archive):
    """Return an archive that says nothing of when it was written, so that damage strikes the same bytes every time."""
    held = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(archive)) as old, zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            content = re.sub(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", b"2026-01-01T00:00:00Z", old.read(name))
            new.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return held.getvalue()


def npz(**arrays):
    """Return the bytes of an .npz file."""
    held = io.BytesIO()
    np.savez_compressed(held, **arrays)
    return held.getvalue()


def lying_npz(shape, *, descr="<f8", held=b"\0" * 64, order=False):
    """Return an .npz file whose header promises another array than it holds."""
    head = f"{{'descr': {descr!r}, 'fortran_order': {order}, 'shape': {shape}, }}".encode()
    head += b" " * (-(len(head) + 11) % 64) + b"\n"
    array = b"\x93NUMPY\x01\x00" + len(head).to_bytes(2, "little") + head + held
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr(zipfile.ZipInfo("x.npy"), array)
    return out.getvalue()


def _truncated(ending, whole, rng):
    return ending, whole[ending][: int(rng.integers(len(whole[ending])))]


def _flipped(ending, whole, rng):
    content = bytearray(whole[ending])
    for at in rng.integers(len(content), size=int(rng.integers(1, 8))):
        content[at] ^= 1 << int(rng.integers(8))
    return ending, bytes(content)


def _overwritten(ending, whole, rng):
    content = bytearray(whole[ending])
    first = int(rng.integers(len(content)))
    size = int(rng.integers(1, 200))
    content[first : first + size] = rng.bytes(size)
    return ending, bytes(content)


def _renamed(ending, whole, rng):
    return ending, whole[ENDINGS[int(rng.integers(len(ENDINGS)))]]


def _spliced(ending, whole, rng):
    other = whole[ENDINGS[int(rng.integers(len(ENDINGS)))]]
    return ending, whole[ending][: int(rng.integers(len(whole[ending])))] + other[int(rng.integers(len(other))) :]


def _odd_text(ending, whole, rng):
    ending = (".csv", ".tsv", ".csv.gz", ".ts", ".txt")[int(rng.integers(5))]
    content = gzip.decompress(whole[ending]) if ending == ".csv.gz" else whole[ending]
    odd = (b"\0", "é".encode("latin-1"), b'"', b"\x1b[31m", b"=cmd()", b"\n\n", b"\r", b",,", b"nan", b"inf", b"-",
           b"1e400", b"\xef\xbb\xbf", b"\xff\xfe", b";", b"1" * 400, b"9" * 5000)  # fmt: skip
    for _ in range(int(rng.integers(1, 4))):
        at = int(rng.integers(len(content)))
        content = content[:at] + odd[int(rng.integers(len(odd)))] + content[at:]
    return ending, gzip.compress(content, mtime=0) if ending == ".csv.gz" else content


def _odd_arrays(ending, whole, rng):
    x = rng.normal(size=(15, 20, 2))
    odd = (
        {"x": x[:1]}, {"x": x[:2]}, {"x": x[:, :0]}, {"x": x[..., :0]}, {"x": x[:0]}, {"x": np.float64(3)},
        {"x": x, "lengths": np.full(20, -1)}, {"x": x[0], "lengths": np.array([-5, 25])}, {"x": np.full(90, 7)},
        {"x": x + 1j}, {"x": x * np.nan}, {"x": x * 1e300}, {"x": np.full((15, 20, 2), "a")},
        {"x": x, "lengths": np.full(20, 2**62)}, {"x": x[0], "lengths": np.array([2**62, 2**62, 2**63 - 1])},
        {"x": x, "y": np.arange(20) % 2, "groups": np.full(20, np.nan)}, {"x": x, "y": np.array(3)},
        {"x": x, "features": np.array(3)}, {"x": x, "features": np.array(["a", "\x1b[2J"])},
        {"x": x, "split": np.array(3)}, {"x": x.astype("datetime64[s]")}, {"x": np.array([{}, None])},
        {"x": x, "y": x.astype(str)[0, :, 0]}, {"x": x > 0}, {"x": x.astype(np.float16)}, {"x": x.astype("V8")},
        {"x": x.astype(np.longdouble)}, {"x": np.zeros(20, [("a", float)])}, {"x": x, "lengths": np.array(3)},
    )  # fmt: skip
    pick = int(rng.integers(len(odd) + 1))
    content = pickle.dumps({"x": x}) if pick == len(odd) else npz(**odd[pick])
    return ".npz", content


def _lying_npz(ending, whole, rng):
    size = int(2 ** rng.integers(3, 50))
    shapes = (f"({size}, {2**10})", f"({size}, 1, 1)", f"(-{size},)", f"({size}.5,)", "()", f"({size}, '1')", "[3, 3]")
    descr = ("<f8", "|O", "<U1000000", "<f4", "|S0", "zz", [("a", "<f8")])[int(rng.integers(7))]
    held = bytes(int(rng.integers(200)))
    return ".npz", lying_npz(
        shapes[int(rng.integers(len(shapes)))], descr=descr, held=held, order=bool(rng.integers(2))
    )
