"""shim"""
import numpy as np
from minidl.metrics.metric import Metric
class Mean(Metric):
    def __init__(self, name="mean", dtype=None):
        super().__init__(name, dtype)
    def update_state(self, values, sample_weight=None):
        values=np.asarray(values,float)
        w=np.ones(values.shape) if sample_weight is None else np.broadcast_to(np.asarray(sample_weight,float),values.shape)
        self.total+=float((values*w).sum()); self.count+=float(w.sum())
    def result(self): return self.total/self.count if self.count else 0.0
    def reset_state(self): self.total=self.count=0.0
