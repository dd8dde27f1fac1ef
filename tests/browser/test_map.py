"""The map pane under a real pointer and keyboard, on a store without a kernel."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from plain_page import bundled
from playwright.sync_api import Browser, Page, expect

ROOT = Path(__file__).parents[2]
WIDTH, HEIGHT = 600, 480
STYLE = f"""
:root {{ --pt-bg: #ffffff; --pt-fg: #222222; --pt-fg-soft: #666666; --pt-accent: #1976d2; }}
:root.dark {{ --pt-bg: #16181c; --pt-fg: #eeeeee; }}
body {{ margin: 0; height: 3000px }}
#map {{ width: {WIDTH}px; height: {HEIGHT}px; }}
"""
DRAWN = "document.querySelector('.pt-map-stage')?.dataset.drawn === 'all'"


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return bundled("map_page", tmp_path_factory.mktemp("map"))


@pytest.fixture(params=[False])
def page(browser: Browser, bundle: Path, request: pytest.FixtureRequest) -> Iterator[Page]:
    """2,000 points in three clumps; with the parameter True on a device with fingers for a pointer."""
    opened = browser.new_page(viewport={"width": WIDTH + 200, "height": HEIGHT + 100}, has_touch=request.param)
    thrown: list[str] = []
    opened.on("pageerror", lambda error: thrown.append(str(error)))
    opened.set_content(f"<!doctype html><style>{STYLE}</style><body><div id=map></div></body>")
    opened.add_style_tag(path=bundle.with_suffix(".css"))
    opened.add_script_tag(path=bundle)
    opened.evaluate("store = fakeStore(2000, 3); close = mapView(store, document.getElementById('map')); 0")
    opened.wait_for_function(DRAWN)
    yield opened
    assert thrown == []
    opened.close()


def places(page: Page) -> np.ndarray:
    """Where each row's point is in the fitted view, (n, 2) CSS pixels."""
    xy = np.array(page.evaluate("Array.from(store.layout.value.xy)")).reshape(-1, 2)
    low, high = xy.min(axis=0), xy.max(axis=0)
    scale = (np.array([WIDTH, HEIGHT]) * 0.9 / (high - low)).min()
    return np.array([WIDTH, HEIGHT]) / 2 + (xy - (low + high) / 2) * scale * [1, -1]


def selected(page: Page) -> list[int]:
    return page.evaluate("Array.from(rowsOf(store.selection.value))")


def lone_row(page: Page, at: np.ndarray) -> int:
    """A row whose point has no other within 20 px, under no legend or tool."""
    apart = np.hypot(*(at[:, None] - at[None]).transpose(2, 0, 1))
    np.fill_diagonal(apart, np.inf)
    free = (at[:, 0] < 340) & (at[:, 1] > 60) & (at[:, 1] < 420)
    return int(np.argmax(np.where(free, apart.min(axis=1), 0)))


def drag(page: Page, corners: list[tuple[float, float]]) -> None:
    page.mouse.move(*corners[0])
    page.mouse.down()
    for corner in corners[1:]:
        page.mouse.move(*corner, steps=3)


def inside(at: np.ndarray, corners: list[tuple[float, float]]) -> list[int]:
    """Rows inside a convex polygon."""
    turns = []
    for (ax, ay), (bx, by) in zip(corners, corners[1:] + corners[:1], strict=True):
        turns.append((bx - ax) * (at[:, 1] - ay) - (by - ay) * (at[:, 0] - ax) > 0)
    return np.flatnonzero(np.all(turns, axis=0)).tolist()


LASSO = [(60.0, 40.0), (330.0, 60.0), (360.0, 300.0), (90.0, 330.0)]


def test_a_lasso_lights_points_while_drawn_and_selects_them_on_release(page: Page) -> None:
    at = places(page)
    page.keyboard.down("Shift")
    drag(page, LASSO)
    page.wait_for_function("store.preview.value?.count > 0")
    assert selected(page) == []
    page.mouse.up()
    page.keyboard.up("Shift")
    expected = inside(at, LASSO)
    assert 100 < len(expected) < 1900
    assert selected(page) == expected
    assert page.evaluate("store.preview.value") is None


def test_a_box_subtracts_with_alt_and_intersects_with_both_keys(page: Page) -> None:
    at = places(page)
    everything = set(range(2000))
    page.evaluate("store.select(Array.from({length: 2000}, (_, row) => row), 'replace')")
    page.get_by_role("button", name="Box").click()
    corners = [(80.0, 60.0), (300.0, 60.0), (300.0, 250.0), (80.0, 250.0)]
    box = set(inside(at, corners))
    page.keyboard.down("Alt")
    drag(page, [corners[0], corners[2]])
    expect(page.locator(".pt-map-badge")).to_have_text("−")
    page.mouse.up()
    assert set(selected(page)) == everything - box
    page.evaluate("store.select(Array.from({length: 1000}, (_, row) => row), 'replace')")
    page.keyboard.down("Control")
    drag(page, [corners[0], corners[2]])
    expect(page.locator(".pt-map-badge")).to_have_text("∩")
    page.mouse.up()
    page.keyboard.up("Control")
    page.keyboard.up("Alt")
    assert set(selected(page)) == box & set(range(1000))


def test_with_a_key_held_an_outline_begins_on_the_one_before_instead_of_moving_it(page: Page) -> None:
    at = places(page)
    page.get_by_role("button", name="Box").click()
    corners = [(80.0, 60.0), (300.0, 60.0), (300.0, 250.0), (80.0, 250.0)]
    drag(page, [corners[0], corners[2]])
    page.mouse.up()
    right = [(190.0, 60.0), (330.0, 60.0), (330.0, 280.0), (190.0, 280.0)]
    page.keyboard.down("Alt")
    drag(page, [right[0], right[2]])
    page.mouse.up()
    page.keyboard.up("Alt")
    assert selected(page) == sorted(set(inside(at, corners)) - set(inside(at, right)))
    page.mouse.move(330, 200)
    drag(page, [(330, 200), (340, 200)])
    page.mouse.up()
    moved = [(x + 10, y) for x, y in right]
    assert selected(page) == sorted(set(inside(at, corners)) - set(inside(at, moved))), "without a key it is moved"


def test_escape_gives_up_a_lasso_under_way(page: Page) -> None:
    page.locator(".pt-map").focus()
    page.keyboard.press("l")
    drag(page, LASSO)
    page.wait_for_function("store.preview.value?.count > 0")
    page.keyboard.press("Escape")
    assert page.evaluate("store.preview.value") is None
    page.mouse.up()
    assert selected(page) == []


def test_a_click_selects_the_nearest_point_and_rings_it(page: Page) -> None:
    at = places(page)
    row = lone_row(page, at)
    page.mouse.click(at[row, 0] + 3, at[row, 1] - 3)
    assert selected(page) == [row]
    ring = page.locator(".pt-map-ring-focused .pt-map-ring-line").bounding_box()
    assert ring is not None
    assert ring["x"] + ring["width"] / 2 == pytest.approx(at[row, 0], abs=0.6)
    assert ring["y"] + ring["height"] / 2 == pytest.approx(at[row, 1], abs=0.6)
    page.mouse.click(at[row, 0] + 14, at[row, 1])
    assert selected(page) == [row], "a click beside all points changes nothing"


def test_hovering_shows_the_card_and_leaving_ends_its_wish(page: Page) -> None:
    at = places(page)
    row = lone_row(page, at)
    page.mouse.move(at[row, 0] + 1, at[row, 1])
    assert page.evaluate("store.hovered.value") == row
    card = page.locator(".pt-map-card")
    expect(card).to_be_visible()
    expect(card).to_contain_text(f"img_{row:06d}.jpg")
    expect(card.locator("canvas")).to_be_visible()
    page.mouse.move(WIDTH + 100, 50)
    expect(card).to_be_hidden()
    assert page.evaluate("[store.hovered.value, store.wanted.size]") == [-1, 0]


def test_dragging_pans_and_f_fits_again(page: Page) -> None:
    at = places(page)
    row = lone_row(page, at)
    drag(page, [(300, 240), (340, 200)])
    page.mouse.up()
    page.mouse.click(at[row, 0] + 40, at[row, 1] - 40)
    assert selected(page) == [row]
    page.keyboard.press("f")
    page.wait_for_function(DRAWN)
    page.mouse.click(at[row, 0], at[row, 1])
    assert selected(page) == [row]


def test_the_wheel_scrolls_the_page_past_the_map_and_zooms_once_it_has_focus(page: Page) -> None:
    scrolled = "() => document.scrollingElement.scrollTop > 0"
    page.mouse.move(300, 200)
    page.mouse.wheel(0, 60)
    page.wait_for_function(scrolled)
    page.evaluate("document.scrollingElement.scrollTop = 0")
    at = places(page)
    row = lone_row(page, at)
    page.mouse.click(at[row, 0], at[row, 1])
    for _ in range(5):
        page.mouse.wheel(0, -120)
    page.wait_for_function(DRAWN)
    assert page.evaluate("document.scrollingElement.scrollTop") == 0
    ring = page.locator(".pt-map-ring-focused .pt-map-ring-line").bounding_box()
    assert ring is not None
    # Wheel events carry whole pixels: the point may be one beside the pointer, three after zooming.
    assert ring["x"] + ring["width"] / 2 == pytest.approx(at[row, 0], abs=3), "what is under the pointer stays there"
    assert ring["y"] + ring["height"] / 2 == pytest.approx(at[row, 1], abs=3)
    assert ring["width"] > 14


def test_over_the_legends_head_the_wheel_zooms_and_over_its_list_it_scrolls_that(page: Page) -> None:
    page.evaluate("close(); store = fakeStore(2000, 60); mapView(store, document.getElementById('map')); 0")
    page.wait_for_function(DRAWN)
    zoomed = "(before) => document.querySelector('.pt-map-stage').dataset.camera !== before"
    camera = page.locator(".pt-map-stage").get_attribute("data-camera")
    page.locator(".pt-map").focus()
    lines = page.locator(".pt-legend-line")
    lines.first.hover()
    page.mouse.wheel(0, 60)
    page.wait_for_function("[...document.querySelectorAll('.pt-map-legend *')].some((one) => one.scrollTop > 0)")
    assert page.locator(".pt-map-stage").get_attribute("data-camera") == camera
    page.locator(".pt-map-legend input").hover()
    page.mouse.wheel(0, -120)
    page.wait_for_function(zoomed, arg=camera)
    assert page.evaluate("document.scrollingElement.scrollTop") == 0


def test_the_colours_follow_the_hosts_theme(page: Page) -> None:
    corner = """() => {
      const canvas = document.querySelector('.pt-map-canvas');
      const copy = new OffscreenCanvas(4, 4).getContext('2d');
      copy.drawImage(canvas, 0, 0);
      return Array.from(copy.getImageData(1, 1, 1, 1).data.slice(0, 3));
    }"""
    assert page.evaluate(corner) == [255, 255, 255]
    page.evaluate("document.documentElement.classList.add('dark')")
    page.wait_for_function(f"() => ({corner})().join() === '22,24,28'")


def test_a_dragged_map_shows_what_one_drawn_there_would(page: Page) -> None:
    """The picture that is moved under the hand has a margin: nothing is missing at the edge it came from."""

    def stage() -> np.ndarray:
        page.mouse.move(WIDTH + 100, 20)
        page.wait_for_function(DRAWN)
        return np.asarray(Image.open(io.BytesIO(page.locator("#map").screenshot())).convert("RGB")).astype(int)

    for _ in range(6):
        page.locator(".pt-map").press("+")
    page.wait_for_function(DRAWN)
    margin = "document.querySelector('.pt-map-canvas').style.left"
    drag(page, [(300, 240), (310, 245), (380.4, 300.7)])
    page.mouse.up()
    moved = stage()
    assert page.evaluate(margin) == "-150px"
    page.evaluate("store.select([0], 'replace', 'map'); store.select([], 'replace', 'map')")
    page.wait_for_function(f"{margin} === '0px'")
    anew = stage()
    assert (anew[:, :60] < 200).any(axis=2).sum() > 100, "points came in from the left"
    assert np.abs(moved - anew).max() == 0


def test_a_hidden_map_draws_when_it_is_shown(page: Page) -> None:
    page.evaluate("document.getElementById('map').style.display = 'none'")
    page.evaluate("store.layout.value = {...store.layout.value, revision: 2}")
    page.evaluate("document.getElementById('map').style.display = ''")
    page.wait_for_function(DRAWN)
    painted = """() => {
      const canvas = document.querySelector('.pt-map-canvas');
      const copy = new OffscreenCanvas(canvas.width, canvas.height).getContext('2d');
      copy.drawImage(canvas, 0, 0);
      return copy.getImageData(0, 0, canvas.width, canvas.height).data.some((v) => v < 200);
    }"""
    assert page.evaluate(painted)


def test_all_controls_are_reached_by_tab(page: Page) -> None:
    page.locator(".pt-map").focus()
    names = []
    for _ in range(15):
        page.keyboard.press("Tab")
        names.append(page.evaluate("document.activeElement.ariaLabel || document.activeElement.textContent"))
    tools = ["Hand", "Lasso", "Box", "Brush", "Zoom out", "Zoom in", "Fit", "Nearest images"]
    assert names[:8] == tools
    assert names[8:12] == ["Size of the pictures on the map", "Points", "Names on the map", "Save picture"]
    assert names[12].startswith("label")
    assert names[13] == "Order, scale and hover"
    assert names[14].startswith("bicycle")


def test_two_fingers_zoom_about_what_is_between_them(page: Page) -> None:
    at = places(page)
    row = lone_row(page, at)
    page.evaluate(f"store.focus({row}, 'map')")
    x, y = at[row]
    touch = page.context.new_cdp_session(page)

    def fingers(kind: str, *apart_px: float) -> None:
        points = [{"x": x + dx, "y": y, "id": i} for i, dx in enumerate(apart_px)]
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    fingers("touchStart", -30)
    fingers("touchStart", -30, 30)
    fingers("touchMove", -45, 45)
    fingers("touchMove", -60, 60)
    fingers("touchEnd")
    page.wait_for_function(DRAWN)
    ring = page.locator(".pt-map-ring-focused .pt-map-ring-line").bounding_box()
    assert ring is not None
    assert ring["x"] + ring["width"] / 2 == pytest.approx(x, abs=2)
    neighbour = int(np.argsort(np.hypot(*(at - at[row]).T))[1])
    page.evaluate(f"store.focus({neighbour}, 'map')")
    other = page.locator(".pt-map-ring-focused .pt-map-ring-line").bounding_box()
    assert other is not None
    moved = np.array([other["x"] - ring["x"], other["y"] - ring["y"]])
    assert np.hypot(*moved) == pytest.approx(2 * np.hypot(*(at[neighbour] - at[row])), rel=0.05)
    assert selected(page) == []


@pytest.mark.parametrize("page", [True], indirect=True)
def test_a_finger_finds_what_it_aims_at_and_sees_that_it_draws(page: Page) -> None:
    touch = page.context.new_cdp_session(page)

    def finger(kind: str, *at: float) -> None:
        points = [{"x": at[0], "y": at[1]}] if at else []
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    finger("touchStart", *LASSO[0])
    page.wait_for_function("document.querySelector('.pt-map-outline').getAttribute('d')?.length > 100")
    ring = page.locator(".pt-map-outline").bounding_box()
    assert ring is not None
    assert [ring["x"] + ring["width"] / 2, ring["y"] + ring["height"] / 2] == pytest.approx(LASSO[0], abs=1)
    assert 60 < ring["width"] < 70, "it is seen around a finger"
    for corner in LASSO[1:]:
        finger("touchMove", *corner)
    finger("touchEnd")
    assert selected(page) == inside(places(page), LASSO)

    close = page.locator(".pt-map-kept-close")
    box = close.bounding_box()
    assert box is not None
    assert close.evaluate("(e, [x, y]) => document.elementFromPoint(x, y) === e", [box["x"] + 30, box["y"] - 12])
    more = page.get_by_role("button", name="Order, scale and hover")
    assert more.evaluate("(e) => getComputedStyle(e).opacity") == "1"
    assert more.evaluate("(e) => e.clientWidth") == 44


@pytest.mark.parametrize("page", [True], indirect=True)
def test_an_outline_is_moved_by_a_finger_and_the_page_stays(page: Page) -> None:
    at = places(page)
    corners = [(80.0, 60.0), (300.0, 60.0), (300.0, 250.0), (80.0, 250.0)]
    page.get_by_role("button", name="Box").click()
    drag(page, [corners[0], corners[2]])
    page.mouse.up()
    touch = page.context.new_cdp_session(page)
    touch.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [{"x": 300, "y": 200}]})
    for step in range(1, 9):
        points = [{"x": 300 + 4 * step, "y": 200 + 5 * step}]
        touch.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": points})
    touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    assert selected(page) == inside(at, [(x + 32, y + 40) for x, y in corners])
    assert page.evaluate("document.scrollingElement.scrollTop") == 0


@pytest.mark.parametrize("page", [True], indirect=True)
def test_a_finger_beside_a_name_on_the_map_still_takes_it_and_no_two_are_within_its_reach(page: Page) -> None:
    page.evaluate("store.set('names_shown', true)")
    page.wait_for_function("document.querySelectorAll('.pt-map-name').length >= 2")
    # three names one below the other, 30 px apart
    page.evaluate("""(() => {
        const { codes } = store.column('label').value, { xy, ...layout } = store.layout.value;
        const step = 30 * 40 / (0.9 * document.querySelector('.pt-map-stage').clientWidth);
        const x = (row) => (row < 2 ? 40 * row : 20);
        store.layout.value = {
            ...layout, revision: 2, xy: xy.map((_, i) => (i % 2 === 0 ? x(i >> 1) : codes[i >> 1] * step)),
        };
    })()""")
    page.wait_for_function("""(() => {
        const names = [...document.querySelectorAll('.pt-map-name:not(.pt-going)')];
        const boxes = names.map((name) => name.getBoundingClientRect());
        const middles = boxes.map(({ left, right }) => (left + right) / 2);
        return middles.length >= 2 && Math.max(...middles) - Math.min(...middles) < 10;
    })()""")
    boxes = [name.bounding_box() for name in page.locator(".pt-map-name:not(.pt-going)").all()]
    assert abs(boxes[0]["y"] - boxes[-1]["y"]) >= 44
    assert len(boxes) == 2
    name, box = page.locator(".pt-map-name:not(.pt-going)").first, boxes[0]
    page.touchscreen.tap(box["x"] + box["width"] / 2, box["y"] - 11)
    page.wait_for_function("store.selection.value.count > 100")
    label = name.locator(".pt-map-name-text").text_content()
    column = page.evaluate(
        "(({ codes, categories }) => ({ codes: Array.from(codes), categories }))(store.column('label').value)"
    )
    assert {column["categories"][column["codes"][row] - 1] for row in selected(page)} == {label}


def test_it_says_when_all_points_are_drawn_whatever_else_is_on_its_way(page: Page) -> None:
    points = "document.querySelector('.pt-map-stage').dataset.points"
    assert page.evaluate(points) == "all"
    moved = "store.layout.value = { ...store.layout.value, revision: 2, xy: store.layout.value.xy.map((x) => 2 * x) }"
    assert page.evaluate(f"(() => {{ {moved}; return {points} }})()") == "part"
    page.wait_for_function(f"{points} === 'all'")


def test_what_lies_over_a_map_that_moves_is_small_to_the_compositor(page: Page) -> None:
    """Each layer is mixed with all below it in every frame: names, tools and legend are none as large as the map."""
    told: list[list[dict[str, float]]] = []
    client = page.context.new_cdp_session(page)
    client.on("LayerTree.layerTreeDidChange", lambda event: told.append(event.get("layers", [])))
    client.send("LayerTree.enable")
    page.evaluate("store.set('names_shown', true)")
    page.wait_for_function("document.querySelectorAll('.pt-map-name').length >= 2")
    page.mouse.move(300, 240)
    page.mouse.down()
    for step in range(12):
        page.mouse.move(300 + 4 * step, 240)
        page.evaluate("() => new Promise(requestAnimationFrame)")
    layers = [seen for seen in told if seen][-1]
    shares = sorted(layer["width"] * layer["height"] / (WIDTH * HEIGHT) for layer in layers if layer["drawsContent"])
    page.mouse.up()
    assert sum(share > 0.2 for share in shares) <= 2  # the page and the points
    assert sum(share for share in shares if share <= 0.2) < 0.2


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_what_floats_on_a_map_is_no_opaque_layer_and_yet_nothing_is_seen_through_it(page: Page, theme: str) -> None:
    """Around a layer that is wholly opaque the browser cuts the moving map in pieces, and draws each."""
    page.evaluate("theme => document.documentElement.classList.toggle('dark', theme === 'dark')", theme)
    page.mouse.move(*places(page)[0])
    shares = page.evaluate("""[...document.querySelectorAll('.pt-map *')]
        .map((one) => getComputedStyle(one))
        .filter((style) => style.willChange.includes('transform'))
        .map(({ backgroundColor }) => Number(backgroundColor.match(/[\\d.]+/g)[3] ?? 1))""")
    assert all(share < 1 for share in shares) and sum(share > 0.99 for share in shares) >= 3, shares


def test_what_the_map_says_in_words_is_beside_the_small_map(page: Page) -> None:
    page.evaluate(
        "store.layout.value = { ...store.layout.value, revision: 2, xy: store.layout.value.xy.with(0, NaN) }; 0"
    )
    page.evaluate("document.getElementById('map').style.width = '480px'; 0")
    page.locator(".pt-map").focus()
    for _ in range(7):
        page.keyboard.press("+")
    note, small = page.locator(".pt-map-note"), page.locator(".pt-map-mini")
    expect(small).to_be_visible()
    expect(note).to_have_text(re.compile("1 image has no position"))
    for corner in ("top-right", "bottom-right", "top-left"):
        page.evaluate("(corner) => { document.querySelector('.pt-map-legend').dataset.corner = corner; }", corner)
        boxes = [page.locator(which).bounding_box() for which in (".pt-map-note", ".pt-map-mini", ".pt-map-legend")]
        assert boxes[0]["width"] > 100
        for other in boxes[1:]:
            apart_x = boxes[0]["x"] >= other["x"] + other["width"] or other["x"] >= boxes[0]["x"] + boxes[0]["width"]
            assert apart_x or other["y"] >= boxes[0]["y"] + boxes[0]["height"], corner


@pytest.mark.parametrize("width", [380, 540, 760])
def test_the_small_map_lies_over_no_tool_and_no_legend(page: Page, width: int) -> None:
    page.evaluate(
        "(width) => { document.getElementById('map').style.cssText = `width: ${width}px; height: 520px`; }", width
    )
    page.locator(".pt-map").focus()
    for _ in range(7):
        page.keyboard.press("+")
    expect(page.locator(".pt-map-mini")).to_be_visible()
    on_it = """() => {
      const { left, top, right, bottom } = document.querySelector('.pt-map-mini').getBoundingClientRect();
      return [...document.querySelectorAll('.pt-map-toolgroup, .pt-map-legend')].filter((other) => {
        const box = other.getBoundingClientRect();
        return box.left < right && left < box.right && box.top < bottom && top < box.bottom;
      }).length;
    }"""
    for corner in ("top-right", "bottom-right", "top-left"):
        page.evaluate("(corner) => { document.querySelector('.pt-map-legend').dataset.corner = corner; }", corner)
        assert page.evaluate(on_it) == 0, corner


def test_an_open_box_of_the_tools_lies_over_the_legend(page: Page) -> None:
    """On a low map there is no room for both."""
    page.get_by_role("button", name="Points", exact=True).click()
    page.locator(".pt-map-box").wait_for()
    covered = """() => {
      const legend = document.querySelector('.pt-map-legend'), box = document.querySelector('.pt-map-box');
      legend.style.cssText = 'left: 0; right: 0; top: 0; bottom: 0; max-width: none; max-height: none';
      const [a, b] = [legend.getBoundingClientRect(), box.getBoundingClientRect()];
      const [x, y] = [(Math.max(a.left, b.left) + Math.min(a.right, b.right)) / 2,
                      (Math.max(a.top, b.top) + Math.min(a.bottom, b.bottom)) / 2];
      const over = x > a.left && x < a.right && y > a.top && y < a.bottom;
      return [over, box.contains(document.elementFromPoint(x, y))];
    }"""
    assert page.evaluate(covered) == [True, True]


@pytest.mark.parametrize("width", [WIDTH, 300])
def test_on_a_very_low_map_nothing_of_the_tools_is_cut_or_scrolls(page: Page, width: int) -> None:
    style = page.locator("#map")
    style.evaluate(f"(map) => {{ map.style.cssText = 'width: {width}px; height: 66px; margin: 300px 0 0 150px' }}")
    page.wait_for_function("document.querySelector('.pt-map-stage').clientHeight === 66")
    inside = """([part, frame]) => {
      const edges = (frame === null ? document.documentElement : document.querySelector(frame)).getBoundingClientRect();
      const cut = (one) => {
        const { left, top, right, bottom } = one.getBoundingClientRect();
        const isIn = left >= edges.left && top >= edges.top && right <= edges.right && bottom <= edges.bottom;
        return !isIn || one.scrollHeight > one.clientHeight || one.scrollWidth > one.clientWidth;
      };
      return [...document.querySelectorAll(part)].filter((one) => one.offsetWidth > 0).map(cut);
    }"""
    page.get_by_role("button", name="Lasso", exact=True).click()
    page.get_by_role("button", name="More tools").wait_for()
    assert page.evaluate(inside, [".pt-map-toolgroup", ".pt-map"]) == [False, False]
    page.get_by_role("button", name="More tools").click()
    assert page.evaluate(inside, [".pt-map-more", None]) == [False]
    left = page.evaluate("document.querySelector('.pt-map-more').getBoundingClientRect().left")
    assert left >= 158, "on a map that is narrower than the box it goes on to the right"
    for name in ("Points", "Save picture"):
        page.get_by_role("button", name=name, exact=True).click()
        page.wait_for_function("document.querySelectorAll('.pt-map-fields:popover-open').length === 1")
        assert page.evaluate(inside, [".pt-map-fields", None]) == [False]
    assert page.evaluate(inside, [".pt-legend-title", ".pt-map"]) == [False]
    page.mouse.click(10, 20)
    expect(page.locator(".pt-map-box:popover-open")).to_have_count(0)


def test_a_long_name_ends_before_the_eyes_of_its_line(page: Page) -> None:
    page.evaluate(
        """store.color.value = {
            kind: "category", name: "label", revision: 2, categories: ["a", "m".repeat(60)],
            codes: Uint8Array.from({ length: 2000 }, (_, row) => (row < 9 ? (row % 2) + 1 : 0)),
        }"""
    )
    lines = page.locator(".pt-legend-line")
    expect(lines).to_have_count(3)
    page.add_style_tag(content=".pt-map-legend { background: white !important }")
    seen = []
    for line in (lines.nth(0), lines.nth(1)):
        line.hover(position={"x": 60, "y": 14})
        box = line.locator(".pt-legend-eyes").bounding_box()
        assert box is not None
        seen.append(np.asarray(Image.open(io.BytesIO(page.screenshot(clip=box))).convert("L"), int))
    assert np.abs(seen[0] - seen[1]).max() < 8, "the name goes on under the eyes"
