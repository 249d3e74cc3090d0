"""Train one network in several processes: mpiexec -n 4 python distributed_digits.py

You see the one line that distributes the training, set_distribution(DataParallel()): each process,
called a rank, takes its part of every batch, and all ranks keep the same weights. Without mpiexec
the script trains alone, with the same losses and test accuracy. It needs mpi4py and MPI:
pip install mpi4py mpich
"""

import time

from _common import make_parser, read_options

from minidl import Sequential
from minidl.datasets import digits
from minidl.distribution import DataParallel, distribution, set_distribution
from minidl.layers import BatchNormalization, Dense, Flatten

EPOCHS, QUICK_EPOCHS = 30, 3


def main() -> None:
    options = read_options(make_parser(__doc__, EPOCHS))

    # The only line of a script that must be added, before the model is made.
    set_distribution(DataParallel())

    # Every rank reads all data; fit gives each its part of every batch of 64 images.
    (images, y_train), (images_test, y_test) = digits.load_data()
    x_train, x_test = images / 16, images_test / 16

    # synchronized=True: mean and variance are those of all 64 images, and not of a rank's part.
    model = Sequential(
        [Flatten(), Dense(128, "relu"), BatchNormalization(synchronized=True), Dense(64, "relu"), Dense(10, "softmax")]
    )
    start = time.perf_counter()
    history = model.fit(x_train, y_train, 64, epochs=options.epochs or (QUICK_EPOCHS if options.quick else EPOCHS))
    seconds = time.perf_counter() - start
    _, accuracy = model.evaluate(x_test, y_test, verbose=0)

    # All ranks have the same numbers; only one should print them. minidl itself prints and saves on rank 0 alone.
    ranks = distribution()
    if ranks is not None and ranks.rank == 0:
        print(f"\n{ranks.size} rank{'s' if ranks.size > 1 else ''} trained in {seconds:.1f} s")
        print(f"Loss of the last epoch: {history.history['loss'][-1]:.4f}")
        print(f"Test accuracy: {accuracy:.2%}")
        if options.plot:
            figure = history.plot()
            figure.savefig(options.plot)


if __name__ == "__main__":
    main()
