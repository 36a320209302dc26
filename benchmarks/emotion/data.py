"""Where the benchmarks of the emotion network find photos, weights and kept features."""

from __future__ import annotations

import argparse
from pathlib import Path

import torch

from packshot.train.recipes.emotion import EmotionData, EmotionSettings, prepare_emotion_data
from packshot.train.recipes.emotion_features import ViewPlan


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options that all of them share."""
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--work", type=Path, default=Path("build/emotion"), help="of `train emotion`")
    parser.add_argument("--checkpoint", type=Path, help="of EfficientNet-Lite2")
    parser.add_argument("--views", type=int, default=6, help="of each photo in training")
    parser.add_argument("--seeds", type=int, default=3)


def prepare_from_arguments(
    arguments: argparse.Namespace, name: str = "lite2", side: int = 288, views: int | None = None
) -> EmotionData:
    """Photos and features of a backbone; kept under ``work``."""
    torch.set_num_threads(1)
    oasis, checkpoint = arguments.data / "oasis", arguments.checkpoint
    plan = ViewPlan(side, views or arguments.views)
    settings = EmotionSettings(
        oasis / "ratings.csv", oasis / "images", checkpoint, arguments.work, name, plan, arguments.seeds
    )
    return prepare_emotion_data(settings, lambda line: None)
