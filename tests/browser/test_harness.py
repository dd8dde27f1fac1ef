"""The harness itself, on a widget that is not ours: what fails here is not pointillist's fault."""

from __future__ import annotations

import pytest
from lab import Lab, wait_for

pytestmark = pytest.mark.browser


def test_cells_run_and_the_kernel_restarts(lab: Lab) -> None:
    lab.open()
    assert lab.cell("x = 20 + 1\nprint(x)\nx * 2") == "21\n42"
    assert lab.ask("{'x': x}") == {"x": 21}
    with pytest.raises(AssertionError, match="NameError"):
        lab.cell("y")
    with pytest.raises(AssertionError, match="NameError"):
        lab.run("y")
    lab.restart_kernel()
    with pytest.raises(AssertionError, match="NameError"):
        lab.run("x")


def test_a_widget_is_drawn_and_a_second_view_opens_and_closes(lab: Lab) -> None:
    lab.open()
    lab.run("import ipywidgets; s = ipywidgets.IntSlider(7)")
    cell = lab.start("s")
    slider = lab.page.locator(".widget-slider")
    slider.first.wait_for()
    lab.create_second_view(cell)
    slider.nth(1).wait_for()
    lab.close_second_view()
    slider.nth(1).wait_for(state="detached")
    assert slider.count() == 1


def test_a_comm_message_is_handled_while_a_cell_sleeps(lab: Lab) -> None:
    lab.open()
    lab.cell(
        "import ipywidgets, threading, time\n"
        "b = ipywidgets.Button(description='press'); pressed = threading.Event()\n"
        "b.on_click(lambda _: pressed.set()); display(b)\n"
        # ipykernel 7.4 hands a comm's messages to the thread that published on it last, here the main one.
        "b.comm._reply_subshell_for = None"
    )
    lab.page.locator(".jupyter-button").wait_for()
    wait_for(lab.subshells_started, "no subshell")
    cell = lab.start("print(pressed.wait(20))")
    lab.page.locator(".jupyter-button").click()
    wait_for(lambda: lab.finished(cell), "the cell did not end")
    assert lab.text(cell) == "True"
