"""check.py - the rows: what is asked, and what counts as an answer.

A row is a function row_P01(s) with a line that says what it asks for; S is
a server.Server.  It returns when the server did well, raises one of FAILURES
when not, or NotApplicable.
"""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                os.pardir, "system"))

import fcgi  # noqa: E402


class Answer(fcgi.Answer):
    """Some servers leave out the empty records that end the streams, or
    send what happens to be in memory for reserved bytes.  These have rows
    of their own and shall not fail all others."""

    def _end(self, content):
        content = content[:5] + bytes(len(content[5:]))
        self.unclosed = bool(self.stdout) and not self.stdout_closed
        closed, self.stdout_closed = self.stdout_closed, True
        errors, self.stderr_closed = self.stderr_closed, True
        try:
            super()._end(content)
        finally:
            self.stdout_closed, self.stderr_closed = closed, errors


fcgi.Answer = Answer


class NotApplicable(Exception):
    pass


class Failed(Exception):
    pass


# The client raises TimeoutError, ProtocolError (an AssertionError), OSError.
FAILURES = (Failed, fcgi.Closed, AssertionError, OSError)


def want(condition, text, *args):
    if not condition:
        raise Failed(text % args)


def tell(error):
    """One short line of what went wrong."""
    text = str(error).splitlines()[0] if str(error) else ""
    if isinstance(error, (TimeoutError, BrokenPipeError,
                          ConnectionResetError)):
        text = {TimeoutError: "no answer in time"}.get(
            type(error), "the connection was lost")
    return (text or type(error).__name__)[:100]


class Row:
    def __init__(self, function):
        self.number = function.__name__.split("_")[1]
        self.what = function.__doc__.splitlines()[0].rstrip(".")
        self.ask = function


def rows():
    import rows_life
    import rows_programs
    import rows_records
    import rows_requests
    found = []
    for module in (rows_records, rows_requests, rows_life, rows_programs):
        found += [Row(f) for name, f in sorted(vars(module).items())
                  if name.startswith("row_")]
    order = "PKCX"
    return sorted(found, key=lambda r: (order.index(r.number[0]), r.number))


def complete(answer, body=None):
    """A whole answer, with this body."""
    want(answer.complete, "no complete answer: %r", answer)
    if body is not None:
        want(answer.body == body, "%r instead of %r", answer.body[:60],
             body[:60])
    return answer


def status(answer, *wanted):
    want(answer.complete, "no complete answer: %r", answer)
    want(answer.status in wanted, "status %s", answer.status)
    return answer
