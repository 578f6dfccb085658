"""The metrics of the contract as scikit-learn computes them, from the rows themselves."""

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn import metrics as sk


def classification(
    classes: Sequence[str],
    truth: Sequence[str],
    predicted: Sequence[str],
    probabilities: np.ndarray | None = None,
    weights: Sequence[float] | None = None,
) -> dict[str, Any]:
    """`probabilities` [rows, classes] in the order of `classes`; every truth is one of them."""
    truth, predicted = np.asarray(truth), np.asarray(predicted)
    w = None if weights is None else np.asarray(weights, dtype=float)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        figures: dict[str, Any] = {
            "accuracy": sk.accuracy_score(truth, predicted, sample_weight=w),
            "mcc": sk.matthews_corrcoef(truth, predicted, sample_weight=w),
            "kappa": sk.cohen_kappa_score(truth, predicted, sample_weight=w),
        }
        occurring = sorted(set(truth) | set(predicted))
        for name, score in (
            ("precision", sk.precision_score),
            ("recall", sk.recall_score),
            ("f1", sk.f1_score),
        ):
            common = {"labels": occurring, "sample_weight": w, "zero_division": 0}
            per_class = score(truth, predicted, average=None, **common)
            figures[name] = {
                "macro": score(truth, predicted, average="macro", **common),
                "weighted": score(truth, predicted, average="weighted", **common),
                "per_class": dict(zip(occurring, per_class, strict=True)),
            }
        if probabilities is not None:
            figures |= _of_probabilities(list(classes), truth, probabilities, w)
    return figures


def _of_probabilities(
    classes: list[str], truth: np.ndarray, p: np.ndarray, w: np.ndarray | None
) -> dict[str, Any]:
    index = np.array([classes.index(label) for label in truth])
    present = sorted(set(index))
    numbers = list(range(len(classes)))
    binary = len(classes) == 2
    loss = sk.log_loss(index, p, labels=numbers, sample_weight=w)
    brier = sk.brier_score_loss(index, p[:, 1] if binary else p, labels=numbers, sample_weight=w)
    figures: dict[str, Any] = {"log_loss": loss, "brier": brier}
    if len(present) < 2:
        return figures
    per_class = {}
    for k in present:
        score, positive = (p[:, 1], index == 1) if binary else (p[:, k], index == k)
        per_class[classes[k]] = sk.roc_auc_score(positive, score, sample_weight=w)
    support = [(index == k).sum() if w is None else w[index == k].sum() for k in present]
    values = list(per_class.values())
    figures["auc"] = {
        "macro": np.mean(values),
        "weighted": np.average(values, weights=support),
        "per_class": per_class,
    }
    figures["gini"] = {
        "macro": 2 * figures["auc"]["macro"] - 1,
        "weighted": 2 * figures["auc"]["weighted"] - 1,
        "per_class": {name: 2 * auc - 1 for name, auc in per_class.items()},
    }
    return figures


def regression(
    truth: Sequence[float], predicted: Sequence[float], weights: Sequence[float] | None = None
) -> dict[str, float]:
    y, p = np.asarray(truth, dtype=float), np.asarray(predicted, dtype=float)
    w = np.ones(len(y)) if weights is None else np.asarray(weights, dtype=float)
    covariance = np.cov(y, p, aweights=w, bias=True)
    correlation = covariance[0, 1] / np.sqrt(covariance[0, 0] * covariance[1, 1])
    mse = sk.mean_squared_error(y, p, sample_weight=w)
    return {
        "r2": sk.r2_score(y, p, sample_weight=w),
        "r2_pearson": correlation**2,
        "mse": mse,
        "rmse": np.sqrt(mse),
        "mae": sk.mean_absolute_error(y, p, sample_weight=w),
        "mape": sk.mean_absolute_percentage_error(y, p, sample_weight=w),
        "me": np.average(p - y, weights=w),
    }


def differences(expected: dict[str, Any], found: dict[str, Any], rel: float = 1e-9) -> list[str]:
    """Where `found` is not what is expected, as lines to read; names that it has beyond are no
    matter. What scikit-learn calls NaN is null."""
    lines = []
    for name, value in expected.items():
        other = found.get(name)
        if isinstance(value, dict):
            inner = differences(value, other or {}, rel)
            lines += [f"{name}.{line}" for line in inner]
        elif np.isnan(value):
            lines += [f"{name}: {other} instead of null"] if other is not None else []
        elif other is None or not np.isclose(other, value, rtol=rel, atol=1e-12):
            lines.append(f"{name}: {other} instead of {value}")
    return lines
