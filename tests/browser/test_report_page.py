"""Looks at the page of `coldpress report --html` in a real browser.

usage: test_report_page.py COLDPRESS [PICTURES]

Exit code 77 if there is no Chromium, unless $COLDPRESS_BROWSER is "required".
With a directory PICTURES the page as it was seen is left there.
"""

import json
import os
import pathlib
import subprocess
import sys
import tempfile

import chromium
import sample_store

SKIPPED = 77
FIGURES = ["projects", "savings", "ages", "growth", "outlook"]
WIDTHS = [320, 768, 1400]

# What is seen of each figure: its size, and how many shapes have one.
LOOK = """JSON.stringify([...document.querySelectorAll('main svg[role=img]')].map(svg => ({
  id: svg.querySelector('title').id.replace(/-t$/, ''),
  title: svg.querySelector('title').textContent,
  desc: svg.querySelector('desc').textContent,
  name: svg.getAttribute('aria-labelledby').split(' ')
    .every(id => svg.querySelector('#' + id)),
  width: svg.getBoundingClientRect().width,
  height: svg.getBoundingClientRect().height,
  shapes: [...svg.querySelectorAll('rect, polyline')].filter(shape => {
    const box = shape.getBoundingClientRect();
    return box.width > 0 && box.height > 0;
  }).length,
  outside: [...svg.querySelectorAll('text')].filter(text => {
    const box = text.getBoundingClientRect(), whole = svg.getBoundingClientRect();
    return box.width > 0 && (box.left < whole.left - 1 || box.right > whole.right + 1);
  }).map(text => text.textContent),
})))"""

# Letters that lie upon other letters of the same figure.
OVERLAPS = """JSON.stringify([...document.querySelectorAll('main svg[role=img]')]
  .flatMap(svg => {
    const seen = [...svg.querySelectorAll('text')]
      .map(text => [text.textContent, text.getBoundingClientRect()])
      .filter(([, box]) => box.width > 0);
    return seen.flatMap(([a, one], nth) => seen.slice(nth + 1).filter(([, two]) =>
      one.left < two.right - 1 && two.left < one.right - 1 &&
      one.top < two.bottom - 4 && two.top < one.bottom - 4).map(([b]) => a + ' | ' + b));
  }))"""

# The least contrast of text with the card it stands on, as WCAG counts it.
CONTRAST = """(() => {
  const light = color => {
    const parts = color.match(/[0-9.]+/g).slice(0, 3).map(part => part / 255)
      .map(part => part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2];
  };
  const card = light(getComputedStyle(document.querySelector('section')).backgroundColor);
  return Math.min(...[...document.querySelectorAll('section p, section h2, td, svg text')]
    .map(each => {
      const style = getComputedStyle(each);
      const ink = light(each.closest('svg') ? style.fill : style.color);
      return (Math.max(ink, card) + 0.05) / (Math.min(ink, card) + 0.05);
    }));
})()"""

failures = []


def check(what, holds, seen=""):
    if not holds:
        failures.append(f"{what}: {seen}")
        print(f"FAILED {what}: {seen}", file=sys.stderr)


def check_quiet(where, events):
    """Only the page itself was asked for, and nothing complained."""
    asked = [event["params"]["request"]["url"] for event in events
             if event["method"] == "Network.requestWillBeSent"]
    check(f"{where}: nothing is fetched", len(asked) == 1, asked)
    loud = [event["params"] for event in events if event["method"] in (
        "Runtime.exceptionThrown", "Runtime.consoleAPICalled", "Log.entryAdded",
        "Page.javascriptDialogOpening")]
    check(f"{where}: no error, no console, no dialog", not loud, loud)


def check_figures(where, figures):
    check(f"{where}: all figures are there",
          [figure["id"] for figure in figures] == FIGURES, figures)
    for figure in figures:
        name = f"{where}, {figure['id']}"
        check(f"{name}: has a size", figure["width"] > 200 and figure["height"] > 50,
              figure)
        check(f"{name}: is drawn", figure["shapes"] >= 2, figure)
        check(f"{name}: has a title and a description",
              figure["title"] and figure["desc"] and figure["name"], figure)
        check(f"{name}: its words are within it", not figure["outside"],
              figure["outside"])


def look(browser, url, width, dark, pictures):
    where = f"{width} px, {'dark' if dark else 'light'}"
    browser.open(url, width, dark)
    check_figures(where, json.loads(browser.value(LOOK)))
    over = json.loads(browser.value(OVERLAPS))
    check(f"{where}: no words upon words", not over, over)
    wide = browser.value("document.documentElement.scrollWidth")
    check(f"{where}: nothing sticks out", wide <= width, wide)
    browser.value("document.querySelectorAll('details').forEach(each => each.open = true)")
    wide = browser.value("document.documentElement.scrollWidth")
    check(f"{where}: nothing sticks out with all numbers shown", wide <= width, wide)
    outside = browser.value(
        "[...document.querySelectorAll('section')].filter(each => each.scrollWidth > "
        "each.clientWidth).map(each => each.querySelector('h2').textContent).join()")
    check(f"{where}: no table sticks out of its card", not outside, outside)
    contrast = browser.value(CONTRAST)
    check(f"{where}: text can be read", contrast >= 4.5, contrast)
    check_quiet(where, browser.events)
    if pictures:
        browser.picture(pictures / f"{width}-{'dark' if dark else 'light'}.png")


def check_names(browser):
    """What a project is called is shown, and is nothing but text."""
    text = browser.value("document.querySelector('main').textContent")
    check("a nasty name is shown as it is", sample_store.NASTY in text)
    check("no script is in the page", browser.value("document.scripts.length") == 0)
    rows = browser.value("document.querySelector('section details').querySelectorAll("
                         "'tbody tr').length")
    projects = len({project for project, *_ in sample_store.ROLLOUTS})
    check("the table has each project", rows == projects, rows)


def write_page(program, home, page):
    subprocess.run([program, "report", "--store", home, "--settle", "0s", "--html", page],
                   check=True, env={"HOME": home, "PATH": os.environ["PATH"]})


def main():
    program = sys.argv[1]
    pictures = pathlib.Path(sys.argv[2]) if len(sys.argv) > 2 else None
    found = chromium.find()
    if not found:
        print("skipped: no Chromium here; ./dev browser installs one")
        return 1 if os.environ.get("COLDPRESS_BROWSER") == "required" else SKIPPED
    with tempfile.TemporaryDirectory(prefix="coldpress-page-") as scratch:
        home = os.path.join(scratch, "home")
        page = os.path.join(scratch, "report.html")
        sample_store.make(home)
        write_page(program, home, page)
        with chromium.Chromium(found) as browser:
            for width in WIDTHS:
                for dark in (False, True):
                    look(browser, "file://" + page, width, dark, pictures)
            check_names(browser)
    print(f"{len(failures)} failures in {len(WIDTHS) * 2} looks")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
