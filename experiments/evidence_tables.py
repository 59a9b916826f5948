"""Write the tables of docs/evidence.md and docs/lstm-or-gru.md anew from the results that were kept.

python experiments/evidence_tables.py
"""

from pathlib import Path

from gatedrnn.evidence import guide, record, tables
from gatedrnn.files import parsed, write_text

ROOT = Path(__file__).parents[1]
STUDY = ROOT / "benchmarks" / "results" / "verdicts-2026-11-26.json"


def main() -> None:
    """Read the results, and write the pages."""
    results = record.read(ROOT / "docs" / "evidence" / "results.json")
    study = parsed(STUDY, STUDY.read_bytes())
    evidence, answer = ROOT / "docs" / "evidence.md", ROOT / "docs" / "lstm-or-gru.md"
    write_text(evidence, tables.page(evidence.read_text(encoding="utf-8"), results))
    write_text(answer, guide.page(answer.read_text(encoding="utf-8"), results, study))


if __name__ == "__main__":
    main()
