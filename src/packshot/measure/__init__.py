"""Numbers about one photo, and about a pair.

Three separate steps: a raw property with its unit (`photo.measure_photo`), its score 0..100 (the
table in `scores`), and the limit from which it is a finding (the table in `limits`).
"""

from packshot.measure import limits
from packshot.measure.photo import PhotoMeasurements, measure_photo
from packshot.measure.product import ProductRegion

__all__ = ["PhotoMeasurements", "ProductRegion", "limits", "measure_photo"]
