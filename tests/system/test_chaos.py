"""Everything at once, briefly; make soak-chaos does it for longer."""

import os
import sys

import pytest

import files

sys.path.insert(0, os.path.join(files.TOP, "tests", "soak"))

import chaos  # noqa: E402

SECONDS = 8


@pytest.mark.seconds(150)
@pytest.mark.parametrize("seed", [12])
def test_whatever_happens_nothing_is_lost_or_left(build_tree, run_files,
                                                  no_orphans, seed):
    c = chaos.Chaos(build_tree, run_files, seed)
    try:
        c.run(SECONDS)
        assert not c.failures, "\n".join(c.failures + c.conf.pool.log(
            ).splitlines()[-100:])
        assert c.answered > 100
        assert sum(c.counts.values()) > 10
    finally:
        c.remove()
