"""shim"""
import numpy as np
from minidl.metrics.mean import Mean
class Acc(Mean):
    def update_state(self, y, p, sample_weight=None):
        super().update_state(np.argmax(p,-1)==np.asarray(y).reshape(p.shape[:-1]) if np.ndim(y)<p.ndim or np.shape(y)[-1]==1 else np.argmax(p,-1)==np.argmax(y,-1), sample_weight)
def resolve_accuracy(name,a,b): return Acc(name)
def get(x):
    if isinstance(x,str): raise ValueError("unknown metric: did you mean")
    return x
