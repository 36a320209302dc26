"""How well single measurements, masks and detectors do."""
