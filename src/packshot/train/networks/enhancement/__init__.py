"""The enhancement network (Laplacian operator and wavelet transform), its discriminator, its rivals."""
