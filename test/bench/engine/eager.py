"""The engine bench's peer: the same model in eager PyTorch, one thread, with an SAE in a hook. Prints lists a second.

Usage: eager.py PLAN (JSON: items, width, heads, layers, window, features, layer, batch, ms, way). Ways: `last`, the edit
and the scores at the last position alone, and the ten best; `paper`, in the manner of the paper's code: the hook rebuilds
every position, all positions are scored, and all items are sorted.
"""

import json
import sys
import time

import torch
import torch.nn.functional as F
from torch import nn

plan = json.loads(sys.argv[1])
d, heads, window = plan["width"], plan["heads"], plan["window"]
isPaper = plan["way"] == "paper"
torch.set_num_threads(1)
torch.manual_seed(1)


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(d), nn.LayerNorm(d)
        self.qkv, self.out = nn.Linear(d, 3 * d), nn.Linear(d, d)
        self.up, self.down = nn.Linear(d, 4 * d), nn.Linear(4 * d, d)

    def forward(self, x):
        B, L, _ = x.shape
        q, k, v = self.qkv(self.norm1(x)).view(B, L, 3, heads, d // heads).permute(2, 0, 3, 1, 4)
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + self.out(y.transpose(1, 2).reshape(B, L, d))
        return x + self.down(F.gelu(self.up(self.norm2(x)), approximate="tanh"))


items, positions = nn.Embedding(plan["items"], d), nn.Embedding(window, d)
blocks, norm = nn.ModuleList(Block() for _ in range(plan["layers"])), nn.LayerNorm(d)
encoder, decoder = nn.Linear(d, plan["features"]), nn.Linear(plan["features"], d)
target = {}


def steer(_module, _inputs, x):
    at = x if isPaper else x[:, -1]
    f = F.relu(encoder(at))
    f[..., target["feature"]] = 4.0
    if isPaper:
        return decoder(f)
    return torch.cat([x[:, :-1], decoder(f)[:, None]], 1)


blocks[plan["layer"] - 1].register_forward_hook(steer)


def lists(batch):
    target["feature"] = int(torch.randint(plan["features"], ()))
    x = items(batch) + positions.weight
    for block in blocks:
        x = block(x)
    if isPaper:
        return torch.argsort((norm(x) @ items.weight.T)[:, -1], descending=True)[:, :10]
    return torch.topk(norm(x[:, -1]) @ items.weight.T, 10)


with torch.inference_mode():
    batch = torch.randint(plan["items"], (plan["batch"], window))
    lists(batch)
    made, started = 0, time.perf_counter()
    while made == 0 or (time.perf_counter() - started) * 1000 < plan["ms"]:
        lists(batch)
        made += plan["batch"]
    print(json.dumps(made / (time.perf_counter() - started)))
