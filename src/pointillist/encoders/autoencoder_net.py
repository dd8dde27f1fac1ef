"""The networks of the autoencoders; the only module that imports torch when it is imported, by autoencoder.py."""

from __future__ import annotations

import torch
from torch import nn

WIDTHS = (32, 64, 128, 256)
SMALLEST_PX = 4


class Convolutional(nn.Module):
    """Halves the side until it is 4 to 7 pixels, keeps `dims` standardised numbers, and draws the image from them."""

    def __init__(self, size: int, dims: int) -> None:
        super().__init__()
        halvings = 0
        while size >> (halvings + 1) >= SMALLEST_PX and halvings < len(WIDTHS):
            halvings += 1
        widths = WIDTHS[:halvings]
        self.side, self.size, last = size >> halvings, size, widths[-1]
        down: list[nn.Module] = []
        for before, after in zip((3, *widths), widths, strict=False):
            down += [nn.Conv2d(before, after, 4, 2, 1), nn.BatchNorm2d(after), nn.ReLU()]
        self.encoder = nn.Sequential(
            *down, nn.Flatten(), nn.Linear(last * self.side**2, dims), nn.BatchNorm1d(dims, affine=False)
        )
        up: list[nn.Module] = [nn.Linear(dims, last * self.side**2), nn.Unflatten(1, (last, self.side, self.side))]
        for before, after in zip(widths[::-1], (*widths[-2::-1], 3), strict=True):
            up += [nn.ReLU(), nn.ConvTranspose2d(before, after, 4, 2, 1)]
            if after != 3:
                up.append(nn.BatchNorm2d(after))
        self.decoder = nn.Sequential(*up)

    def decode(self, codes: torch.Tensor) -> torch.Tensor:
        """(b, 3, size, size) about -1…1 from (b, dims)."""
        return torch.as_tensor(self.decoder(codes))

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        return self.decode(self.encoder(pixels))


class Linear(nn.Module):
    """The best linear autoencoder: the `dims` principal components of the pixels."""

    def __init__(self, size: int, dims: int) -> None:
        super().__init__()
        self.size = size
        self.register_buffer("mean", torch.zeros(3 * size * size))
        self.register_buffer("components", torch.zeros(dims, 3 * size * size))

    def encoder(self, pixels: torch.Tensor) -> torch.Tensor:
        """(b, dims) coordinates along the components."""
        return (pixels.flatten(1) - self.get_buffer("mean")) @ self.get_buffer("components").T

    def decode(self, codes: torch.Tensor) -> torch.Tensor:
        """(b, 3, size, size) about -1…1 from (b, dims)."""
        flat = codes @ self.get_buffer("components") + self.get_buffer("mean")
        return torch.as_tensor(flat.view(-1, 3, self.size, self.size))

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        return self.decode(self.encoder(pixels))


KINDS: dict[str, type[Convolutional] | type[Linear]] = {"convolutional": Convolutional, "linear": Linear}


class Codes(nn.Module):
    """The half of an autoencoder that makes the codes."""

    def __init__(self, whole: Convolutional | Linear) -> None:
        super().__init__()
        self.whole = whole

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        return torch.as_tensor(self.whole.encoder(pixels.contiguous()))
