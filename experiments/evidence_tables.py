"""Write the tables of docs/evidence.md anew from docs/evidence/results.json.

python experiments/evidence_tables.py
"""

from pathlib import Path

from gatedrnn.evidence import record, tables
from gatedrnn.files import write_text

DOCS = Path(__file__).parents[1] / "docs"


def main() -> None:
    """Read the results, and write the page."""
    path = DOCS / "evidence.md"
    write_text(path, tables.page(path.read_text(encoding="utf-8"), record.read(DOCS / "evidence" / "results.json")))


if __name__ == "__main__":
    main()
