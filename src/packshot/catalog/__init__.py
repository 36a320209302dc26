"""Operations on many photos: audits of feeds, the best photo of each product, clean training sets."""
