from .formats import FORMATS as FORMATS
from .inputs import PhotoSource as PhotoSource
from .inputs import label_of as label_of
from .inputs import read_bytes as read_bytes
from .limits import Limits as Limits
from .photo import Photo as Photo
from .pixels import check_pixels as check_pixels
