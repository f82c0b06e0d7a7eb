"""netc's data beside torchvision's: JPEGs of 500x375 to batches of 227x227, on the same number of workers.

Run by `make bench`, which makes the environment. Both decode, resize the short side to 256, cut 227 at random, mirror,
add noise along the colours' principal components and normalise. torchvision's transforms v2 run in a DataLoader's
processes, a thread each, once on pictures loaded by Pillow (the usual way) and once by torchvision's own
`decode_image`. The three take turns; what counts is the ratio of their medians.

The pictures are generated, since no photographs of this size are free to ship: what is usual in a photograph (the
spectrum of natural images falls as 1 / frequency, with edges and some sensor noise), in JPEGs of quality 90 with 4:2:0
chroma, of some 80 KB each.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SPEC = """---
name: Pictures
dialect: keras
train:
  batch: {batch}
  augment: {{ resize: 256, base: whole, crop: 227, mirror: true, pca: 0.1 }}
---

| Layer | Output | Filter |
|---|---|---|
| INPUT | 227x227x3 | |
| CONV | 28x28x8 | 9x9/8; K=8; padding=valid |
| GLOBAL POOL | | |
| FC | 2 | |
"""
# Of ImageNet's colours, on the scale 0 to 1 (Krizhevsky et al. 2012's noise).
VALUES = [0.2175, 0.0188, 0.0045]
VECTORS = [[-0.5675, 0.7192, 0.4009], [-0.5808, -0.0045, -0.8140], [-0.5836, -0.6948, 0.4203]]


def photograph(generator):
    """`[375, 500, 3]` bytes in the manner of a photograph."""
    import numpy as np
    from PIL import Image, ImageDraw

    def cloud():
        spectrum = np.fft.rfft2(generator.standard_normal((375, 500)))
        across, down = np.fft.rfftfreq(500), np.fft.fftfreq(375)
        frequency = np.hypot(down[:, None], across[None, :])
        frequency[0, 0] = 1.0
        field = np.fft.irfft2(spectrum / frequency**1.1, s=(375, 500))
        return (field - field.mean()) / field.std()

    light, warm, green = cloud(), cloud(), cloud()
    colours = np.stack([light + 0.35 * warm, light + 0.2 * green, light - 0.35 * warm], -1)
    picture = Image.fromarray((120 + 45 * colours).clip(0, 255).astype("uint8"))
    draw = ImageDraw.Draw(picture)
    for _ in range(12):
        x, y, wide, high = (int(v) for v in generator.integers([0, 0, 10, 10], [500, 375, 160, 160]))
        fill = tuple(int(v) for v in generator.integers(0, 256, 3))
        shape = draw.ellipse if generator.random() < 0.5 else draw.rectangle
        shape([x, y, x + wide, y + high], fill=fill)
    noise = generator.normal(0, 4, (375, 500, 3))
    return (np.asarray(picture) + noise).clip(0, 255).astype("uint8")


def generate(folder: Path, count: int) -> int:
    """Two classes of JPEGs; their mean size in bytes."""
    import numpy as np
    from PIL import Image

    generator = np.random.default_rng(0)
    total = 0
    for index in range(count):
        path = folder / ("a", "b")[index % 2] / f"{index:05}.jpg"
        path.parent.mkdir(exist_ok=True)
        Image.fromarray(photograph(generator)).save(path, quality=90, subsampling="4:2:0")
        total += path.stat().st_size
    return total // count


def loader(folder: Path, how: str, batch: int, workers: int):
    """torchvision's loader of the folder, by `pil` or `decode_image`."""
    import torch
    from PIL import Image
    from torchvision.io import ImageReadMode, decode_image, read_file
    from torchvision.transforms import v2

    class Noise(torch.nn.Module):
        def forward(self, image):
            draws = torch.randn(3) * 0.1 * torch.tensor(VALUES)
            return image + (torch.tensor(VECTORS) @ draws)[:, None, None]

    decoded = v2.PILToTensor() if how == "pil" else v2.Identity()
    resize = v2.Resize(256, antialias=True)
    # Pillow resizes faster than tensors are: each way as its users have it.
    steps = [resize, v2.RandomCrop(227), v2.RandomHorizontalFlip(), decoded]
    tail = [v2.ToDtype(torch.float32, scale=True), Noise()]
    tail.append(v2.Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]))
    transform = v2.Compose([*steps, *tail])

    class Folder(torch.utils.data.Dataset):
        def __init__(self):
            self.paths = [str(path) for path in sorted(folder.glob("*/*.jpg"))]

        def __len__(self):
            return len(self.paths)

        def __getitem__(self, index):
            path = self.paths[index]
            label = int(Path(path).parent.name == "b")
            if how == "pil":
                with Image.open(path) as file:
                    return transform(file.convert("RGB")), label
            return transform(decode_image(read_file(path), mode=ImageReadMode.RGB)), label

    return torch.utils.data.DataLoader(
        Folder(), batch_size=batch, shuffle=True, drop_last=True, num_workers=workers, persistent_workers=True
    )


