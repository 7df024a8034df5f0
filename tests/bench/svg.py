"""Bar charts as SVG text: small, and legible on a light and on a dark page."""

import html

STYLE = """\
  text { font: 12px system-ui, sans-serif; fill: #57606a }
  .title { font-size: 14px; font-weight: 600 }
  .value { font-size: 11px }
  .ours { fill: #2f81f7 }
  .other { fill: #8c959f }
  .axis { stroke: #8c959f; stroke-opacity: 0.5 }
  @media (prefers-color-scheme: dark) {
    text { fill: #adbac7 }
    .other { fill: #6e7681 }
  }
"""
WIDTH = 720
LABELS = 190  # for the names, left of the bars
VALUES = 70  # for the numbers, right of them
BAR = 15
ROW = 19
GAP = 24


def bars(title, subtitle, groups, form):
    """`groups`: (name, [(label, value, is ours)]). All bars share one scale from 0."""
    longest = max(value for _name, rows in groups for _label, value, _ours in rows)
    scale = (WIDTH - LABELS - VALUES) / longest
    parts, y = [text(0, 16, title, "title"), text(0, 34, subtitle)], 44
    for name, rows in groups:
        if name:
            y += GAP
            parts.append(text(0, y - 6, name, "title"))
        top = y
        for label, value, ours in rows:
            parts.append(bar(y, label, value * scale, form(value), ours))
            y += ROW
        x = LABELS - 0.5
        parts.append(f'<path class="axis" d="M{x} {top - 2}V{y - ROW + BAR + 2}"/>')
    return document(y + 4, title, parts)


def bar(y, label, width, value, ours):
    middle = y + BAR - 3.5
    return (
        text(LABELS - 8, middle, label, anchor="end")
        + f'<rect class="{"ours" if ours else "other"}" x="{LABELS}" y="{y}" '
        f'width="{max(width, 1):.1f}" height="{BAR}" rx="2"/>'
        + text(LABELS + max(width, 1) + 6, middle, value, "value")
    )


def text(x, y, words, kind="", anchor=""):
    kind = f' class="{kind}"' if kind else ""
    anchor = f' text-anchor="{anchor}"' if anchor else ""
    return f'<text x="{x:.1f}" y="{y:.1f}"{kind}{anchor}>{html.escape(words)}</text>'


def document(height, title, parts):
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" '
        f'width="{WIDTH}" height="{height}" role="img">',
        f"<title>{html.escape(title)}</title>",
        f"<style>\n{STYLE}</style>",
        *parts,
        "</svg>",
    ]
    return "\n".join(lines) + "\n"
