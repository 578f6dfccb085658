"""Metrics against scikit-learn on random and nasty data."""

import ctypes as c
import math
import warnings

import numpy as np
import pytest
from crisolstats import (
    AucReport,
    Confusion,
    Curve,
    CurveBin,
    CurvePoint,
    Proper,
    Ranking,
    Regression,
    Report,
    Scorehist,
    ScorehistAuc,
    Value,
    bytes_of,
    call,
    doubles,
    lib,
    number,
    reason,
    u32,
)

metrics = pytest.importorskip("sklearn.metrics", reason="scikit-learn is not installed")

warnings.filterwarnings("ignore")


def near(got, wanted, relative=1e-12, absolute=1e-15):
    assert math.isclose(got, wanted, rel_tol=relative, abs_tol=absolute), (got, wanted)


def report_of(truth, predicted, weights, class_count):
    """The classification report of the rows, as a dictionary that outlives the C structures."""
    confusion, report = Confusion(), Report()
    lib.confusion_init(c.byref(confusion), class_count)
    for t, p, w in zip(truth, predicted, weights, strict=True):
        lib.confusion_add(c.byref(confusion), int(t), int(p), c.c_double(w))
    lib.classify_init(c.byref(report), c.byref(confusion))
    out = {
        "per_class": [
            tuple((getattr(k.scores, m).value, getattr(k.scores, m).reason) for m in MEASURES)
            for k in report.classes[:class_count]
        ]
    }
    for name in ("accuracy", "mcc", "kappa"):
        v = getattr(report, name)
        out[name] = v.value if not v.reason else reason(v)
    for mean in ("macro", "weighted"):
        scores = getattr(report, mean)
        out[mean] = tuple(
            getattr(scores, m).value if not getattr(scores, m).reason else None for m in MEASURES
        )
    lib.classify_release(c.byref(report))
    lib.confusion_release(c.byref(confusion))
    return out


MEASURES = ("precision", "recall", "f1")


def labels_case(rng, class_count, rows, kind):
    truth = rng.integers(0, class_count, rows)
    if kind == "one class":
        truth[:] = class_count - 1
    if kind == "rare":
        truth = np.where(rng.random(rows) < 0.02, truth, 0)
    predicted = np.where(rng.random(rows) < 0.6, truth, rng.integers(0, class_count, rows))
    if kind == "constant prediction":
        predicted[:] = 0
    weights = np.ones(rows)
    if kind == "weights":
        weights = rng.gamma(1, 1, rows) * rng.integers(0, 2, rows)
        weights[0] = 0.1
    return truth, predicted, weights


@pytest.mark.parametrize("kind", ["plain", "one class", "rare", "constant prediction", "weights"])
@pytest.mark.parametrize("class_count", [2, 3, 7, 64, 65, 300])
def test_labels(kind, class_count):
    rng = np.random.default_rng([class_count, len(kind)])
    for rows in (1, 2, 3, 10, 150, 800):
        truth, predicted, weights = labels_case(rng, class_count, rows, kind)
        got = report_of(truth, predicted, weights, class_count)
        near(got["accuracy"], metrics.accuracy_score(truth, predicted, sample_weight=weights))
        near(
            got["mcc"],
            metrics.matthews_corrcoef(truth, predicted, sample_weight=weights),
            1e-10,
            1e-14,
        )
        kappa = metrics.cohen_kappa_score(truth, predicted, sample_weight=weights)
        if math.isnan(kappa):
            assert got["kappa"] == "one_class"
        else:
            near(got["kappa"], kappa, 1e-10, 1e-13)
        for mean in ("macro", "weighted"):
            wanted = metrics.precision_recall_fscore_support(
                truth, predicted, average=mean, sample_weight=weights, zero_division=0
            )
            for g, w in zip(got[mean], wanted[:3], strict=True):
                near(g, w)
        labels = sorted(set(truth) | set(predicted))
        wanted = metrics.precision_recall_fscore_support(
            truth, predicted, labels=labels, sample_weight=weights, zero_division=0
        )
        for k in range(class_count):
            for measure in range(3):
                value, why = got["per_class"][k][measure]
                if k in labels:
                    assert why == 0
                    near(value, wanted[measure][labels.index(k)])
                else:
                    assert reason(why) == "class_absent"


