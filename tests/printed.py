"""`printed_lines`: what a training has printed, without the report that the first one to need a kernel has compiled it."""


def printed_lines(capsys):
    return [line for line in capsys.readouterr().out.splitlines() if not line.startswith("compiled ")]
