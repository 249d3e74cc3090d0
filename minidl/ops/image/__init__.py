"""Operations on images (batch, height, width, channels), or a single one without the batch; channels may also come first."""

from minidl.ops.image import color, filters, framing, sampling
from minidl.ops.image.color import *
from minidl.ops.image.filters import *
from minidl.ops.image.framing import *
from minidl.ops.image.sampling import *

__all__: list[str] = []
__all__ += color.__all__
__all__ += filters.__all__
__all__ += framing.__all__
__all__ += sampling.__all__
