"""flows.py - the four conversations of the specification's appendix B."""

import json
import os
import struct

import fcgi

PATH = os.path.join(os.path.dirname(os.path.abspath(__file__)), os.pardir,
                    "flows.json")


def load():
    with open(PATH, encoding="utf-8") as f:
        return json.load(f)


def content(record):
    """The bytes of one record's body."""
    if record["type"] == "BEGIN_REQUEST":
        flags = fcgi.KEEP_CONN if "KEEP_CONN" in record["flags"] else 0
        return struct.pack("!HB5x", getattr(fcgi, record["role"]), flags)
    if record["type"] == "END_REQUEST":
        return struct.pack("!IB3x", record["appStatus"],
                           getattr(fcgi, record["protocolStatus"]))
    return record["content"].encode("latin-1")


def encode(record, padding=0):
    return fcgi.encode(getattr(fcgi, record["type"]), record["id"],
                       content(record), padding)


def side(flow, to, padding=0):
    """All bytes of one direction, "app" or "server"."""
    return b"".join(encode(r, padding) for r in flow["records"]
                    if r["to"] == to)
