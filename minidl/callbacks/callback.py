"""shim"""
class Callback:
    def __getattr__(self,k):
        if k.startswith("on_"): return lambda *a,**k: None
        raise AttributeError(k)
class CallbackList:
    has_batch_hooks=False
    def __init__(self,cb,model,params):
        self.cb=cb
        for c in cb: c.model=model; c.params=params
    def __getattr__(self,k):
        if k.startswith("on_"):
            def f(*a):
                for c in self.cb: getattr(c,k)(*a)
            return f
        raise AttributeError(k)