def proper_of(p, truth, weights):
    s = Proper()
    lib.proper_add.restype = c.c_bool
    for row, t, w in zip(p, truth, weights, strict=True):
        assert lib.proper_add(
            c.byref(s), doubles(row), c.c_size_t(len(row)), c.c_size_t(int(t)), c.c_double(w)
        )
    return s


@pytest.mark.parametrize("class_count", [2, 3, 10])
def test_log_loss_and_brier(class_count):
    rng = np.random.default_rng(class_count)
    for rows in (1, 2, 50, 1000):
        p = rng.dirichlet(np.full(class_count, 0.05), rows)  # many near 0 and 1
        p[0] = np.eye(class_count)[0]  # exactly 0 and 1
        truth = rng.integers(0, class_count, rows)
        weights = rng.random(rows)
        s = proper_of(p, truth, weights)
        labels = list(range(class_count))
        near(
            number(call("proper_log_loss", Value, c.byref(s))),
            metrics.log_loss(truth, p, labels=labels, sample_weight=weights),
        )
        if class_count == 2:
            wanted = np.average((p[:, 1] - truth) ** 2, weights=weights)
        else:
            wanted = np.average(
                ((p - np.eye(class_count)[truth]) ** 2).sum(axis=1), weights=weights
            )
        near(number(call("proper_brier", Value, c.byref(s))), wanted)
        if class_count == 2 and len(set(truth)) == 2:
            near(wanted, metrics.brier_score_loss(truth, p[:, 1], sample_weight=weights))


def scores_case(rng, rows, kind):
    truth = (rng.random(rows) < 0.3).astype(np.uint8)
    scores = np.clip(rng.normal(0.4 + 0.2 * truth, 0.2), 0, 1)
    weights = None
    if kind == "ties":
        scores = np.round(scores, 1)
    elif kind == "constant":
        scores[:] = 0.25
    elif kind == "float32":
        scores = scores.astype(np.float32).astype(float)
    elif kind == "denormal":
        scores = scores * 1e-310
    elif kind == "huge":
        scores = (scores - 0.5) * 1e308
    elif kind == "weights":
        weights = rng.gamma(0.5, 1, rows) * rng.integers(0, 2, rows)
        scores = np.round(scores, 2)
    return truth, scores, weights


KINDS = ["plain", "ties", "constant", "float32", "denormal", "huge", "weights"]


class Ranked:
    """A ranking that is released at the end of a with block."""

    def __init__(self, truth, scores, weights):
        self.r = Ranking()
        self.reason = lib.ranking_init(
            c.byref(self.r),
            doubles(scores),
            c.c_size_t(1),
            bytes_of(truth),
            doubles(weights),
            c.c_size_t(len(scores)),
        )

    def __enter__(self):
        assert self.reason == 0
        return c.byref(self.r)

    def __exit__(self, *_):
        lib.ranking_release(c.byref(self.r))


@pytest.mark.parametrize("kind", KINDS)
def test_auc_and_average_precision(kind):
    rng = np.random.default_rng(KINDS.index(kind))
    for rows in (2, 3, 10, 63, 64, 65, 1000, 20000):
        truth, scores, weights = scores_case(rng, rows, kind)
        truth[0], truth[1] = 0, 1
        if weights is not None:
            weights[:2] = 1
        with Ranked(truth, scores, weights) as r:
            near(
                number(call("auc_of", Value, r)),
                metrics.roc_auc_score(truth, scores, sample_weight=weights),
                1e-11,
            )
            near(
                number(call("curve_average_precision", Value, r)),
                metrics.average_precision_score(truth, scores, sample_weight=weights),
                1e-11,
            )
            fpr, tpr, _ = metrics.roc_curve(
                truth, scores, sample_weight=weights, drop_intermediate=False
            )
            near(number(call("curve_ks", Value, r)), max(tpr - fpr), 1e-11, 1e-14)


