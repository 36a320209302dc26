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
from packshot.train.datasets.cutouts import cutouts
from packshot.train.datasets.damaged import Original, read_manifest
from packshot.train.datasets.masks import MaskBatch, MaskExamples, empty, lifted, sure
from packshot.train.datasets.taught import Taught, is_held_out, taught
from packshot.train.learner import Learner, Pace, Report, tuned
from packshot.train.networks.efficientnet_lite import folded, freeze, load_pretrained
from packshot.train.networks.mask import MaskNetwork
from packshot.train.recipes.mask_model import write_mask

CHECKPOINT = "mask.pt"
TAUGHT_FOLDER = "taught"


@dataclass(frozen=True)
class MaskRecipe:
    """Everything that decides the outcome of a run.

    Attributes:
        steps: Batches.
        batch: Photos in each.
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
    """

    steps: int = 2000
    batch: int = 12
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
    """What a run learns from.

    Attributes:
        checkpoint: EfficientNet-Lite0 state dictionary.
        teacher: U2-Net (small), an ONNX file.
        products: Manifest of product originals.
        sources: Products of these sources are cut out; the manifest names them.
        homes: Of these sources the photos have real backgrounds: the teacher masks them.
        objects: More photos of single things, for the teacher.
        scenes: Photos that serve as backgrounds.
    """

    checkpoint: Path
    teacher: Path
    products: Path
    sources: tuple[str, ...]
    homes: tuple[str, ...]
    objects: tuple[Path, ...]
    scenes: tuple[Path, ...]

    def originals(self, sources: Sequence[str], split: str) -> list[Original]:
        """Rows of the manifest.

        Raises:
            SourceError: The manifest cannot be read.
        """
        return [one for one in read_manifest(self.products, split) if one.source in sources]

    def composer(
        self, split: str, folder: Path, side: int, report: Report
    ) -> tuple[Composer, list[Taught]]:
        """The composer of a split, and the photos of products that the teacher is sure of.

        Raises:
            SourceError: Nothing to compose.
        """
        held = split == "val"
        homes = [one.path for one in self.originals(self.homes, split)]
        objects = [path for path in self.objects if is_held_out(path.name) == held]
        photos = [path for path in self.scenes if is_held_out(path.name) == held]
        subjects = sure(taught([*homes, *objects], self.teacher, folder, report))
        scenes = taught([*homes, *photos], self.teacher, folder, report)
        products = cutouts(self.originals(self.sources, split))
        if not products or not scenes:
            raise SourceError(f"{self.products} and the scenes give nothing to compose for {split}")
        report(f"{split}: {len(products)} cut-outs, {len(subjects)} subjects, {len(scenes)} scenes")
        return Composer([*products, *(lifted(one) for one in subjects)], scenes, side), subjects


def mask_loss(logits: Tensor, presence: Tensor, batch: MaskBatch, recipe: MaskRecipe) -> Tensor:
    """Cross-entropy of pixels, 1 - soft overlap where there is a product, cross-entropy of presence.

    Args:
        logits: (B, H, W).
        presence: (B,).
        batch: What is true.
        recipe: The weights.
    """
    pixels = F.binary_cross_entropy_with_logits(logits, batch.mask)
    likely = torch.sigmoid(logits)
    both = (likely * batch.mask).sum((1, 2))
    either = (likely + batch.mask - likely * batch.mask).sum((1, 2))
    missed = (1 - both / either.clamp_min(1)) * batch.present
    overlap = missed.sum() / batch.present.sum().clamp_min(1)
    there = F.binary_cross_entropy_with_logits(presence, batch.present)
    return pixels + recipe.overlap_weight * overlap + recipe.presence_weight * there


def begin(network: MaskNetwork, recipe: MaskRecipe) -> Learner[MaskNetwork]:
    """The network ready to learn: two groups of parameters, the encoder's slower."""
    freeze(network.trunk, recipe.frozen_blocks)
    pace = Pace(recipe.steps, (recipe.trunk_rate, recipe.decoder_rate), recipe.average)
    return Learner.begin(network, tuned(network.trunk, network.decoder.parameters()), pace)


def train_mask(
    inputs: MaskInputs, recipe: MaskRecipe, work: Path, workers: int, report: Report
) -> MaskNetwork:
    """Train; goes on from the folder's checkpoint if there is one.

    Args:
        inputs: What to learn from.
        recipe: How.
        work: Folder of the checkpoint and of the teacher's answers.
        workers: Processes that make batches.
        report: Told about progress.

    Returns:
        Running averages of the weights, in evaluation mode.

    Raises:
        SourceError: Nothing to learn from.
    """
    torch.manual_seed(recipe.seed)
    composer, subjects = inputs.composer("train", work / TAUGHT_FOLDER, recipe.side, report)
    nothing = empty(composer.scenes)
    examples = MaskExamples(composer, subjects, nothing, recipe.batch, recipe.seed)
    learner = begin(MaskNetwork(folded(load_pretrained(str(inputs.checkpoint)))), recipe)

    def loss(network: MaskNetwork, batch: MaskBatch) -> Tensor:
        if learner.step >= recipe.trunk_steps:
            network.trunk.requires_grad_(False)
        logits, presence = network(batch.pixels)
        return mask_loss(logits, presence, batch, recipe)

    return learner.run(examples, loss, work / CHECKPOINT, workers, report)


def make_mask(
    inputs: MaskInputs,
    recipe: MaskRecipe,
    places: tuple[Path, Path],
    processors: tuple[int, int],
    report: Report,
) -> None:
    """Train, export, quantise and calibrate.

    Args:
        inputs: What to learn from.
        recipe: How.
        places: Working folder, and the model to write.
        processors: Threads of this process, and processes that make batches.
        report: Told about progress.

    Raises:
        SourceError: Nothing to learn from.
    """
    work, output = places
    torch.set_num_threads(processors[0])
    network = train_mask(inputs, recipe, work, processors[1], report)
    composer, _ = inputs.composer("val", work / TAUGHT_FOLDER, VIEW_SIDE, report)
    report(f"{output}: {write_mask(network, composer, empty(composer.scenes), output)}")
