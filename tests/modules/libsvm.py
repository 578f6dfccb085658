"""LIBSVM itself, by its shared library: what the exported models are held to."""

import csv
import ctypes
import ctypes.util
from pathlib import Path

import numpy as np


class Node(ctypes.Structure):
    _fields_ = (("index", ctypes.c_int), ("value", ctypes.c_double))


_DOUBLES = ctypes.POINTER(ctypes.c_double)
_library = ctypes.CDLL(ctypes.util.find_library("svm") or "libsvm.so.3")
_library.svm_load_model.restype = ctypes.c_void_p
_library.svm_load_model.argtypes = [ctypes.c_char_p]
for _name in ("svm_predict_values", "svm_predict_probability"):
    getattr(_library, _name).restype = ctypes.c_double
    getattr(_library, _name).argtypes = [ctypes.c_void_p, ctypes.POINTER(Node), _DOUBLES]
for _name in ("svm_get_nr_class", "svm_check_probability_model", "svm_get_svm_type"):
    getattr(_library, _name).argtypes = [ctypes.c_void_p]


class Model:
    """libsvm.model and libsvm.scaling.csv of a trained run. The classes are numbered 0, 1, ..."""

    def __init__(self, folder: Path) -> None:
        self.model = _library.svm_load_model(str(folder / "libsvm.model").encode())
        assert self.model, "LIBSVM does not read the file"
        with (folder / "libsvm.scaling.csv").open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        self.features = [row["feature"] for row in rows]
        self.offset = np.array([float(row["offset"]) for row in rows])
        self.scale = np.array([float(row["scale"]) for row in rows])
        self.classification = _library.svm_get_svm_type(self.model) < 2
        self.classes = _library.svm_get_nr_class(self.model)
        self.probability = bool(_library.svm_check_probability_model(self.model))

    def _nodes(self, row: np.ndarray) -> ctypes.Array:
        z = (np.asarray(row, np.float64) - self.offset) * self.scale
        return (Node * (len(z) + 1))(*((i + 1, v) for i, v in enumerate(z)), (-1, 0.0))

    def decisions(self, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """What svm_predict_values() answers (the class by votes, or the value), and the decision
        values."""
        pairs = self.classes * (self.classes - 1) // 2 if self.classification else 1
        values = np.zeros((len(rows), pairs))
        answers = [
            _library.svm_predict_values(self.model, self._nodes(row), out.ctypes.data_as(_DOUBLES))
            for row, out in zip(rows, values, strict=True)
        ]
        return np.array(answers), values

    def probabilities(self, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The most probable class, and the probabilities."""
        values = np.zeros((len(rows), self.classes))
        answers = [
            _library.svm_predict_probability(
                self.model, self._nodes(row), out.ctypes.data_as(_DOUBLES)
            )
            for row, out in zip(rows, values, strict=True)
        ]
        return np.array(answers), values
