"""Numbers about one photo, and about a photo and its original."""

from packshot.measure.photo import PhotoMeasurements, measure_photo

__all__ = ["PhotoMeasurements", "measure_photo"]
