"""The programs are run by `test_programs.py`, and are not modules of tests."""

collect_ignore_glob = ["*/*.py"]
