"""Drift, sketches, detectors, estimates and bandits against NumPy, scipy and scikit-learn."""

import ctypes as c
import math
from fractions import Fraction

import numpy as np
import pytest
from crisolstats import (
    Dd,
    Moments,
    Ranking,
    Scorehist,
    Test,
    Value,
    bytes_of,
    call,
    doubles,
    lib,
    number,
    u64,
)

stats = pytest.importorskip("scipy.stats", reason="scipy is not installed")
special = pytest.importorskip("scipy.special", reason="scipy is not installed")
distance = pytest.importorskip("scipy.spatial.distance", reason="scipy is not installed")


def near(got, wanted, relative=1e-11, absolute=1e-14):
    assert math.isclose(got, wanted, rel_tol=relative, abs_tol=absolute), (got, wanted)


def size(n):
    return c.c_size_t(n)


def test_distances():
    rng = np.random.default_rng(1)
    for cells in (2, 5, 50):
        for _ in range(50):
            p, q = rng.dirichlet(np.ones(cells)), rng.dirichlet(np.ones(cells))
            args = (doubles(p), doubles(q), size(cells))
            near(number(call("divergence_kl", Value, *args)), stats.entropy(p, q))
            near(
                number(call("divergence_psi", Value, *args)),
                stats.entropy(p, q) + stats.entropy(q, p),
            )
            near(
                call("divergence_jensen_shannon", c.c_double, *args),
                distance.jensenshannon(p, q),
                1e-9,
            )
            near(
                call("divergence_hellinger", c.c_double, *args),
                np.linalg.norm(np.sqrt(p) - np.sqrt(q)) / math.sqrt(2),
            )
            near(call("divergence_total_variation", c.c_double, *args), np.abs(p - q).sum() / 2)


def test_wasserstein_of_histograms():
    rng = np.random.default_rng(2)
    edges = np.sort(rng.normal(0, 1, 11))
    p, q = rng.dirichlet(np.ones(10)), rng.dirichlet(np.ones(10))
    fine = 1000  # points of mass inside each bin
    inside = (np.arange(fine) + 0.5) / fine
    points = (edges[:-1, None] + np.diff(edges)[:, None] * inside).ravel()
    wanted = stats.wasserstein_distance(
        points, points, np.repeat(p, fine) / fine, np.repeat(q, fine) / fine
    )
    args = (doubles(p), doubles(q), doubles(edges), size(10))
    near(call("divergence_wasserstein", c.c_double, *args), wanted, 1e-4)


class Feature(c.Structure):
    _fields_ = [
        ("reference_rows", c.c_uint64),
        ("rows", c.c_uint64),
        ("cells", c.c_size_t),
        ("psi", c.c_double),
        ("psi_debiased", c.c_double),
        ("test", Test),
        ("p_adjusted", c.c_double),
        ("verdict", c.c_int),
    ]


def pooled(reference, current):
    """Cells that expect fewer than 5 in one, that one into the rarest other while too small."""
    table = np.array([reference, current], dtype=float)
    table = table[:, table.sum(axis=0) > 0]
    least = stats.contingency.expected_freq(table).min(axis=0)
    if (least < 5).any():
        rest = table[:, least < 5].sum(axis=1)
        table = table[:, least >= 5]
        while table.shape[1]:
            with_rest = np.column_stack([table, rest])
            if stats.contingency.expected_freq(with_rest).min(axis=0)[-1] >= 5:
                break
            rarest = table.sum(axis=0).argmin()
            rest = rest + table[:, rarest]
            table = np.delete(table, rarest, axis=1)
        table = np.column_stack([table, rest])
    return table


def test_the_gate_is_a_contingency_test_and_a_psi():
    rng = np.random.default_rng(3)
    for _ in range(200):
        cells = int(rng.integers(3, 25))
        shares = rng.dirichlet(np.full(cells, 0.3))
        reference, current = rng.multinomial(1000, shares), rng.multinomial(300, shares)
        f = call("drift_measure", Feature, u64(reference), u64(current), size(cells))
        used = reference + current > 0
        p = (reference[used] + 0.5) / (1000 + used.sum() / 2)
        q = (current[used] + 0.5) / (300 + used.sum() / 2)
        psi = ((p - q) * np.log(p / q)).sum()
        near(f.psi, psi)
        near(f.psi_debiased, psi - (used.sum() - 1) * (1 / 1000 + 1 / 300))
        table = pooled(reference, current)
        if table.shape[1] > 1:
            wanted = stats.chi2_contingency(table, correction=False)
            near(f.test.statistic, wanted.statistic, 1e-9)
            near(f.test.p, wanted.pvalue, 1e-9)


