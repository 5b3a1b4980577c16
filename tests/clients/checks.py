"""What both scripts share: the situation from the test, and a list of checks with a line each.

In: the environment variable LINNBOOKS_SITUATION, a JSON object. Out: "ok NAME" or "FAILED NAME: why" per check, and an exit status.
"""
import json
import os
import sys
import traceback


def situation():
    """What the test says about the running simulator."""
    return json.loads(os.environ["LINNBOOKS_SITUATION"])


class Checks:
    """Functions to be run in the order they were declared; one that fails does not stop the next."""

    def __init__(self):
        self.functions = []

    def __call__(self, function):
        self.functions.append(function)
        return function

    def run(self):
        """Runs all; ends the process with 1 when one failed."""
        failed = 0
        for function in self.functions:
            name = function.__doc__.strip().rstrip(".")
            try:
                function()
                print("ok", name)
            except Exception as problem:  # whatever goes wrong is the finding
                failed += 1
                print("FAILED %s: %s: %s" % (name, type(problem).__name__, str(problem)[:600]))
                traceback.print_exc(limit=-2)
        print("%d checks, %d failed" % (len(self.functions), failed))
        sys.exit(1 if failed else 0)


def equal(got, want):
    """Got is what was wanted."""
    assert got == want, "got %r, want %r" % (got, want)


def raises(error, call, **members):
    """The call raises this error, with these members; gives the error."""
    try:
        answer = call()
    except error as problem:
        for name, want in members.items():
            equal(getattr(problem, name), want)
        return problem
    raise AssertionError("no %s; the answer was %r" % (error.__name__, answer))
