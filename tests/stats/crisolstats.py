"""libcrisolstats through ctypes: the structures of src/stats and a few conveniences."""

import ctypes as c
import os
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
LIBRARY = Path(
    os.environ.get("CRISOL_STATS_LIB", ROOT / "build" / "src" / "stats" / "libcrisolstats.so")
)


class Value(c.Structure):
    _fields_ = [("value", c.c_double), ("reason", c.c_int)]


class Test(c.Structure):
    __test__ = False
    _fields_ = [
        ("statistic", c.c_double),
        ("p", c.c_double),
        ("df", c.c_double),
        ("reason", c.c_int),
    ]


class Interval(c.Structure):
    _fields_ = [("low", c.c_double), ("high", c.c_double), ("reason", c.c_int)]


class Tally(c.Structure):
    _fields_ = [("rows", c.c_uint64), ("weight", c.c_double), ("weight_low", c.c_double)]


class Dd(c.Structure):
    _fields_ = [("high", c.c_double), ("low", c.c_double)]


class Moments(c.Structure):
    _fields_ = [
        ("rows", c.c_uint64),
        ("sum", Dd),
        ("square", Dd),
        ("min", c.c_double),
        ("max", c.c_double),
        ("extremes_loose", c.c_bool),
    ]


class Scores(c.Structure):
    _fields_ = [("precision", Value), ("recall", Value), ("f1", Value)]


class ClassOf(c.Structure):
    _fields_ = [("truth", Tally), ("predicted", Tally), ("hit", Tally), ("scores", Scores)]


class Report(c.Structure):
    _fields_ = [
        ("class_count", c.c_uint32),
        ("classes", c.POINTER(ClassOf)),
        ("all", Tally),
        ("hit", Tally),
        ("classes_occurring", c.c_uint32),
        ("accuracy", Value),
        ("mcc", Value),
        ("kappa", Value),
        ("macro", Scores),
        ("weighted", Scores),
    ]


class Confusion(c.Structure):
    _fields_ = [
        ("class_count", c.c_uint32),
        ("dense", c.c_void_p),
        ("slots", c.c_void_p),
        ("slot_count", c.c_size_t),
        ("slots_used", c.c_size_t),
    ]


class Proper(c.Structure):
    _fields_ = [("rows", c.c_uint64), ("weight", Dd), ("log_loss", Dd), ("brier", Dd)]


class Regression(c.Structure):
    _fields_ = [("rows", c.c_uint64), ("rows_wrong", c.c_uint64), ("sums", Dd * 10)]


class Ranking(c.Structure):
    _fields_ = [
        ("steps", c.c_void_p),
        ("count", c.c_size_t),
        ("positive", c.c_double),
        ("negative", c.c_double),
        ("rows", c.c_uint64),
    ]


class AucReport(c.Structure):
    _fields_ = [("per_class", c.POINTER(Value)), ("macro", Value), ("weighted", Value)]


class CurvePoint(c.Structure):
    _fields_ = [("x", c.c_double), ("y", c.c_double), ("threshold", c.c_double)]


class Curve(c.Structure):
    _fields_ = [("points", c.POINTER(CurvePoint)), ("room", c.c_size_t), ("count", c.c_size_t)]


class CurveBin(c.Structure):
    _fields_ = [("predicted", c.c_double), ("observed", c.c_double), ("weight", c.c_double)]


class Scorehist(c.Structure):
    _fields_ = [("bin_count", c.c_uint32), ("tallies", c.c_void_p)]


class ScorehistAuc(c.Structure):
    _fields_ = [("auc", Value), ("error_max", c.c_double)]


def load():
    """The library, or None where it has not been built."""
    return c.CDLL(str(LIBRARY)) if LIBRARY.exists() else None


lib = load()


def call(name, restype, *args):
    """Calls a function; floats, ints, bools and ctypes values pass as they are in C."""
    f = getattr(lib, name)
    f.restype = restype
    return f(*[c.c_double(a) if isinstance(a, (float, np.floating)) else a for a in args])


def doubles(values):
    """A C array of doubles, or NULL; the array must be kept while C uses it."""
    if values is None:
        return None
    array = np.ascontiguousarray(values, dtype=np.float64)
    return Kept(array, c.POINTER(c.c_double))


def bytes_of(values):
    return Kept(np.ascontiguousarray(values, dtype=np.uint8), c.POINTER(c.c_uint8))


def u32(values):
    return Kept(np.ascontiguousarray(values, dtype=np.uint32), c.POINTER(c.c_uint32))


def u64(values):
    return Kept(np.ascontiguousarray(values, dtype=np.uint64), c.POINTER(c.c_uint64))


class Kept:
    """A NumPy array that ctypes passes as a pointer and that lives as long as this object."""

    def __init__(self, array, pointer):
        self.array = array
        self._as_parameter_ = array.ctypes.data_as(pointer)


def reason(value):
    """The stable name of a value's reason, "ok" where there is none."""
    code = value if isinstance(value, int) else value.reason
    f = lib.stat_reason_name
    f.restype = c.c_char_p
    return f(code).decode()


def number(value):
    """The figure; fails where there is none."""
    assert value.reason == 0, f"no figure: {reason(value)}"
    return value.value
