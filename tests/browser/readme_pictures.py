"""Makes README's pictures: the widget at 2x, and the loop select -> tag -> DataFrame as a short animation.

make demo's images must be there; then   uv run python tests/browser/readme_pictures.py
"""

from __future__ import annotations

import io
import tempfile
from pathlib import Path

import numpy as np
from atlas import Atlas
from lab import Lab, chromium, jupyterlab, wait_for
from PIL import Image
from playwright.sync_api import sync_playwright

ROOT = Path(__file__).parents[2]
PICTURES = ROOT / "notebooks" / "pictures"
IMAGES = ROOT / "data" / "clipart"
LABEL = "maps"


def frame(lab: Lab) -> Image.Image:
    """The notebook as it looks now."""
    return Image.open(io.BytesIO(lab.page.locator(".jp-Notebook").first.screenshot())).convert("RGB")


def hull(points: np.ndarray, room_px: float) -> np.ndarray:
    """A round line of 40 corners about the middle of some points, at the distance of the farthest in each direction."""
    middle = points.mean(0)
    angles = np.linspace(0, 2 * np.pi, 40, endpoint=False)
    ways = np.column_stack([np.cos(angles), np.sin(angles)])
    reach = ((points - middle) @ ways.T).max(0) + room_px
    return middle + ways * reach[:, None]


def main() -> None:
    with tempfile.TemporaryDirectory() as home, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium())
        with jupyterlab(Path(home) / "jupyterlab") as server:
            (server.root / "photos").symlink_to(IMAGES)
            context = browser.new_context(viewport={"width": 1360, "height": 900}, device_scale_factor=2)
            lab = Lab(context.new_page(), server)
            lab.open("first_look.ipynb")
            lab.hide_sidebar()
            lab.start('import pointillist as pt\n\natlas = pt.explore("photos")\natlas')
            lab.widget().wait_for()
            atlas = Atlas(lab)
            frames: list[Image.Image] = []
            while (atlas.stage.count() and atlas.stage.get_attribute("data-layout")) != "umap":
                lab.page.wait_for_timeout(1200)  # a film, not a test
                frames.append(frame(lab))
            frames = frames[:: 1 + len(frames) // 9]
            for _ in range(4):
                frames.append(frame(lab))
            atlas.wait_layout("umap")
            frames.append(frame(lab))
            lab.page.locator(".pointillist").first.screenshot(path=PICTURES / "widget.png")

            points = atlas.points(atlas.layout("umap"))
            labels = np.array(lab.ask("atlas.collection.table['label'].tolist()"))
            mine = points[labels == LABEL]
            polygon = hull(mine[np.linalg.norm(mine - np.median(mine, 0), axis=1) < 65], 7)
            atlas.root.get_by_role("button", name="Lasso").click()
            mouse = lab.page.mouse
            mouse.move(*polygon[0])
            mouse.down()
            for number, corner in enumerate(polygon):
                mouse.move(*corner)
                if number % 8 == 7:
                    frames.append(frame(lab))
            mouse.up()
            wait_for(lambda: atlas.selected(), "nothing is selected")
            lab.page.wait_for_timeout(800)
            frames += [frame(lab)] * 2
            atlas.tag_field.click()
            for part in (LABEL[:2], LABEL[2:]):
                atlas.tag_field.press_sequentially(part)
                frames.append(frame(lab))
            atlas.tag_field.press("Enter")
            atlas.root.locator(".pt-chip").first.wait_for()
            lab.page.wait_for_timeout(400)
            frames += [frame(lab)] * 2
            lab.cell("atlas.selection[['label', 'tags']].sample(5, random_state=0)")
            lab.scroll_to(1)
            lab.page.wait_for_timeout(800)
            frames += [frame(lab)] * 4
        browser.close()
    small = [image.resize((image.width // 2, image.height // 2), Image.Resampling.LANCZOS) for image in frames]
    small[0].save(
        PICTURES / "loop.webp", save_all=True, append_images=small[1:], duration=600, loop=0, quality=70, method=6
    )


if __name__ == "__main__":
    main()
