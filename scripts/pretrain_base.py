#!/usr/bin/env python
"""Pretrain the base that tracknet-vit ships: a tiny ViT that has seen nothing but synthetic venues.

    python scripts/pretrain_base.py OUTPUT [--work DIR]

Everything is done by what users have too. ``tracknet synth`` renders venues of three sports; badminton
is left out, so that there is a ball to adapt to that the base has never seen. ``tracknet run`` trains
twice:

1. ViT, decoder and detail stem together, on windows of three frames. The patch embedding for three
   frames is then folded to one of a single frame, and the ViT written as a plain transformers checkpoint.
2. Decoder and stem once more, over that frozen base, as a user finds it. They begin as the first run
   left them.

``tracknet eval`` measures the outcome on venues that no step has seen, and on badminton.

OUTPUT then holds ``config.json``, ``model.safetensors`` (bfloat16) and ``preprocessor_config.json``, and in
``heatmap/`` the checkpoint of the second run. The model card beside them is written by hand. What lies in
``--work`` from an earlier call with the same arguments is not made again.
"""

import argparse
import json
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import cast

import torch
import yaml
from attrs import evolve, frozen
from transformers import DINOv3ViTModel

from tracknet_core.cli.main import main as tracknet
from tracknet_core.config.plan import Plan
from tracknet_core.config.resolve import load_plan
from tracknet_core.config.schema import DataConfig, OutputConfig, SplitConfig
from tracknet_core.model.assembly import assemble
from tracknet_core.model.checkpoint import FACTS, load_checkpoint, write_checkpoint
from tracknet_core.model.heatmap_model import HeatmapModel

NAME = "tracknet/vit-tiny-synthetic"
SPORTS = {"tennis": 100, "volleyball": 200, "table_tennis": 300}
"""What the base sees, and the number of each sport's first game."""

UNSEEN_SPORT = "badminton"
HELD_OUT_GAMES = 4
"""Last games of each sport, which choose the checkpoint and the threshold."""

FRAMES = 3
PATCHES = "embeddings.patch_embeddings.weight"

RANDOM_VIT = {
    "pretrained": False,
    "freeze": False,
    "config": {
        "hidden_size": 192,
        "num_hidden_layers": 4,
        "num_attention_heads": 3,
        "intermediate_size": 384,
        "num_register_tokens": 4,
        "attn_implementation": "eager",  # on a CPU it trains a third faster than the fused one
    },
}


@frozen(kw_only=True)
class Recipe:
    """What decides the outcome.

    Attributes:
        seed: Seed of venues, weights and order. The demo and the benchmarks use 0.
        games: Venues of each sport.
        frames: Frames rendered of each.
        epochs: Of the first and of the second run.
    """

    seed: int
    games: int
    frames: int
    epochs: tuple[int, int]


def pretrain(output: Path, work: Path, recipe: Recipe) -> None:
    """Render, train twice, write ``output``, and print how well it finds balls."""
    clips = [render(work / "clips" / sport, sport, first, recipe) for sport, first in SPORTS.items()]
    first = train(work / "pretrained", settings(clips, recipe, recipe.epochs[0]) | {"backbone": RANDOM_VIT})
    write_base(output, load_checkpoint(first).model)
    frozen_base = settings(clips, recipe, recipe.epochs[1]) | {"pretrained_model_name": str(output.resolve())}
    start = write_start(work / "start", frozen_base, load_checkpoint(first).model)
    second = train(work / "heatmap", frozen_base | {"init_from": str(start)})
    write_heatmap(output / "heatmap", second)
    measure(output / "heatmap", work / "unseen", recipe)


def settings(clips: Sequence[Path], recipe: Recipe, epochs: int) -> dict[str, object]:
    """What both runs have in common: the recipe of ``configs/demo.yaml``."""
    last = [first + recipe.games - 1 - back for first in SPORTS.values() for back in range(HELD_OUT_GAMES)]
    return {
        "model_name": "vit_heatmap",
        "seed": recipe.seed,
        "decoder": {
            "channels": [192, 64, 48, 32],
            "use_depthwise": False,
            "norm": "bn",
            "activation": "relu",
        },
        "data": {
            "root": [str(folder) for folder in clips],
            "split": {"val_games": [f"game{game}" for game in sorted(last)]},
            "preprocess": {"flip_prob": 0.5},
            "sequence": {"enabled": True, "length": FRAMES},
            "augment": {"zoom": 0.2, "brightness": 0.3, "contrast": 0.3, "saturation": 0.3, "hue": 10.0},
            "cache": "ram",
        },
        "training": {
            "epochs": epochs,
            "batch_size": 4,
            "precision": "bf16",
            "optimizer": {"lr": 2.0e-3, "backbone_lr": 1.0e-3},
            "scheduler": {"warmup_epochs": 0.5},
            "loss": {"name": "focal"},
        },
    }


