"""The best main photo of each product, with reasons; see `rank_candidates` and `rank_products`."""

from packshot.catalog.rank.candidate import CopyPair, RankCandidate
from packshot.catalog.rank.order import rank_candidates
from packshot.catalog.rank.products import Product, group_products
from packshot.catalog.rank.ranker import ProductRanker, RankSettings, rank_products
from packshot.catalog.rank.screening import ScreeningSettings

__all__ = [
    "CopyPair",
    "Product",
    "ProductRanker",
    "RankCandidate",
    "RankSettings",
    "ScreeningSettings",
    "group_products",
    "rank_candidates",
    "rank_products",
]
