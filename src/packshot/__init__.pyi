from .assess.assessor import Assessor as Assessor
from .assess.atlas import Atlas as Atlas
from .emotion.reader import EmotionReader as EmotionReader
from .enhance.enhancer import Enhancer as Enhancer
from .errors import PackshotError as PackshotError
from .errors import UnreadablePhoto as UnreadablePhoto
from .photo import Photo as Photo
from .render.data_frames import to_arrow as to_arrow
from .render.data_frames import to_pandas as to_pandas
from .render.data_frames import to_polars as to_polars
from .report import Assessment as Assessment
from .report import Emotion as Emotion
from .report import Enhancement as Enhancement

__version__: str
