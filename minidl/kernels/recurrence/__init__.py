"""The loops over time of the recurrent layers, forward and backward below each other. Time is the first axis.

All loops have the same outline. `z` starts as the inputs' part of every step, `x @ kernel + bias`, one matrix product made
before the loop; each step adds the product with the state before it. Results are written into arrays allocated once
(`out=`), because allocating at every step takes a tenth to a fifth longer for small layers. The backward loop leaves the
gradients of all steps in one array, so each weight's gradient is one product after the loop.

Arguments that all loops share:
    mask: booleans (time, batch, 1), False where a step is masked: it leaves the states as they are; or `None`.
    dropout: dropout mask of the state where the recurrent kernel reads it, (batch, units), one for all steps; or `None`.
"""
