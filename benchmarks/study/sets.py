"""The data sets: where each comes from, its SHA-256, and what ``gatedrnn compare`` is asked of it."""

from __future__ import annotations

import dataclasses
import hashlib
import importlib.metadata
import importlib.util
from pathlib import Path


@dataclasses.dataclass(frozen=True)
class DataSet:
    """A data set of a package, and the question.

    Attributes:
        name: what the study calls it.
        about: what it holds, in words.
        package: what is imported, and never is here: sktime takes long to.
        files: within the package; the lines of a second one are data, which go behind those of the first.
        digests: SHA-256 of each.
        asked: what is asked besides the file.
        season: steps of a season that someone who knows the data would name; 0 where there is none.
        target: the column of the target; empty where each series has a class.
        time: the column of times.
        group: the column of sequences.
        horizon: steps ahead; 0 where nothing is forecast.
    """

    name: str
    about: str
    package: str
    files: tuple[str, ...]
    digests: tuple[str, ...]
    asked: tuple[str, ...] = ()
    season: int = 0
    target: str = ""
    time: str = ""
    group: str = ""
    horizon: int = 0

    @property
    def distribution(self) -> tuple[str, str, str]:
        """Name, version and licence of what was installed; an empty licence where it names none."""
        found = importlib.metadata.metadata(self.package)
        named = ("License-Expression", "License")
        licence = next((found[name] for name in named if name in found), "")
        return str(found["Name"]), str(found["Version"]), str(licence)

    def written(self, folder: Path) -> Path:
        """Write what compare is given, byte by byte the package's own file, or two of one archive joined.

        Args:
            folder: where it is written.

        Raises:
            ModuleNotFoundError: where the package is not installed.
            ValueError: where a file is not the one that the study was made with.
        """
        spec = importlib.util.find_spec(self.package)
        if spec is None or spec.origin is None:
            raise ModuleNotFoundError(f"{self.package}: pip install --no-deps {self.package}")
        home, out = Path(spec.origin).parent, folder / Path(self.files[0]).name.replace("_TRAIN", "")
        parts = []
        for name, digest in zip(self.files, self.digests, strict=True):
            content = (home / name).read_bytes()
            if (found := hashlib.sha256(content).hexdigest()) != digest:
                raise ValueError(f"{self.name}: expected SHA-256 {digest} of {name}, got {found}")
            parts.append(content)
        folder.mkdir(parents=True, exist_ok=True)
        out.write_bytes(parts[0].rstrip() + b"\n" + parts[1].split(b"@data", 1)[1].lstrip() if parts[1:] else parts[0])
        return out

    @property
    def arguments(self) -> list[str]:
        """What ``gatedrnn compare FILE`` is told of the data."""
        said = {"--time": self.time, "--group": self.group, "--target": self.target, "--horizon": self.horizon or ""}
        return [word for name, value in said.items() if value for word in (name, str(value))] + list(self.asked)


AIRLINE, USCHANGE = "datasets/data/Airline/Airline.csv", "datasets/data/Uschange/Uschange.csv"
WEATHER = "62f0609f787158128aa2bd102967173a4953122dd4f872bf1d502cae1037df0b"


def _archive(name: str) -> tuple[str, str]:
    return f"datasets/data/{name}/{name}_TRAIN.ts", f"datasets/data/{name}/{name}_TEST.ts"


SETS = (
    DataSet(
        "airline",
        "monthly passengers, 1949 to 1960",
        "sktime",
        (AIRLINE,),
        ("28af0eb869db6d9fbd31d5af03993a0cbf36c0857c3eb046a068c094b60da851",),
        season=12,
        target="Passengers",
        time="Date",
        horizon=1,
    ),
    DataSet(
        "sunspots",
        "yearly number of sunspots",
        "statsmodels",
        ("datasets/sunspots/sunspots.csv",),
        ("f67889b1d9002cd5227f0e0ef54e35b419cdd85a31279adef6f73fb41e5c0a9b",),
        season=11,
        target="SUNACTIVITY",
        time="YEAR",
        horizon=1,
    ),
    DataSet(
        "co2",
        "weekly CO2 at Mauna Loa, with gaps",
        "statsmodels",
        ("datasets/co2/co2.csv",),
        ("16695fa2786e53414e5a6b54767a3fdf5de99cfbc68617f69d1362d92776a92f",),
        asked=("--fill", "forward"),
        season=52,
        target="co2",
        time="date",
        horizon=1,
    ),
    DataSet(
        "stocks",
        "daily adjusted prices of five companies",
        "bokeh_sampledata",
        ("_data/stocks.csv.gz",),
        ("5abadf99b2d394f920120a27de6f0df129859d71d4cfb0bf661bcc99446ab1fd",),
        target="Adj Close",
        time="Date",
        group="Ticker",
        horizon=1,
    ),
    DataSet(
        "seattle-temperature",
        "daily highest temperature",
        "vega_datasets",
        ("_data/seattle-weather.csv",),
        (WEATHER,),
        season=365,
        target="temp_max",
        time="date",
        horizon=1,
    ),
    DataSet(
        "sf-temperature",
        "hourly temperature, a day ahead",
        "vega_datasets",
        ("_data/sf-temps.csv",),
        ("3f91699707cfed43ef551394bebef4c2ebe5505157b9be7bff9558eea2fbaaec",),
        season=24,
        target="temp",
        time="date",
        horizon=24,
    ),
    DataSet(
        "us-consumption",
        "quarterly change of consumption",
        "sktime",
        (USCHANGE,),
        ("ab70b9bf82f99c962041bfd38dc9644f7a17930df71f24345bb71180f68809fe",),
        target="Consumption",
        time="Quarter",
        horizon=1,
    ),
    DataSet(
        "italy-power",
        "days of power demand: winter or summer half-year",
        "sktime",
        _archive("ItalyPowerDemand"),
        (
            "341269cb7e6cef96846b30e774580beec79addb93848ba360145219115a74b7c",
            "26122451f87dd0387ef90b18bc8a86c041371b8a1c068004922b939971247144",
        ),
    ),
    DataSet(
        "gun-point",
        "movements: a gun is drawn, or a finger points",
        "sktime",
        _archive("GunPoint"),
        (
            "f842401779fd9800d247d8b33121a1a4643710a19b24917dbdd9a060ca8630d5",
            "79332750788a6227b325b96bd0d70130c8eb707b9731f8d7dec62b7a7d36017e",
        ),
    ),
    DataSet(
        "seattle-weather",
        "the weather of a day, by its measurements",
        "vega_datasets",
        ("_data/seattle-weather.csv",),
        (WEATHER,),
        target="weather",
        time="date",
    ),
)
