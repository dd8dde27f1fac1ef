"""How a layout is made: method and parameters, checked, with defaults, under the names the field uses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from pointillist.errors import ProjectionError
from pointillist.numeric import checked_seed, is_number, is_whole

Method = Literal["pca", "umap", "tsne", "pacmap"]
Dims = Literal[2, 3]

TITLES = {"given": "given", "umap": "UMAP", "tsne": "t-SNE", "pacmap": "PaCMAP", "pca": "PCA"}
"""Method, or "given" for positions that came with the images -> what people read; the best first."""

K = 15
"""Neighbours of each image where nothing else is asked for."""

FEW, K_OF_FEW = 150, 8
"""Of fewer images UMAP reads so many: of 60 digits the map keeps 0.68 of the 5 nearest instead of 0.64, of 60 drawings
0.55 instead of 0.50, and trustworthiness gains 0.007 and 0.02. A step and not a slope, for an image that is added takes
its place only in a map of the same parameters."""

MIN_DIST = 0.1
PERPLEXITY = 30.0
WEIGHED_UP_TO = 20_000
"""Images. Of more, whose graph is found by lists (approximate.py), t-SNE reads the K nearest that all else reads, each
with the same weight, where no perplexity is asked for: one of 30 would need the 91 nearest, a graph of its own."""
PULLED, SPARE = 10, 5
"""PaCMAP pulls at so many nearest, as its authors' package does where nothing else is asked for, and chooses them from
so many more: together the K that all else reads."""


@dataclass(frozen=True)
class Recipe:
    """One way to lay images out.

    k: neighbours that it reads; 0 for none. perplexity: None where each of them counts the same.
    """

    method: Method
    dims: Dims
    k: int
    min_dist: float
    perplexity: float | None
    seed: int

    @property
    def key(self) -> str:
        """Names everything the positions depend on besides the vectors."""
        options = {
            "pca": "",
            "umap": f" k={self.k} min_dist={self.min_dist:g} seed={self.seed}",
            "tsne": f" {self._weights} seed={self.seed}",
            "pacmap": f" k={self.k} seed={self.seed}",
        }[self.method]
        return f"layout/2 {self.method} dims={self.dims}{options}"

    @property
    def _weights(self) -> str:
        return f"k={self.k}" if self.perplexity is None else f"perplexity={self.perplexity:g}"


def recipe(
    method: str,
    n: int,
    *,
    dims: int = 2,
    n_neighbors: int | None = None,
    min_dist: float | None = None,
    perplexity: float | None = None,
    seed: int = 0,
) -> Recipe:
    """Check what was asked for and fill in the rest.

    Args:
        n: images with a vector.
        n_neighbors: UMAP's: 15 others (umap-learn counts the image itself too), 8 of fewer than 150. PaCMAP's: 10.
        min_dist: UMAP's: 0.1.
        perplexity: t-SNE's: 30, for fewer than 92 images (n - 2) / 3; of more than 20,000 the 15 nearest count alike.

    Raises:
        ProjectionError: if there is no such method, or a parameter is out of range or another method's.
    """
    methods = get_args(Method)
    if method not in methods:
        raise ProjectionError(f"{method!r} is not a projection; there are: {', '.join(methods)}")
    if not is_whole(dims) or dims not in (2, 3):
        raise ProjectionError(f"dims={dims!r} cannot be shown; it must be 2 or 3")
    whose = {"n_neighbors": ("umap", "pacmap"), "min_dist": ("umap",), "perplexity": ("tsne",)}
    given = {"n_neighbors": n_neighbors, "min_dist": min_dist, "perplexity": perplexity}
    for name, value in given.items():
        if value is not None and method not in whose[name]:
            raise ProjectionError(f"{name}= is for {' and '.join(whose[name])}, and {method} has no use for it")
    most = max(2 * n // 7 if method == "pacmap" else n - 1, 2)  # PaCMAP draws 2.5 times as many from farther away
    if n_neighbors is not None and not (is_whole(n_neighbors) and 2 <= n_neighbors <= most):
        raise ProjectionError(f"n_neighbors={n_neighbors!r}: give a whole number from 2 to {most:,}")
    if min_dist is not None and not (is_number(min_dist) and 0 <= min_dist <= 1):
        raise ProjectionError(f"min_dist={min_dist!r}: give a distance from 0 (tight) to 1 (even)")
    if perplexity is not None and not (is_number(perplexity) and 1 <= perplexity <= max((n - 2) / 3, 1)):
        raise ProjectionError(f"perplexity={perplexity!r}: give a number from 1 to {max((n - 2) // 3, 1):,}")
    seed = checked_seed(seed, ProjectionError)
    chosen = None
    if perplexity is not None or n <= WEIGHED_UP_TO:
        chosen = max(min(PERPLEXITY, (n - 2) / 3), 1.0) if perplexity is None else float(perplexity)
    k = {
        "pca": 0,
        "umap": int(n_neighbors) if n_neighbors else (K_OF_FEW if n < FEW else K),
        "tsne": K if chosen is None else int(3 * chosen + 1),
        "pacmap": int(n_neighbors or PULLED) + SPARE,
    }[method]
    # The cast is safe: both were looked up above.
    return Recipe(method, int(dims), k, MIN_DIST if min_dist is None else float(min_dist), chosen, seed)  # type: ignore[arg-type]


def missing_ways() -> dict[str, str]:
    """Method -> why it cannot be used here."""
    from pointillist.analysis.pacmap_layout import check_installed

    try:
        check_installed()
    except ProjectionError as error:
        return {"pacmap": str(error)}
    return {}


def unusual(made: Recipe, n: int) -> dict[str, float]:
    """The parameters of a recipe for n images that are not the usual ones, as `recipe` takes them."""
    usual = recipe(made.method, n, dims=made.dims)
    options: dict[str, float] = {}
    if made.method in ("umap", "pacmap") and made.k != usual.k:
        options["n_neighbors"] = made.k - (SPARE if made.method == "pacmap" else 0)
    if made.method == "umap" and made.min_dist != usual.min_dist:
        options["min_dist"] = made.min_dist
    if made.method == "tsne" and made.perplexity is not None and made.perplexity != usual.perplexity:
        options["perplexity"] = made.perplexity
    if made.method != "pca" and made.seed != usual.seed:
        options["seed"] = made.seed
    return options
