"""Every row has a test, or ROWS.md says why not."""

import glob
import os
import re

HERE = os.path.dirname(os.path.abspath(__file__))
COUNTS = {"P": 37, "K": 19, "C": 34, "M": 18, "R": 16, "H": 9, "X": 17}
NUMBER = re.compile(r"[PKCMRHX]\d\d(?=_)")
NAME = re.compile(r"^def test_((?:[A-Z]\d\d_)+)", re.MULTILINE)
LISTED = re.compile(r"^\| ([A-Z]\d\d) \| *\S", re.MULTILINE)


def read(path):
    with open(path, encoding="utf-8") as f:
        return f.read()


def in_names():
    found = set()
    for path in glob.glob(os.path.join(HERE, "test_*.py")):
        for name in NAME.findall(read(path)):
            found.update(NUMBER.findall(name))
    return found


def listed():
    return LISTED.findall(read(os.path.join(HERE, "ROWS.md")))


def every_row():
    return {"%s%02d" % (group, n) for group, count in COUNTS.items()
            for n in range(1, count + 1)}


def test_every_row_is_tested_or_listed():
    assert not every_row() - in_names() - set(listed())


def test_what_is_listed_is_a_row_and_stands_once_in_order():
    rows = listed()
    assert set(rows) <= every_row()
    assert rows == sorted(set(rows), key=lambda r: ("PKCMRHX".index(r[0]), r))


def test_names_have_rows_that_exist():
    assert in_names() <= every_row()
