"""Which notebook a kernel says that it runs for."""

from __future__ import annotations

import sys
from types import SimpleNamespace

import pytest

from pointillist.explorer.notebook import notebook


def kernel(monkeypatch: pytest.MonkeyPatch, session: str | None = None, **variables: object) -> None:
    shell = SimpleNamespace(kernel=object(), user_ns=variables)
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: shell))
    monkeypatch.delenv("JPY_SESSION_NAME", raising=False)
    if session is not None:
        monkeypatch.setenv("JPY_SESSION_NAME", session)


def test_jupyter_names_it_in_the_environment_and_vs_code_among_the_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    kernel(monkeypatch, "home/photos.ipynb")
    assert notebook() == "home/photos.ipynb"
    kernel(monkeypatch, "home/Untitled-jvsc.ipynb", __vsc_ipynb_file__="/home/me/photos.ipynb")
    assert notebook() == "/home/me/photos.ipynb"


def test_a_console_and_a_kernel_that_says_nothing_have_none(monkeypatch: pytest.MonkeyPatch) -> None:
    kernel(monkeypatch, "home/Console 1")
    assert notebook() is None
    kernel(monkeypatch)
    assert notebook() is None
    kernel(monkeypatch, __vsc_ipynb_file__=3)
    assert notebook() is None


@pytest.mark.parametrize("shell", [None, SimpleNamespace(user_ns={})])
def test_what_a_kernel_starts_inherits_its_name_and_is_no_notebook(
    monkeypatch: pytest.MonkeyPatch, shell: object
) -> None:
    monkeypatch.setenv("JPY_SESSION_NAME", "home/photos.ipynb")
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: shell))
    assert notebook() is None
    monkeypatch.delitem(sys.modules, "IPython")
    assert notebook() is None