def torchvision(folder: Path, how: str, batch: int, workers: int, steps: int) -> float:
    """Images a second, after the first batches."""
    made = loader(folder, how, batch, workers)

    def endless():
        while True:
            yield from made

    batches = endless()
    for _ in range(4 * workers):
        next(batches)
    start = time.perf_counter()
    images = sum(next(batches)[0].shape[0] for _ in range(steps))
    return images / (time.perf_counter() - start)


def ours(netc: str, spec: Path, folder: Path, batch: int, workers: int, steps: int) -> float:
    run = [netc, "bench", str(spec), "--data", str(folder), "--format", "json", "--device", "cpu"]
    run += ["--batch", str(batch), "--workers", str(workers), "--steps", str(steps)]
    return json.loads(beside(run))["images_alone_per_second"]


def beside(command: list) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def compare(options: argparse.Namespace) -> None:
    with tempfile.TemporaryDirectory() as place:
        folder, spec = Path(place) / "pictures", Path(place) / "pictures.spec"
        folder.mkdir()
        size = generate(folder, options.images)
        spec.write_text(SPEC.format(batch=options.batch), encoding="utf-8")
        sizes = [str(options.batch), str(options.workers), str(options.steps)]
        rates = {"netc": [], "pil": [], "decode_image": []}
        for _ in range(options.rounds):
            for how in ("pil", "decode_image"):
                rates[how].append(float(beside([sys.executable, __file__, "--theirs", how, str(folder), *sizes])))
            rates["netc"].append(
                ours(options.netc, spec, folder, options.batch, options.workers, options.steps)
            )
    print(
        f"data: {options.images} generated JPEGs of 500x375 ({size / 1e3:.0f} KB each), resize 256, crop 227, mirror, "
        f"PCA noise, normalise; {options.workers} workers, {options.rounds} rounds of {options.steps} batches of "
        f"{options.batch}"
    )
    names = {"netc": "netc", "pil": "torchvision, Pillow", "decode_image": "torchvision, decode_image"}
    for key, name in names.items():
        rate = statistics.median(rates[key])
        print(f"  {name:27} {rate:7.1f} images/s   {rate / options.workers:6.1f} a worker")
    for key in ("pil", "decode_image"):
        ratios = [a / b for a, b in zip(rates["netc"], rates[key])]
        spread = ", ".join(f"{ratio:.2f}" for ratio in ratios)
        print(f"  netc / {names[key]}: {statistics.median(ratios):.2f}   (rounds: {spread})", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--netc", help="the netc command")
    parser.add_argument("--images", type=int, default=1024)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--workers", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--steps", type=int, default=40)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--theirs", nargs=5, metavar=("HOW", "FOLDER", "BATCH", "WORKERS", "STEPS"))
    options = parser.parse_args()
    if options.theirs:
        how, folder, *sizes = options.theirs
        print(torchvision(Path(folder), how, *(int(n) for n in sizes)))
        return
    if not options.netc:
        parser.error("--netc names the netc command")
    compare(options)


if __name__ == "__main__":
    main()