def test_isotonic():
    isotonic = pytest.importorskip("sklearn.isotonic", reason="scikit-learn is not installed")
    rng = np.random.default_rng(4)
    for n in (1, 2, 10, 500):
        y, w = np.round(rng.normal(np.arange(n) / 50, 1), 1), rng.integers(1, 9, n).astype(float)
        wanted = isotonic.isotonic_regression(y, sample_weight=w)
        fitted = doubles(y)
        call("isotonic_fit", None, fitted, doubles(w), size(n))
        np.testing.assert_allclose(fitted.array, wanted, rtol=1e-11, atol=1e-12)


class Mmd(c.Structure):
    _fields_ = [
        ("mmd2", c.c_double),
        ("bandwidth", c.c_double),
        ("p", c.c_double),
        ("reason", c.c_int),
    ]


class Rng(c.Structure):
    _fields_ = [("s", c.c_uint64 * 4)]


def test_mmd():
    rng = np.random.default_rng(5)
    x, y = rng.normal(0, 1, (80, 3)), rng.normal(0.4, 1.2, (60, 3))
    r = Rng()
    lib.rng_init(c.byref(r), c.c_uint64(1), c.c_uint64(1))
    args = (doubles(x), size(80), doubles(y), size(60), size(3), c.c_uint(200), c.byref(r))
    got = call("mmd_test", Mmd, *args)
    d = distance.cdist(np.vstack([x, y]), np.vstack([x, y]), "sqeuclidean")
    median = np.sort(d[np.tril_indices(140, -1)])[140 * 139 // 2 // 2]
    k = np.exp(-d / (2 * median))
    np.fill_diagonal(k, 0)
    mmd2 = k[:80, :80].sum() / (80 * 79) + k[80:, 80:].sum() / (60 * 59) - 2 * k[:80, 80:].mean()
    near(got.bandwidth, math.sqrt(median), 1e-6)
    near(got.mmd2, mmd2, 1e-4)
    assert got.p < 0.02


@pytest.mark.parametrize("scale", [1.0, 1e-130, 1e130])
@pytest.mark.parametrize("offset", [0.0, 1e3, 1e9])
def test_moments_have_every_digit(offset, scale):
    rng = np.random.default_rng(6)
    x = (rng.normal(0, 1, 500) + offset) * scale
    m = Moments()
    lib.moments_add.restype = c.c_bool
    for v in x:
        assert lib.moments_add(c.byref(m), c.c_double(v))
    exact = [Fraction(float(v)) for v in x]
    mean = sum(exact) / 500
    variance = sum((v - mean) ** 2 for v in exact) / 499
    near(number(call("moments_mean", Value, c.byref(m))), float(mean), 1e-15, 0)
    near(number(call("moments_variance", Value, c.byref(m))), float(variance), 1e-11, 0)


class Side(c.Structure):
    _fields_ = [("first", c.c_int32), ("count", c.c_uint32), ("rows", c.c_void_p)]


class Sketch(c.Structure):
    _fields_ = [
        ("rows", c.c_uint64),
        ("zeros", c.c_uint64),
        ("negative", Side),
        ("positive", Side),
    ]


@pytest.mark.parametrize("kind", ["lognormal", "normal", "integers"])
def test_sketch_quantiles(kind):
    rng = np.random.default_rng(7)
    x = {
        "lognormal": rng.lognormal(0, 3, 20000),
        "normal": rng.normal(0, 1, 20000),
        "integers": rng.integers(-5, 100, 20000).astype(float),
    }[kind]
    s = Sketch()
    lib.sketch_init(c.byref(s))
    lib.sketch_add.restype = c.c_bool
    for v in x:
        assert lib.sketch_add(c.byref(s), c.c_double(v))
    for q in np.linspace(0, 1, 101):
        exact = np.quantile(x, q, method="lower")
        got = number(call("sketch_quantile", Value, c.byref(s), float(q)))
        assert abs(got - exact) <= 0.0101 * abs(exact), (q, got, exact)
    lib.sketch_release(c.byref(s))


def test_the_chance_to_be_best_with_fractional_shapes():
    rng = np.random.default_rng(8)
    for _ in range(20):
        a, b, d, e = 10 ** rng.uniform(-0.5, 3, 4)
        grid = (np.arange(20000) + 0.5) / 20000
        x = stats.beta(a, b).ppf(grid)  # equal steps of probability
        wanted = stats.beta(d, e).cdf(x).mean()
        near(call("bandit_beta_beats", c.c_double, a, b, d, e), wanted, 1e-4, 1e-5)


def page_hinkley(values, tolerance, threshold, forget, rows_min):
    """The alarms of the definition, by its sums: 1, -1 or 0 for each row."""

    def sums(rows, means, shift):
        gaps = np.array(rows) - means + shift
        decay = forget ** np.arange(len(rows))[::-1]
        return np.array([decay[len(rows) - k :] @ gaps[:k] for k in range(len(rows) + 1)])

    rows = []
    for x in values:
        rows.append(x)
        means = np.cumsum(rows) / np.arange(1, len(rows) + 1)
        up, down = sums(rows, means, -tolerance), sums(rows, means, tolerance)
        alarm = 0
        if len(rows) >= rows_min:
            alarm = int(up[-1] - up.min() > threshold) or -int(down.max() - down[-1] > threshold)
        if alarm:
            rows = []
        yield alarm


class PageHinkley(c.Structure):
    _fields_ = [
        ("tolerance", c.c_double),
        ("threshold", c.c_double),
        ("forget", c.c_double),
        ("rows_min", c.c_uint64),
        ("rows", c.c_uint64),
        ("mean", c.c_double),
        ("up", c.c_double),
        ("up_min", c.c_double),
        ("down", c.c_double),
        ("down_max", c.c_double),
    ]


@pytest.mark.parametrize("forget", [1.0, 0.97])
def test_page_hinkley_alarms_where_its_definition_does(forget):
    rng = np.random.default_rng(10)
    level = np.repeat([0.3, 0.8, 0.8, 0.1, 0.5], 40)
    values = level + rng.normal(0, 0.1, len(level))
    p = PageHinkley(0.02, 1.5, forget, 12)
    got = []
    for x in values:
        change = call("pagehinkley_add", c.c_int, c.byref(p), float(x))
        got.append({0: 0, 1: 1, 2: -1}[change])
    wanted = list(page_hinkley(values, 0.02, 1.5, forget, 12))
    assert got == wanted
    assert {1, -1} <= set(got)


class AdwinRow(c.Structure):
    _fields_ = [("count", c.c_uint), ("buckets", Dd * 6)]


class Adwin(c.Structure):
    _fields_ = [
        ("delta", c.c_double),
        ("rows", c.c_uint64),
        ("sum", c.c_double),
        ("square", c.c_double),
        ("sizes", AdwinRow * 48),
    ]


def cuts(values, sizes, delta):
    """Whether some cut between the buckets separates different means, by the formula."""
    n, v = len(values), np.var(values)
    log_term = math.log(2 * math.log(n) / delta)
    at = 0
    for size_of_bucket in sizes:
        at += size_of_bucket
        if min(at, n - at) < 5:
            continue
        m = 1 / (1 / at + 1 / (n - at))
        margin = math.sqrt(2 / m * v * log_term) + 2 / (3 * m) * log_term
        if abs(np.mean(values[:at]) - np.mean(values[at:])) > margin:
            return True
    return False


def adwin(values, delta):
    """The window after each row, with the sizes of its buckets, the oldest first."""
    window, sizes = [], []
    for x in values:
        window.append(x)
        sizes.append(1)
        one = 1
        while sizes.count(one) > 5:  # the two oldest of a size become one of the next
            at = sizes.index(one)
            sizes[at : at + 2] = [2 * one]
            one *= 2
        while len(window) >= 10 and cuts(window, sizes, delta):
            window = window[sizes.pop(0) :]
        yield window


def test_adwin_keeps_its_window_as_its_formula_says():
    rng = np.random.default_rng(11)
    values = (rng.random(900) < np.repeat([0.2, 0.7, 0.65, 0.1], 225)).astype(float)
    a = Adwin()
    lib.adwin_init(c.byref(a), c.c_double(0.01))
    changes, before = 0, 0
    for x, window in zip(values, adwin(values, 0.01), strict=True):
        changed = call("adwin_add", c.c_bool, c.byref(a), float(x))
        assert a.rows == len(window)
        assert changed == (len(window) <= before)
        near(a.sum, sum(window), 1e-9, 1e-9)
        near(a.square, np.var(window) * len(window), 1e-9, 1e-9)
        changes += changed
        before = len(window)
    assert changes >= 3


class Estimate(c.Structure):
    _fields_ = (
        [(name, c.c_double) for name in ("tp", "fp", "fn", "tn")]
        + [(name, Value) for name in ("accuracy", "precision", "recall", "f1", "auc")]
        + [("accuracy_error", c.c_double)]
    )


def test_cbpe_is_the_dot_product_of_its_definition():
    isotonic = pytest.importorskip("sklearn.isotonic", reason="scikit-learn is not installed")
    metrics = pytest.importorskip("sklearn.metrics", reason="scikit-learn is not installed")
    rng = np.random.default_rng(12)
    bins = 20
    h = Scorehist()
    lib.scorehist_init(c.byref(h), bins)
    lib.scorehist_add.restype = c.c_bool
    positive, rows = np.zeros(bins), np.zeros(bins)
    for score in rng.beta(2, 3, 400):
        truth, at = rng.random() < score**2, int(score * bins)
        assert lib.scorehist_add(c.byref(h), c.c_double(score), bool(truth), c.c_double(1))
        positive[at] += truth
        rows[at] += 1
    counts = rng.integers(0, 50, bins)
    p = isotonic.isotonic_regression((positive + 0.5) / (rows + 1), sample_weight=rows + 1)
    for threshold in (0.0, 0.25, 0.5, 1.0):
        called = np.arange(bins) >= round(threshold * bins)
        tp, fp = (counts * p)[called].sum(), (counts * (1 - p))[called].sum()
        fn, tn = (counts * p)[~called].sum(), (counts * (1 - p))[~called].sum()
        e = call("estimate_cbpe", Estimate, c.byref(h), u64(counts), threshold)
        for got, wanted in ((e.tp, tp), (e.fp, fp), (e.fn, fn), (e.tn, tn)):
            near(got, wanted)
        accuracy = (tp + tn) / counts.sum()
        near(number(e.accuracy), accuracy)
        near(e.accuracy_error, math.sqrt(accuracy * (1 - accuracy) / counts.sum()))
        near(number(e.recall), tp / (tp + fn))
        near(number(e.precision), tp / (tp + fp) if tp + fp else 0)
        near(number(e.f1), 2 * tp / (2 * tp + fp + fn))
        centres = (np.arange(bins) + 0.5) / bins
        auc = metrics.roc_auc_score(
            np.repeat([1, 0], bins),
            np.tile(centres, 2),
            sample_weight=np.concatenate([counts * p, counts * (1 - p)]),
        )
        near(number(e.auc), auc)
    near(
        number(call("estimate_accuracy", Value, c.byref(h), u64(counts))),
        (counts * p).sum() / counts.sum(),
    )
    lib.scorehist_release(c.byref(h))


class Arm(c.Structure):
    _fields_ = [
        ("rewards", c.c_double),
        ("pending", c.c_double),
        ("sum", c.c_double),
        ("square", c.c_double),
    ]


def beliefs_about(samples):
    """Normal-Gamma posteriors of the means by the textbook, as t distributions of scipy."""
    pooled = np.concatenate(samples)
    mean, variance = pooled.mean(), pooled.var() or 1
    for x in samples:
        n, m = len(x), x.mean() if len(x) else 0
        kappa, shape = 1 + n, 1 + n / 2
        rate = variance + ((x - m) ** 2).sum() / 2 + n * (m - mean) ** 2 / (2 * kappa)
        yield stats.t(2 * shape, (mean + n * m) / kappa, math.sqrt(rate / shape / kappa))


def test_the_chance_to_be_best_of_two_numeric_arms():
    rng = np.random.default_rng(9)
    grid = (np.arange(200000) + 0.5) / 200000
    for n, m in ((0, 1), (1, 0), (1, 1), (2, 30), (30, 2), (500, 400), (3, 20000)):
        for spread in (1.0, 20.0):
            samples = rng.normal(0.3, 1, n), rng.normal(0, spread, m)
            arms = (Arm * 2)()
            for arm, x in zip(arms, samples, strict=True):
                square = ((x - x.mean()) ** 2).sum() if len(x) else 0
                arm.rewards, arm.sum, arm.square = len(x), x.sum(), square
            p = (c.c_double * 2)()
            lib.bandit_thompson_normal(arms, size(2), c.c_uint(0), None, p)
            first, second = beliefs_about(samples)
            near(p[1], second.sf(first.ppf(grid)).mean(), 1e-5, 1e-7)
            near(p[0] + p[1], 1)
    lib.bandit_thompson_normal((Arm * 2)(), size(2), c.c_uint(0), None, p)
    near(p[1], 0.5)


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_auc_of_ten_million_rows():
    metrics = pytest.importorskip("sklearn.metrics", reason="scikit-learn is not installed")
    rng = np.random.default_rng(9)
    n = 10_000_000
    truth = (rng.random(n, dtype=np.float32) < 0.1).astype(np.uint8)
    scores = (rng.random(n, dtype=np.float32) + 0.2 * truth).astype(np.float64)
    r = Ranking()
    args = (doubles(scores), size(1), bytes_of(truth), None, size(n))
    assert lib.ranking_init(c.byref(r), *args) == 0
    near(number(call("auc_of", Value, c.byref(r))), metrics.roc_auc_score(truth, scores), 1e-11)
    lib.ranking_release(c.byref(r))
