"""The best main photo of each product, with reasons; see `rank` and `rank_products`."""

from packshot.catalog.rank.candidate import Candidate, Copy
from packshot.catalog.rank.order import rank
from packshot.catalog.rank.products import Product, products
from packshot.catalog.rank.ranker import ProductRanker, RankSettings, rank_products
from packshot.catalog.rank.screening import Screening

__all__ = [
    "Candidate",
    "Copy",
    "Product",
    "ProductRanker",
    "RankSettings",
    "Screening",
    "products",
    "rank",
    "rank_products",
]
