"""Recipe 6: the mask network, on composites with exact masks and on real photos with a teacher's.

The encoder starts from ImageNet; its first blocks and all of its normalisation stay as they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812 - torch's own idiom

from packshot.encode.mask import VIEW_SIDE
from packshot.errors import SourceError
from packshot.train.datasets.composites import Composer
from packshot.train.datasets.cutouts import extract_cutouts
from packshot.train.datasets.damaged import Original, read_manifest
from packshot.train.datasets.masks import (
    MaskBatch,
    MaskDataset,
    extract_subject,
    select_confident,
    select_empty,
)
from packshot.train.datasets.teacher_masks import TeacherMask, is_held_out, load_teacher_masks
from packshot.train.learner import Learner, Schedule, make_parameter_groups
from packshot.train.networks.efficientnet_lite import (
    fold_normalisation,
    freeze_blocks,
    load_imagenet_weights,
)
from packshot.train.networks.mask import MaskNetwork
from packshot.train.progress import Progress
from packshot.train.recipes.mask_model import write_mask_model

CHECKPOINT_FILE = "mask.pt"
TEACHER_FOLDER = "taught"


@dataclass(frozen=True)
class MaskRecipe:
    """Everything that decides the outcome of a run; values are chosen by hand.

    Attributes:
        steps: Batches.
        batch_size: Photos in each.
        side: Of the photos in training, pixels. It is used on larger ones, `VIEW_SIDE`, and better
            there: Touvron et al., "Fixing the train-test resolution discrepancy", NeurIPS 2019.
        trunk_rate: Largest learning rate of the encoder.
        decoder_rate: Largest learning rate of the decoder.
        trunk_steps: Steps in which the encoder learns too; from then on the decoder alone.
        frozen_blocks: Blocks of the encoder, from the input on, that stay as they are; the stem too.
        overlap_weight: Of 1 - soft intersection over union, beside the cross-entropy of pixels.
        presence_weight: Of the cross-entropy of presence.
        average: Decay of the running average of the weights, which is what comes out.
        seed: Of weights and batches.

    Example:
        >>> MaskRecipe().side, MaskRecipe(steps=100).steps
        (192, 100)
    """

    steps: int = 2000
    batch_size: int = 12
    side: int = 192
    trunk_rate: float = 2e-4
    decoder_rate: float = 2e-3
    trunk_steps: int = 1700
    frozen_blocks: int = 3
    overlap_weight: float = 1.0
    presence_weight: float = 0.1
    average: float = 0.99
    seed: int = 0


@dataclass(frozen=True)
class MaskInputs:
    r"""Data that a run learns from.

    Attributes:
        checkpoint: EfficientNet-Lite0 state dictionary.
        teacher: U2-Net (small), an ONNX file.
        products: Manifest of product originals.
        sources: Products of these sources are cut out; the manifest names them.
        home_sources: Of these sources the photos have real backgrounds: the teacher masks them.
        objects: More photos of single things, for the teacher.
        scenes: Photos that serve as backgrounds.

    Example:
        >>> rows = "mug.jpg,kitchen,1,train,shop\nbowl.jpg,kitchen,2,train,home\n"
        >>> _ = Path("products.csv").write_text("file,type,group,split,source\n" + rows)
        >>> paths = (Path("lite0.pth"), Path("u2netp.onnx"), Path("products.csv"))
        >>> inputs = MaskInputs(*paths, sources=("shop",), home_sources=("home",), objects=(), scenes=())
        >>> [one.path.name for one in inputs.read_originals(inputs.sources, "train")]
        ['mug.jpg']
    """

    checkpoint: Path
    teacher: Path
    products: Path
    sources: tuple[str, ...]
    home_sources: tuple[str, ...]
    objects: tuple[Path, ...]
    scenes: tuple[Path, ...]

    def read_originals(self, sources: Sequence[str], split: str) -> list[Original]:
        """Read rows of the manifest.

        Raises:
            SourceError: The manifest cannot be read.
        """
        return [one for one in read_manifest(self.products, split) if one.source in sources]

    def make_composer(
        self, split: str, folder: Path, side: int, progress: Progress
    ) -> tuple[Composer, list[TeacherMask]]:
        """Make the composer of a split, and photos of products that the teacher is sure of.

        Raises:
            SourceError: Nothing to compose.
        """
        is_validation = split == "val"
        home_photos = [one.path for one in self.read_originals(self.home_sources, split)]
        objects = [path for path in self.objects if is_held_out(path.name) == is_validation]
        photos = [path for path in self.scenes if is_held_out(path.name) == is_validation]
        subjects = select_confident(
            load_teacher_masks([*home_photos, *objects], self.teacher, folder, progress)
        )
        scenes = load_teacher_masks([*home_photos, *photos], self.teacher, folder, progress)
        products = extract_cutouts(self.read_originals(self.sources, split))
        if not products or not scenes:
            raise SourceError(f"{self.products} and the scenes give nothing to compose for {split}")
        progress(f"{split}: {len(products)} cut-outs, {len(subjects)} subjects, {len(scenes)} scenes")
        return Composer([*products, *(extract_subject(one) for one in subjects)], scenes, side), subjects


def mask_loss(logits: Tensor, presence: Tensor, batch: MaskBatch, recipe: MaskRecipe) -> Tensor:
    """Compute cross-entropy of pixels, 1 - soft overlap where there is a product, and that of presence.

    Args:
        logits: (B, H, W).
        presence: (B,).
        batch: What is true.
        recipe: The weights.

    Example:
        >>> mask, present = torch.tensor([[[1.0, 0.0], [1.0, 0.0]]]), torch.ones(1)
        >>> batch = MaskBatch(torch.zeros(1, 4, 4, 3, dtype=torch.uint8), mask, present)
        >>> logits, recipe = 20 * mask - 10, MaskRecipe()
        >>> losses = [mask_loss(sign * logits, 10 * present, batch, recipe) for sign in (1, -1)]
        >>> [round(loss.item(), 3) for loss in losses]
        [0.0, 11.0]
    """
    pixel_loss = F.binary_cross_entropy_with_logits(logits, batch.mask)
    probabilities = torch.sigmoid(logits)
    intersection = (probabilities * batch.mask).sum((1, 2))
    union = (probabilities + batch.mask - probabilities * batch.mask).sum((1, 2))
    overlap_losses = (1 - intersection / union.clamp_min(1)) * batch.present
    overlap = overlap_losses.sum() / batch.present.sum().clamp_min(1)
    presence_loss = F.binary_cross_entropy_with_logits(presence, batch.present)
    return pixel_loss + recipe.overlap_weight * overlap + recipe.presence_weight * presence_loss


def make_learner(network: MaskNetwork, recipe: MaskRecipe) -> Learner[MaskNetwork]:
    """Make the network ready to learn: two groups of parameters, the encoder's slower.

    Example:
        >>> from packshot.train.networks.efficientnet_lite import EfficientNetLite
        >>> learner = make_learner(MaskNetwork(EfficientNetLite()), MaskRecipe())
        >>> learner.step, learner.schedule.rates
        (0, (0.0002, 0.002))
    """
    freeze_blocks(network.trunk, recipe.frozen_blocks)
    pace = Schedule(recipe.steps, (recipe.trunk_rate, recipe.decoder_rate), recipe.average)
    return Learner.from_network(
        network, make_parameter_groups(network.trunk, network.decoder.parameters()), pace
    )


def train_mask(
    inputs: MaskInputs, recipe: MaskRecipe, work: Path, workers: int, progress: Progress
) -> MaskNetwork:
    """Train; goes on from the folder's checkpoint if there is one.

    Args:
        inputs: What to learn from.
        recipe: How.
        work: Folder of the checkpoint and of the teacher's answers.
        workers: Processes that make batches.
        progress: Told about progress.

    Returns:
        Running averages of the weights, in evaluation mode.

    Raises:
        SourceError: Nothing to learn from.
    """
    torch.manual_seed(recipe.seed)
    composer, subjects = inputs.make_composer("train", work / TEACHER_FOLDER, recipe.side, progress)
    empty_photos = select_empty(composer.scenes)
    examples = MaskDataset(composer, subjects, empty_photos, recipe.batch_size, recipe.seed)
    learner = make_learner(
        MaskNetwork(fold_normalisation(load_imagenet_weights(str(inputs.checkpoint)))), recipe
    )

    def loss(network: MaskNetwork, batch: MaskBatch) -> Tensor:
        if learner.step >= recipe.trunk_steps:
            network.trunk.requires_grad_(False)
        logits, presence = network(batch.pixels)
        return mask_loss(logits, presence, batch, recipe)

    return learner.train(examples, loss, work / CHECKPOINT_FILE, workers, progress)


def make_mask_model(
    inputs: MaskInputs,
    recipe: MaskRecipe,
    paths: tuple[Path, Path],
    threads_and_workers: tuple[int, int],
    progress: Progress,
) -> None:
    """Train, export, quantise and calibrate.

    Args:
        inputs: What to learn from.
        recipe: How.
        paths: Working folder, and the model to write.
        threads_and_workers: Threads of this process, and processes that make batches.
        progress: Told about progress.

    Raises:
        SourceError: Nothing to learn from.
    """
    work, output = paths
    torch.set_num_threads(threads_and_workers[0])
    network = train_mask(inputs, recipe, work, threads_and_workers[1], progress)
    composer, _ = inputs.make_composer("val", work / TEACHER_FOLDER, VIEW_SIDE, progress)
    progress(f"{output}: {write_mask_model(network, composer, select_empty(composer.scenes), output)}")
