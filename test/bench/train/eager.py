"""The train bench's peer: the same model, loss and optimiser in eager PyTorch. Prints the timings as JSON.

Usage: eager.py PLAN (JSON, see plan.ts). Cross entropy is taken in chunks of rows: the faster of the two ways, measured
at 1.6 times the rate of one product for all rows.
"""

import json
import resource
import sys
import time

import torch
import torch.nn.functional as F
from torch import nn

plan = json.loads(sys.argv[1])
torch.set_num_threads(plan["threads"])
torch.manual_seed(1)
CHUNK = 1024


class Block(nn.Module):
    def __init__(self, width, heads, dropout):
        super().__init__()
        self.heads, self.rate = heads, dropout
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.up, self.down = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)
        self.drop = nn.Dropout(dropout)

    def forward(self, x):
        B, L, d = x.shape
        q, k, v = self.qkv(self.norm1(x)).view(B, L, 3, self.heads, d // self.heads).permute(2, 0, 3, 1, 4)
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True, dropout_p=self.rate)
        x = x + self.drop(self.out(y.transpose(1, 2).reshape(B, L, d)))
        return x + self.drop(self.down(F.gelu(self.up(self.norm2(x)), approximate="tanh")))


class GptRec(nn.Module):
    def __init__(self, items, width, heads, layers, window, dropout):
        super().__init__()
        self.items, self.positions = nn.Embedding(items, width), nn.Embedding(window, width)
        self.blocks = nn.Sequential(*(Block(width, heads, dropout) for _ in range(layers)))
        self.norm, self.drop = nn.LayerNorm(width), nn.Dropout(dropout)
        for embedding in (self.items, self.positions):
            nn.init.normal_(embedding.weight, std=0.02)

    def forward(self, x):
        at = torch.arange(x.shape[1])
        return self.norm(self.blocks(self.drop(self.items(x) + self.positions(at))))


def timed(steps, step):
    ms = []
    for i in range(plan["warmUp"] + steps):
        started = time.perf_counter()
        step()
        if i >= plan["warmUp"]:
            ms.append((time.perf_counter() - started) * 1000)
    return ms


def time_gptrec(items, width, heads, layers, window, batch, dropout, steps):
    model = GptRec(items, width, heads, layers, window, dropout)
    optimiser = torch.optim.Adam(model.parameters(), lr=1e-3)

    def step():
        inputs, targets = ((torch.rand(2, batch, window) ** 2) * items).long()
        states = model(inputs).reshape(-1, width)
        # Each chunk's gradient at once, so that its logits are gone before the next one's.
        leaf = states.detach().requires_grad_()
        optimiser.zero_grad()
        for rows, wanted in zip(leaf.split(CHUNK), targets.reshape(-1).split(CHUNK)):
            (F.cross_entropy(rows @ model.items.weight.T, wanted, reduction="sum") / len(states)).backward()
        states.backward(leaf.grad)
        optimiser.step()

    return timed(steps, step)


def time_sae(features, batch, l1, steps):
    width = plan["gptrec"]["width"]
    bound = width**-0.5
    encoder = nn.Parameter((torch.rand(width, features) * 2 - 1) * bound)
    encoder_bias = nn.Parameter((torch.rand(features) * 2 - 1) * bound)
    decoder = nn.Parameter(F.normalize(torch.randn(features, width), dim=1))
    decoder_bias = nn.Parameter(torch.zeros(width))
    optimiser = torch.optim.Adam([encoder, encoder_bias, decoder, decoder_bias], lr=1e-3)
    x = torch.randn(batch, width)

    def step():
        f = F.relu((x - decoder_bias) @ encoder + encoder_bias)
        loss = (x - (f @ decoder + decoder_bias)).norm(dim=1).mean() + l1 * f.sum(1).mean()
        optimiser.zero_grad()
        loss.backward()
        with torch.no_grad():
            decoder.grad -= decoder * (decoder.grad * decoder).sum(1, keepdim=True)
            optimiser.step()
            decoder.copy_(F.normalize(decoder, dim=1))

    return timed(steps, step)


timings = {"gptrec": time_gptrec(**plan["gptrec"]), "sae": time_sae(**plan["sae"])}
print(json.dumps({**timings, "peakBytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024}))
