"""Draw the two cells as SVG: python docs/diagrams/draw.py writes lstm.svg and gru.svg beside this file.

Colours are CSS variables, for light and dark: a file on its own asks the browser, a page of the site may set them.
"""

from __future__ import annotations

from pathlib import Path

STYLE = """
.cell-diagram { --ink: #24292f; --memory: #0a7d6c; --gate: #dbeafe; --candidate: #fde7c4; --paper: #ffffff; }
@media (prefers-color-scheme: dark) {
.cell-diagram { --ink: #d5dae1; --memory: #4fd1bd; --gate: #1e3a5f; --candidate: #5a4318; --paper: #14181e; } }
.cell-diagram text { fill: var(--ink); font: 12px system-ui, sans-serif; text-anchor: middle; }
.cell-diagram .name { font-size: 15px; font-style: italic; }
.cell-diagram .title { font-weight: 600; font-size: 13px; }
.cell-diagram .inside { font-size: 10.5px; }
.cell-diagram .line { fill: none; stroke: var(--ink); stroke-width: 1.3; }
.cell-diagram .kept { fill: none; stroke: var(--memory); stroke-width: 3.2; }
.cell-diagram .box { stroke: var(--ink); stroke-width: 1; }
.cell-diagram .round { fill: var(--paper); stroke: var(--ink); stroke-width: 1.3; }
.cell-diagram .dot { fill: var(--ink); }
.cell-diagram .paper { fill: var(--paper); }
.cell-diagram .tip { fill: var(--ink); }
.cell-diagram .kept-tip { fill: var(--memory); }
"""
WIDTH, HEIGHT = 400, 322
TOP, MIDDLE, H_BUS, X_BUS = 52, 205, 258, 280
"""Heights of the line of memory, of the gates, and of the lines on which h and x come in."""


def line(*points: tuple[float, float], kind: str = "line") -> str:
    """Return a line through points."""
    return f'<polyline class="{kind}" points="{" ".join(f"{x},{y}" for x, y in points)}"/>'


def arrow(*points: tuple[float, float], kind: str = "line") -> str:
    """Return a line with a tip at its end, whose last part is horizontal or vertical."""
    (x, y), (before, above) = points[-1], points[-2]
    dx, dy = (x > before) - (x < before), (y > above) - (y < above)
    size = 9 if kind == "kept" else 6
    back = (x - dx * size, y - dy * size)
    sides = [(back[0] + s * dy * size / 2, back[1] + s * dx * size / 2) for s in (1, -1)]
    triangle = " ".join(f"{a:g},{b:g}" for a, b in [(x, y), *sides])
    tip = f'<polygon class="{"kept-tip" if kind == "kept" else "tip"}" points="{triangle}"/>'
    return line(*points[:-1], back, kind=kind) + tip


def text(x: float, y: float, words: str, kind: str = "") -> str:
    """Return centred text."""
    return f'<text class="{kind}" x="{x}" y="{y}">{words}</text>' if kind else f'<text x="{x}" y="{y}">{words}</text>'


def box(x: float, y: float, name: str, function: str, *, fill: str, height: float = 38, width: float = 58) -> str:
    """Return a box of a name and the function that is applied in it."""
    corner = f'x="{x - width / 2}" y="{y - height / 2}"'
    shape = f'<rect class="box" fill="var(--{fill})" {corner} width="{width}" height="{height}" rx="5"/>'
    if not name:
        return shape + text(x, y + 4, function)
    return shape + text(x, y - 4, name, "inside") + text(x, y + 12, function)


def node(x: float, y: float, sign: str) -> str:
    """Return a circle: a product of two vectors, element by element, or their sum."""
    return f'<circle class="round" cx="{x}" cy="{y}" r="10"/>' + text(x, y + 4.5, sign)


def taps(x: float, *heights: float, top: float = MIDDLE + 19) -> str:
    """Return a line up to a box from each line of inputs that it crosses, with a dot on each."""
    dots = "".join(f'<circle class="dot" cx="{x}" cy="{y}" r="2.6"/>' for y in heights)
    return arrow((x, max(heights)), (x, top)) + dots


def inputs(h_end: float, x_end: float, *, h_start: float = 24) -> str:
    """Return the lines on which the hidden state and the input come in, and their names."""
    lines = line((h_start, H_BUS), (h_end, H_BUS)) + line((24, X_BUS), (x_end, X_BUS))
    return lines + text(13, X_BUS + 4, "x", "name")


def picture(title: str, words: str, *parts: str) -> str:
    """Return a whole file."""
    body = "\n".join((text(WIDTH / 2, 22, title, "title"), *parts))
    head = f'<svg class="cell-diagram" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img"'
    paper = f'<rect class="paper" width="{WIDTH}" height="{HEIGHT}" rx="8"/>'
    return f'{head} aria-label="{words}">\n<style>{STYLE}</style>\n{paper}\n{body}\n</svg>\n'


