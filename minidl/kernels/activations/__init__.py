"""The activation functions and their derivatives: from `x` to `y`, and from `dy` to `dx`.

Every `name_backward(dy, x, y)` takes the input and output of `name(x)`, with the same options. Arrays keep their dtype and are
never written to; only `linear` returns its input itself. A mask is multiplied instead of selected by `np.where`, which was
measured to be ten times slower on random signs.
"""