def render(folder: Path, sport: str, first_game: int, recipe: Recipe) -> Path:
    """Render the venues of a sport that are not there yet."""
    run_tracknet(
        *("synth", folder, "--sport", sport, "--no-video", "--clips", 1),
        *("--games", recipe.games, "--first-game", first_game),
        *("--frames", recipe.frames, "--seed", recipe.seed),
    )
    return folder


def train(run: Path, config: Mapping[str, object]) -> Path:
    """Train and measure, unless that was done; go on with what was interrupted."""
    if (run / "metrics.json").is_file():
        return run
    file = run.with_suffix(".yaml")
    file.write_text(yaml.safe_dump(dict(config), sort_keys=False), encoding="utf-8")
    run_tracknet("run", file, "--output", run, *(["--resume"] if (run / "checkpoints").is_dir() else []))
    return run


def write_base(folder: Path, model: HeatmapModel) -> None:
    """Write the ViT for single frames, in bfloat16, as plain transformers reads it."""
    inflated = cast(DINOv3ViTModel, model.pretrained)
    plain = DINOv3ViTModel(inflated.config)
    plain.load_state_dict({**inflated.state_dict(), PATCHES: folded(inflated.get_parameter(PATCHES))})
    plain.bfloat16().save_pretrained(folder)
    normalization = {"image_mean": model.description.mean, "image_std": model.description.std}
    (folder / "preprocessor_config.json").write_text(
        json.dumps(normalization, indent=2) + "\n", encoding="utf-8"
    )


def folded(patches: torch.Tensor) -> torch.Tensor:
    """Undo inflation: ``[C, 3 T, p, p]`` to ``[C, 3, p, p]``, the same for a window of equal frames."""
    return torch.stack(patches.detach().chunk(FRAMES, dim=1)).sum(0)


def write_start(folder: Path, config: Mapping[str, object], trained: HeatmapModel) -> Path:
    """Write a checkpoint with the decoder and stem of one model over the base of another."""
    file = folder.with_suffix(".yaml")
    file.write_text(yaml.safe_dump(dict(config)), encoding="utf-8")
    plan, _ = load_plan([file], machine=False)
    model = assemble(plan)
    own = {name: value for name, value in trained.state_dict().items() if not name.startswith("backbone.")}
    if model.load_state_dict(own, strict=False).unexpected_keys:
        raise ValueError("the two runs have different decoders")
    folder.mkdir(exist_ok=True)
    write_checkpoint(folder, model, plan, base=folder / "none", threshold=0.5, metrics={}, step=0)
    return folder


def write_heatmap(folder: Path, run: Path) -> None:
    """Write the best checkpoint of a run so that it names its base as users do, and no folder of here."""
    loaded = load_checkpoint(run)
    facts = json.loads((loaded.directory / FACTS).read_text(encoding="utf-8"))
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    write_checkpoint(
        folder,
        loaded.model,
        portable(loaded.plan),
        base=folder / "none",
        threshold=loaded.threshold,
        metrics=facts["metrics"],
        step=facts["step"],
    )


def portable(plan: Plan) -> Plan:
    """Leave out of a plan where its data, its base and its start lay."""
    data = evolve(plan.data, root=DataConfig().root, split=SplitConfig())
    return evolve(plan, pretrained_model_name=NAME, init_from=None, data=data, output=OutputConfig())


def measure(heatmap: Path, folder: Path, recipe: Recipe) -> None:
    """Print metrics on eight venues of each sport that no step has seen."""
    unseen = evolve(recipe, games=8, frames=16)
    for sport, first in SPORTS.items():
        render(folder / sport, sport, first + recipe.games, unseen)
    render(folder / UNSEEN_SPORT, UNSEEN_SPORT, 1, evolve(unseen, seed=0))
    for sport in (*SPORTS, UNSEEN_SPORT):
        run_tracknet("eval", heatmap, f"data.root={folder / sport}")


def run_tracknet(*words: object) -> None:
    """Run a command of ``tracknet``.

    Raises:
        SystemExit: It failed; it has said why.
    """
    if code := tracknet([str(word) for word in words]):
        raise SystemExit(code)


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("output", type=Path, help="folder to write")
    parser.add_argument("--work", type=Path, default=Path("build/base"), help="clips and runs; kept")
    parser.add_argument("--seed", type=int, default=1000, help="seed of venues, weights and order")
    parser.add_argument("--games", type=int, default=60, help="venues of each sport")
    parser.add_argument("--frames", type=int, default=8, help="frames rendered of each venue")
    parser.add_argument("--epochs", type=int, nargs=2, default=(4, 2), help="of the two runs")
    chosen = parser.parse_args()
    recipe = Recipe(
        seed=chosen.seed,
        games=chosen.games,
        frames=chosen.frames,
        epochs=(chosen.epochs[0], chosen.epochs[1]),
    )
    pretrain(chosen.output, chosen.work, recipe)


if __name__ == "__main__":
    main()