def points(name, r, room):
    array = (CurvePoint * room)()
    curve = Curve(array, room, 0)
    assert call(name, c.c_int, c.byref(curve), r) == 0
    assert curve.count <= room
    return np.array([[p.x, p.y, p.threshold] for p in array[: curve.count]])


@pytest.mark.parametrize("kind", KINDS)
def test_curves(kind):
    rng = np.random.default_rng(100 + KINDS.index(kind))
    truth, scores, weights = scores_case(rng, 700, kind)
    truth[:2] = [0, 1]
    with Ranked(truth, scores, weights) as r:
        roc = points("curve_roc", r, 2000)
        fpr, tpr, _ = metrics.roc_curve(
            truth, scores, sample_weight=weights, drop_intermediate=False
        )
        # Every point is one of the whole curve, and no corner was lost: the areas agree.
        for x, y, _ in roc:
            assert np.min(np.hypot(fpr - x, tpr - y)) < 1e-12
        near(metrics.auc(roc[:, 0], roc[:, 1]), metrics.auc(fpr, tpr), 1e-11)

        used = slice(None) if weights is None else weights > 0
        pr = points("curve_precision_recall", r, 2000)
        precision, recall, thresholds = metrics.precision_recall_curve(
            truth[used], scores[used], sample_weight=None if weights is None else weights[used]
        )
        wanted = np.column_stack([recall, precision])[::-1]
        np.testing.assert_allclose(pr[1:, :2], wanted[1:], atol=1e-12)
        np.testing.assert_allclose(pr[1:, 2], thresholds[::-1], rtol=0, atol=0)
        assert tuple(pr[0, :2]) == (0, 1)

        w = np.ones(len(truth)) if weights is None else weights
        lift = points("curve_lift", r, 2000)
        for x, y, threshold in lift:
            taken = scores >= threshold
            near(x, w[taken].sum() / w.sum(), 1e-11)
            if w[taken].sum() > 0:
                rate = (w * truth)[taken].sum() / w[taken].sum()
                near(y, rate / ((w * truth).sum() / w.sum()), 1e-11)


def test_a_thinned_roc_stays_near_the_whole_one():
    rng = np.random.default_rng(5)
    truth, scores, _ = scores_case(rng, 50000, "plain")
    with Ranked(truth, scores, None) as r:
        roc = points("curve_roc", r, 2000)
        near(metrics.auc(roc[:, 0], roc[:, 1]), number(call("auc_of", Value, r)), 5e-5)


