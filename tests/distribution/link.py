"""Two network namespaces and a link between them of a given rate and delay, as if ranks ran on two machines. Linux, as root:

    python -m tests.distribution.link --ranks 2 --rate 1e9 --delay 1e-3 -m tests.distribution.measure

Half of the ranks run in each namespace. MPICH's shared memory is switched off, so ranks of one namespace talk over TCP too. The
link consists of two TUN devices and a process for each direction, which holds each packet for as long as a cable of that rate
and length would.
"""

import argparse
import collections
import fcntl
import os
import select
import struct
import subprocess
import sys
import time
from multiprocessing import Process

SET_INTERFACE, TUN, NO_HEADER = 0x400454CA, 0x1, 0x1000  # of <linux/if_tun.h>
LARGEST = 60_000  # bytes of a packet: few and large, so that Python keeps up with the rate
SIDES = ("minidl-a", "minidl-b")


def make_end(side: str, address: str) -> int:
    """A namespace with one device, whose packets come from and go to the returned file."""
    file = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(file, SET_INTERFACE, struct.pack("16sH22x", side.encode(), TUN | NO_HEADER))
    for command in (
        f"ip netns add {side}",
        f"ip link set {side} netns {side}",
        f"ip -n {side} addr add {address}/24 dev {side}",
        f"ip -n {side} link set {side} mtu {LARGEST} up",
        f"ip -n {side} link set lo up",
    ):
        subprocess.run(command.split(), check=True)
    return file


def carry(source: int, target: int, rate: float, delay: float) -> None:
    """Pass packets on, one after another at `rate` bits a second, each `delay` seconds after its last bit."""
    on_the_way: collections.deque[tuple[float, bytes]] = collections.deque()
    free = 0.0  # when the last bit of all packets so far has been sent
    while True:
        now = time.perf_counter()
        while on_the_way and on_the_way[0][0] <= now:
            os.write(target, on_the_way.popleft()[1])
        wait = max(0.0, on_the_way[0][0] - time.perf_counter()) if on_the_way else None
        if select.select([source], [], [], wait)[0]:
            packet = os.read(source, LARGEST + 100)
            free = max(free, time.perf_counter()) + 8 * len(packet) / rate
            on_the_way.append((free + delay, packet))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ranks", type=int, default=2)
    parser.add_argument("--rate", type=float, default=1e9, help="bits a second, 1e9 by default")
    parser.add_argument("--delay", type=float, default=1e-3, help="seconds in one direction, 0.001 by default")
    parser.add_argument("-m", dest="module", required=True, help="the module that every rank runs")
    chosen = parser.parse_args()
    ends: list[int] = []
    carriers: list[Process] = []
    try:
        ends += [make_end(side, f"10.77.0.{number}") for number, side in enumerate(SIDES, start=1)]
        for source, target in (ends, reversed(ends)):
            carriers.append(Process(target=carry, args=(source, target, chosen.rate, chosen.delay), daemon=True))
            carriers[-1].start()
        groups: list[str] = []
        for side, count in zip(SIDES, (chosen.ranks - chosen.ranks // 2, chosen.ranks // 2), strict=True):
            if count:
                run = [
                    "ip",
                    "netns",
                    "exec",
                    side,
                    "env",
                    f"UCX_NET_DEVICES={side}",
                    f"FI_TCP_IFACE={side}",
                    sys.executable,
                    "-m",
                    chosen.module,
                ]
                groups += [*([":"] if groups else []), "-n", str(count), *run]
        over_tcp = {"MPIR_CVAR_NOLOCAL": "1", "UCX_TLS": "tcp", "FI_PROVIDER": "tcp"}
        return subprocess.run(["mpiexec", *groups], check=False, env=os.environ | over_tcp).returncode
    finally:
        for carrier in carriers:
            carrier.terminate()
        for side in SIDES:
            subprocess.run(["ip", "netns", "delete", side], check=False, stderr=subprocess.DEVNULL)
        for end in ends:
            os.close(end)


if __name__ == "__main__":
    sys.exit(main())
