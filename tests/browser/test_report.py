"""The page in a real browser: what can be seen, reached and filtered."""

from __future__ import annotations

import base64
import json

import pytest

from tests.report.hostile import hostile
from tests.report.pages import contrast
from tests.report.samples import EMPTY, HEALTHY, NOTES_ONLY, REPORT, UNJUDGED

# A browser takes a second to start.
pytestmark = pytest.mark.slow

WIDTHS = (360, 1400)
SCHEMES = ("light", "dark")
EVIL = "</style><script>hit = 1</script><img src=http://127.0.0.1:9/ onerror='hit = 1'>\"' onclick=\"hit = 1"


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize(
    "report", [HEALTHY, EMPTY, REPORT, hostile("W" * 500)], ids=["healthy", "empty", "all", "long"]
)
def test_nothing_sticks_out_at_the_side(opened, report, width):
    page = opened(report, width)
    page.run("document.querySelectorAll('details').forEach(each => { each.open = true })")

    assert page.run("return document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("report", [HEALTHY, REPORT, hostile(EVIL)], ids=["healthy", "all", "hostile"])
def test_nothing_is_loaded_and_nothing_complains(opened, report):
    page = opened(report)
    page.call("POST", "se/log", type="browser")
    page.call("POST", "se/log", type="performance")
    page.call("POST", "refresh")

    assert page.call("POST", "se/log", type="browser") == []
    messages = [json.loads(each["message"])["message"] for each in page.call("POST", "se/log", type="performance")]
    sent = [each["params"]["request"]["url"] for each in messages if each["method"] == "Network.requestWillBeSent"]
    assert [each.partition(":")[0] for each in sent] == ["file"]
    assert page.run("return [typeof hit, document.scripts.length, document.images.length]") == ["undefined", 0, 0]


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("scheme", SCHEMES)
def test_every_letter_can_be_read(opened, scheme, width):
    page = opened(REPORT, width, scheme=scheme)
    page.run("document.querySelectorAll('details').forEach(each => { each.open = true })")
    pairs = page.run(COLORS)

    assert len(pairs) > 5
    assert not [pair for pair in pairs if contrast(*pair[:2]) < 4.5]


# Each pair of letter and ground that occurs, with an example. Grounds are opaque, so the nearest one counts.
COLORS = """
const hex = color => '#' + color.match(/\\d+/g).slice(0, 3).map(part => (+part).toString(16).padStart(2, '0')).join('');
const clear = color => color === 'rgba(0, 0, 0, 0)';
const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), pairs = {};
while (walker.nextNode()) {
  const text = walker.currentNode.data.trim(), holder = walker.currentNode.parentElement;
  if (!text || !holder.getClientRects().length) continue;
  let ground = holder;
  while (ground && clear(getComputedStyle(ground).backgroundColor)) ground = ground.parentElement;
  const pair = [hex(getComputedStyle(holder).color), hex(getComputedStyle(ground).backgroundColor), text];
  pairs[pair.slice(0, 2)] = pair;
}
return Object.values(pairs);
"""


@pytest.mark.parametrize(("width", "height"), [(360, 780), (1400, 900)])
def test_the_first_screen_says_the_verdict_and_what_to_do(opened, width, height):
    page = opened(REPORT, width, height)

    assert page.run("return document.querySelector('h1').getBoundingClientRect().bottom") < height / 3
    assert page.run("return document.querySelector('.steps li').getBoundingClientRect().bottom") < height


# --- filter -------------------------------------------------------------------------------------------------------


def test_at_first_everything_is_shown(opened):
    page = opened(REPORT)

    assert page.shown(".card") == 4
    assert page.shown("section[id]") == 6
    assert page.shown(".shown") == 0


@pytest.mark.parametrize(
    ("boxes", "findings"),
    [
        pytest.param(["error"], 3, id="no errors"),
        pytest.param(["warning"], 2, id="no warnings"),
        pytest.param(["warning", "note"], 1, id="errors only"),
        pytest.param(["error", "warning", "note"], 0, id="none"),
    ],
)
def test_severities_are_filtered(opened, boxes, findings):
    page = opened(REPORT)
    for box in boxes:
        page.click(f"#show-{box}")

    assert page.shown("#section-found .finding") == findings
    # No card is left without a finding.
    cards = page.shown("#section-found .card")
    assert cards == page.shown("#section-found .card:has(.finding)") <= findings
    assert page.run("return getComputedStyle(document.querySelector('.shown'), '::before').content")
    assert page.shown(".shown") == 1


@pytest.mark.parametrize("kind", ["found", "crashed", "blocked", "suppressed", "skipped", "passed"])
def test_outcomes_are_filtered(opened, kind):
    page = opened(REPORT)
    page.click(f"#show-{kind}")

    assert page.shown(f"#section-{kind}") == 0
    assert page.shown("section[id]") == 5


def test_one_family_is_shown_and_everything_again(opened):
    page = opened(REPORT)
    page.click("#show-family-1")
    assert page.run("return [...document.querySelectorAll('label')].find(e => e.querySelector(':checked[type=radio]'))"
                    ".textContent.startsWith('directories')")  # fmt: skip
    assert page.shown(".card") == 0
    assert page.shown("section[id]") == 1

    page.click("button[type=reset]")
    assert page.shown(".card") == 4
    assert page.shown("section[id]") == 6


def test_on_a_phone_the_filter_is_folded_and_works(opened):
    page = opened(REPORT, 360, 780)
    assert page.shown("fieldset") == 0

    page.click("form summary")
    page.click("#show-error")
    assert page.shown("fieldset") == 3
    assert page.shown("#section-found .card.error") == 0


# --- without a mouse, without eyes, on paper ----------------------------------------------------------------------


def press(page, key):
    for kind in ("keyDown", "keyUp"):
        page.cdp("Input.dispatchKeyEvent", type=kind, key=key, code=key, windowsVirtualKeyCode={"Tab": 9, " ": 32}[key])


def test_the_keyboard_reaches_what_can_be_used_and_shows_where_it_is(opened):
    page = opened(REPORT)
    press(page, "Tab")

    assert page.run("return document.activeElement.textContent") == "Batches are wanted but the client is off"
    assert page.run("return getComputedStyle(document.activeElement).outlineStyle") == "solid"
    for _ in range(2):
        press(page, "Tab")
    press(page, " ")
    assert page.run("return document.activeElement.id") == "show-error"
    assert page.shown("#section-found .card.error") == 0


@pytest.mark.parametrize("report", [HEALTHY, UNJUDGED, NOTES_ONLY, REPORT])
def test_a_screen_reader_meets_landmarks_and_names(opened, report):
    page = opened(report)
    nodes = [each for each in page.cdp("Accessibility.getFullAXTree")["nodes"] if not each["ignored"]]
    roles = [each["role"]["value"] for each in nodes]

    assert [roles.count(role) for role in ("banner", "main", "search", "contentinfo")] == [1, 1, 1, 1]
    usable = [each for each in nodes if each["role"]["value"] in ("checkbox", "radio", "button", "link")]
    assert usable
    assert all(each["name"]["value"].strip() for each in usable)


def test_on_paper_it_is_light_unfolded_and_without_a_filter(opened):
    page = opened(REPORT, scheme="dark")
    page.cdp("Emulation.setEmulatedMedia", media="print", features=[{"name": "prefers-color-scheme", "value": "dark"}])
    try:
        assert page.run("return getComputedStyle(document.body).color") == "rgb(28, 32, 36)"
        assert page.shown("form") == 0
        assert page.shown(".fold li") == page.run("return document.querySelectorAll('.fold li').length") > 0
        paper = base64.b64decode(page.cdp("Page.printToPDF")["data"])
    finally:
        page.cdp("Emulation.setEmulatedMedia", media="")
    assert paper.startswith(b"%PDF")