@pytest.mark.parametrize("kind", ["plain", "ties", "float32", "constant"])
@pytest.mark.parametrize("bin_count", [1, 5, 10, 20])
def test_calibration(kind, bin_count):
    calibration = pytest.importorskip("sklearn.calibration")
    rng = np.random.default_rng(bin_count)
    truth, scores, _ = scores_case(rng, 900, kind)
    scores[:2] = [0, 1]
    truth[:2] = [0, 1]
    bins = (CurveBin * bin_count)()
    with Ranked(truth, scores, None) as r:
        assert call("curve_calibration", c.c_int, bins, c.c_size_t(bin_count), r) == 0
    observed, predicted = calibration.calibration_curve(truth, scores, n_bins=bin_count)
    filled = [b for b in bins if b.weight > 0]
    np.testing.assert_allclose([b.observed for b in filled], observed, rtol=1e-12, atol=1e-15)
    np.testing.assert_allclose([b.predicted for b in filled], predicted, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("class_count", [2, 3, 12])
def test_auc_one_vs_rest(class_count, weighted):
    rng = np.random.default_rng([class_count, weighted])
    for rows in (class_count + 2, 100, 3000):
        p = rng.dirichlet(np.ones(class_count), rows)
        p = np.round(p, 3) if rows == 100 else p
        if class_count == 2:
            p[:, 0] = 1 - p[:, 1]
        truth = rng.integers(0, class_count, rows)
        truth[:class_count] = np.arange(class_count)
        weights = rng.random(rows) if weighted else None
        per_class = (Value * class_count)()
        report = AucReport(per_class)
        lib.auc_one_vs_rest(
            c.byref(report),
            doubles(p),
            c.c_size_t(class_count),
            u32(truth),
            doubles(weights),
            c.c_size_t(rows),
        )
        w = np.ones(rows) if weights is None else weights
        wanted = [
            metrics.roc_auc_score(truth == k, p[:, k], sample_weight=w) for k in range(class_count)
        ]
        support = np.bincount(truth, weights=w, minlength=class_count)
        for k in range(class_count):
            near(number(per_class[k]), wanted[k], 1e-11)
        near(number(report.macro), np.mean(wanted), 1e-11)
        near(number(report.weighted), np.average(wanted, weights=support), 1e-11)
        if not weighted and class_count > 2:
            q = p / p.sum(axis=1, keepdims=True)
            if rows != 100:
                for mean, got in (("macro", report.macro), ("weighted", report.weighted)):
                    near(
                        number(got),
                        metrics.roc_auc_score(truth, q, multi_class="ovr", average=mean),
                        1e-11,
                    )


@pytest.mark.parametrize("kind", ["plain", "ties", "weights", "float32"])
def test_histogram_auc_keeps_its_bound(kind):
    rng = np.random.default_rng(9)
    truth, scores, weights = scores_case(rng, 5000, kind)
    w = np.ones(len(truth)) if weights is None else weights
    exact = metrics.roc_auc_score(truth, scores, sample_weight=w)
    h = Scorehist()
    lib.scorehist_init(c.byref(h), 1024)
    lib.scorehist_add.restype = c.c_bool
    for t, s, one in zip(truth, scores, w, strict=True):
        assert lib.scorehist_add(c.byref(h), c.c_double(s), bool(t), c.c_double(one))
    auc = call("scorehist_auc", ScorehistAuc, c.byref(h))
    assert abs(number(auc.auc) - exact) <= auc.error_max + 1e-12
    if kind in ("plain", "float32"):
        assert auc.error_max < 2e-3
    lib.scorehist_release(c.byref(h))


def regression_case(rng, rows, kind):
    y = rng.normal(0, 1, rows)
    if kind == "huge mean":
        y = y + 1e9
    elif kind == "tiny":
        y = y * 1e-120
    elif kind == "large":
        y = y * 1e100
    elif kind == "zeros":
        y = np.round(y)
    p = y + rng.normal(0, 0.3, rows) * (np.std(y) or 1)
    return y, p, (rng.gamma(1, 1, rows) if kind == "weights" else np.ones(rows))


def pearson(y, p, w):
    y, p = y - np.average(y, weights=w), p - np.average(p, weights=w)
    y, p = y / np.abs(y).max(), p / np.abs(p).max()
    return np.sum(w * y * p) ** 2 / np.sum(w * y * y) / np.sum(w * p * p)


@pytest.mark.parametrize("kind", ["plain", "huge mean", "tiny", "large", "zeros", "weights"])
def test_regression(kind):
    rng = np.random.default_rng(len(kind))
    lib.regression_add.restype = c.c_bool
    for rows in (2, 3, 50, 2000):
        y, p, w = regression_case(rng, rows, kind)
        s = Regression()
        for a, b, one in zip(y, p, w, strict=True):
            assert lib.regression_add(c.byref(s), c.c_double(a), c.c_double(b), c.c_double(one))

        def got(name, s=s):
            return number(call("regression_" + name, Value, c.byref(s)))

        if len(set(y)) > 1:
            near(got("r2"), metrics.r2_score(y, p, sample_weight=w), 1e-7, 1e-9)
            if len(set(p)) > 1:
                near(got("r2_pearson"), pearson(y, p, w), 1e-6)
        near(got("mse"), metrics.mean_squared_error(y, p, sample_weight=w))
        near(got("rmse"), metrics.mean_squared_error(y, p, sample_weight=w) ** 0.5)
        near(got("mae"), metrics.mean_absolute_error(y, p, sample_weight=w))
        near(got("mape"), metrics.mean_absolute_percentage_error(y, p, sample_weight=w))
        near(got("me"), np.average(p - y, weights=w), 1e-9, 1e-12 * np.abs(p - y).max())
