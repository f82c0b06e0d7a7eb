"""torchvision's own AlexNet and VGG-16 with random weights: their state as safetensors, images, and their logits.

make.py NAME FOLDER, with torchvision's word for the net.
"""

import sys
from pathlib import Path

import safetensors.torch
import torch
import torchvision

name, folder = sys.argv[1], Path(sys.argv[2])
torch.manual_seed(0)
net = getattr(torchvision.models, name)(weights=None).eval()
# Biases that are not all zero, so that a swapped one shows.
for parameter in net.parameters():
    if parameter.dim() == 1:
        torch.nn.init.normal_(parameter, std=0.1)
images = torch.randn(2, 3, 224, 224)
with torch.inference_mode():
    logits = net(images)
safetensors.torch.save_file(net.state_dict(), folder / "weights.safetensors")
safetensors.torch.save_file({"images": images, "logits": logits}, folder / "data.safetensors")
