"""Networks, losses, data sets and recipes. The only place that imports torch."""
