"""The loops over time of recurrent layers, forward and backward side by side; time is the first axis.

Each has the same outline. `z` holds the inputs' part of all steps, one matrix product made before the loop; a step adds the
product of the state before it, and what it writes, it writes into arrays that are made once. Backward leaves the gradients of
all steps side by side, so that each weight's gradient is one product after the loop.
"""
