"""files.py - a folder of its own for a run of the tests.

Not pytest's tmp_path: web servers that run as another user must get through,
and a unix socket's path must stay below 108 bytes.
"""

import os
import shutil
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))


class Files:
    def __init__(self):
        self.dir = tempfile.mkdtemp(prefix="cgifpm-")
        os.chmod(self.dir, 0o755)
        self.www = os.path.join(self.dir, "www")
        self.root = os.path.join(self.www, "cgi-bin")
        shutil.copytree(os.path.join(HERE, "programs"), self.root)
        for folder, _, names in os.walk(self.www):
            os.chmod(folder, 0o755)
            for name in names:
                mode = 0o755 if name.endswith(".cgi") else 0o644
                os.chmod(os.path.join(folder, name), mode)

    def program(self, name):
        return os.path.join(self.root, name)

    def remove(self):
        shutil.rmtree(self.dir, ignore_errors=True)


def flood(length):
    """What floodout.cgi sends."""
    fill = bytes(i * 7 % 251 for i in range(65520))
    blocks, n = [], 0
    while length > 0:
        block = (b"%016x" % n + fill)[:length]
        blocks.append(block)
        length -= len(block)
        n += 1
    return b"".join(blocks)
