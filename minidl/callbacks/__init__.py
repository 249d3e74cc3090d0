"""shim"""
from minidl.callbacks.callback import Callback, CallbackList
class History(Callback):
    def __init__(self): self.history={}
    def on_epoch_end(self,e,logs=None):
        for k,v in logs.items(): self.history.setdefault(k,[]).append(v)
class ProgressBar(Callback):
    def __init__(self,m): pass
def choose_mode(v): return None