def lstm() -> str:
    """Return the LSTM: a state of its own is kept by the forget gate and shown through the output gate."""
    forget, write, candidate, out, shown = 66, 132, 198, 264, 338
    joined = (write + candidate) / 2
    return picture(
        "LSTM",
        "LSTM: the cell state c runs along the top; the forget gate scales it, the input gate times the candidate is "
        "added, and the output gate times tanh of it is the hidden state.",
        arrow((24, TOP), (WIDTH - 26, TOP), kind="kept"),
        text(13, TOP + 5, "c", "name") + text(WIDTH - 13, TOP + 5, "c′", "name"),
        inputs(out, out) + text(13, H_BUS + 4, "h", "name"),
        *(taps(x, H_BUS, X_BUS) for x in (forget, write, candidate, out)),
        arrow((forget, MIDDLE - 19), (forget, TOP + 10)),
        arrow((write, MIDDLE - 19), (write, 122), (joined - 10, 122)),
        arrow((candidate, MIDDLE - 19), (candidate, 122), (joined + 10, 122)),
        arrow((joined, 112), (joined, TOP + 10)),
        arrow((shown, TOP), (shown, 108)) + f'<circle class="dot" cx="{shown}" cy="{TOP}" r="3.2"/>',
        arrow((shown, 136), (shown, MIDDLE - 10)),
        arrow((out + 29, MIDDLE), (shown - 10, MIDDLE)),
        arrow((shown + 10, MIDDLE), (WIDTH - 26, MIDDLE)) + text(WIDTH - 13, MIDDLE + 5, "h′", "name"),
        box(forget, MIDDLE, "forget", "σ", fill="gate"),
        box(write, MIDDLE, "input", "σ", fill="gate"),
        box(candidate, MIDDLE, "candidate", "tanh", fill="candidate"),
        box(out, MIDDLE, "output", "σ", fill="gate"),
        box(shown, 122, "", "tanh", fill="paper", height=28, width=50),
        node(forget, TOP, "×") + node(joined, TOP, "+") + node(joined, 122, "×") + node(shown, MIDDLE, "×"),
        text(WIDTH / 2, HEIGHT - 10, "3 gates; 4 products of x and 4 of h; two states, c and h", "inside"),
    )


def gru() -> str:
    """Return the GRU, its reset gate after the recurrent product: what is kept is what is shown."""
    update, reset, product, candidate = 74, 150, 226, 316
    return picture(
        "GRU",
        "GRU: the hidden state h runs along the top; the update gate mixes it with the candidate, whose recurrent "
        "product the reset gate scales.",
        arrow((24, TOP), (WIDTH - 26, TOP), kind="kept"),
        text(13, TOP + 5, "h", "name") + text(WIDTH - 13, TOP + 5, "h′", "name"),
        line((34, TOP), (34, H_BUS)) + f'<circle class="dot" cx="34" cy="{TOP}" r="3.2"/>',
        inputs(product, candidate, h_start=34),
        taps(update, H_BUS, X_BUS) + taps(reset, H_BUS, X_BUS) + taps(product, H_BUS),
        arrow((candidate, X_BUS), (candidate, 171)) + text(candidate + 17, 235, "W x", "inside"),
        arrow((update, MIDDLE - 19), (update, TOP + 10)),
        arrow((update, 96), (candidate - 10, 96)) + f'<circle class="dot" cx="{update}" cy="96" r="2.6"/>',
        arrow((reset, MIDDLE - 19), (reset, 152), (product - 10, 152)),
        arrow((product, MIDDLE - 19), (product, 162)),
        arrow((product + 10, 152), (candidate - 29, 152)),
        arrow((candidate, 133), (candidate, 106)) + arrow((candidate, 86), (candidate, TOP + 10)),
        box(update, MIDDLE, "update", "σ", fill="gate"),
        box(reset, MIDDLE, "reset", "σ", fill="gate"),
        box(product, MIDDLE, "recurrent", "U h", fill="paper"),
        box(candidate, 152, "candidate", "tanh", fill="candidate"),
        box(196, 96, "", "1 − z", fill="paper", height=22, width=42),
        node(update, TOP, "×") + node(candidate, TOP, "+") + node(candidate, 96, "×") + node(product, 152, "×"),
        text(WIDTH / 2, HEIGHT - 10, "2 gates; 3 products of x and 3 of h; one state, h", "inside"),
    )


DRAWINGS = {"lstm.svg": lstm, "gru.svg": gru}
"""The name of each file, and what draws it."""

if __name__ == "__main__":
    for file_name, draw in DRAWINGS.items():
        Path(__file__).with_name(file_name).write_text(draw(), encoding="utf-8")
