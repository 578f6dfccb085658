"""Nasty inputs: whatever comes in, a figure is finite and right or has a reason, never NaN."""

import ctypes as c
import itertools
import math
import warnings

import numpy as np
import pytest
from crisolstats import (
    Confusion,
    Interval,
    Moments,
    Proper,
    Ranking,
    Regression,
    Report,
    Test,
    Value,
    bytes_of,
    call,
    doubles,
    lib,
    reason,
)

stats = pytest.importorskip("scipy.stats", reason="scipy is not installed")
metrics = pytest.importorskip("sklearn.metrics", reason="scikit-learn is not installed")

TINY = 5e-324  # the smallest double

# Samples of n = 0, 1, 2 and more: ties, constants, huge means, denormals, both ends of the doubles.
SAMPLES = {
    "empty": [],
    "zero": [0.0],
    "one": [1.5],
    "two": [1.0, 2.0],
    "two equal": [3.0, 3.0],
    "constant": [0.1] * 9,
    "both zeros": [0.0, -0.0, 0.0],
    "ties": [1.0, 1, 2, 2, 2, 3, 5, 5],
    "one outlier": [0.0] * 8 + [1e9],
    "plain": [0.3, -1.2, 2.5, 0.7, -0.4, 1.9, 0.05],
    "huge mean": [1e15 + i for i in range(7)],
    "denormal": [i * TINY for i in range(8)],
    "denormal signs": [-3 * TINY, TINY, 2 * TINY, -TINY],
    "ends": [-1e308, 1e308, 0.0, 1.0],
    "large": [i * 1e139 for i in range(-4, 5)],
    "infinite": [-math.inf, 1.0, math.inf],
    "nan": [1.0, math.nan, 2.0],
}
NAMES = list(SAMPLES)
PAIRS = list(itertools.product(NAMES, NAMES))


def sound(t, wanted=None, tolerance=1e-8):
    """A whole answer: p in [0, 1] as scipy's where that has one, or a reason and p = 1."""
    assert all(math.isfinite(v) for v in (t.statistic, t.p, t.df))
    assert 0 <= t.p <= 1
    if t.reason:
        assert (t.statistic, t.p) == (0, 1)
    elif wanted is not None and math.isfinite(wanted):
        assert math.isclose(t.p, wanted, rel_tol=tolerance, abs_tol=1e-9), (t.p, wanted)


def quietly(f, *args, **options):
    """scipy's p, or None where scipy has none."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            return float(f(*args, **options).pvalue)
        except (ValueError, ZeroDivisionError, OverflowError):
            return None


def pair(x, y):
    return doubles(x), c.c_size_t(len(x)), doubles(y), c.c_size_t(len(y))


TWO_SAMPLES = {
    "kstest_exact": lambda x, y: stats.ks_2samp(x, y, method="exact"),
    "kstest_asymptotic": None,
    "kstest_limit": None,
    "cramervonmises_asymptotic": lambda x, y: stats.cramervonmises_2samp(x, y, method="asymptotic"),
    "cramervonmises_exact": None,
    "mannwhitney_approximate": lambda x, y: stats.mannwhitneyu(x, y, method="asymptotic"),
    "mannwhitney_exact": None,
}


@pytest.mark.parametrize("name", TWO_SAMPLES)
def test_two_samples(name):
    oracle = TWO_SAMPLES[name]
    for one, two in PAIRS:
        x, y = SAMPLES[one], SAMPLES[two]
        t = call(name, Test, *pair(x, y))
        if "empty" in (one, two):
            assert reason(t) == "empty", (one, two)
        elif "nan" in (one, two) and min(len(x), len(y)) >= 2:
            assert reason(t) == "not_finite", (one, two)
        wanted = None
        if oracle and not t.reason:
            wanted = quietly(oracle, x, y)
        sound(t, wanted)


def signs_decide(d):
    """The signed rank test over all signs."""
    ranks, positive = stats.rankdata(np.abs(d)), d > 0
    sums = np.array(list(itertools.product((0, 1), repeat=len(d)))) @ ranks
    w = ranks[positive].sum()
    return min(1, 2 * min((sums <= w).mean(), (sums >= w).mean()))


@pytest.mark.parametrize("name", NAMES)
def test_paired_differences(name):
    d = np.array(SAMPLES[name], dtype=float)
    args = doubles(d), c.c_size_t(len(d))
    exact = call("wilcoxon_exact", Test, *args)
    nonzero = d[d != 0]
    sound(exact, signs_decide(nonzero) if len(nonzero) and not np.isnan(d).any() else None)
    for corrected in (False, True):
        t = call("wilcoxon_approximate", Test, *args, corrected)
        assert t.reason == exact.reason
        sound(t, quietly(stats.wilcoxon, d, method="asymptotic", correction=corrected))
    if len(d) == 0:
        assert reason(exact) == "empty"
    elif not d.any():
        assert reason(exact) == "no_difference"
    for horizon in (0, 1, 2, 3, 100):
        sound(call("diebold_mariano", Test, *args, c.c_size_t(horizon)))


def moments(x):
    """The moments of those values that are taken."""
    m, taken = Moments(), []
    lib.moments_add.restype = c.c_bool
    for v in x:
        if lib.moments_add(c.byref(m), c.c_double(v)):
            taken.append(v)
    return m, np.array(taken, dtype=float)


@pytest.mark.parametrize(("one", "two"), PAIRS)
def test_moments_and_student(one, two):
    (m, x), (n, _) = moments(SAMPLES[one]), moments(SAMPLES[two])
    mean, variance = (call(f"moments_{what}", Value, c.byref(m)) for what in ("mean", "variance"))
    if len(x) == 0:
        assert reason(mean) == reason(variance) == "empty"
    else:
        assert math.isclose(mean.value, math.fsum(x) / len(x), rel_tol=1e-14, abs_tol=TINY)
        assert reason(variance) == ("ok" if len(x) > 1 else "too_few")
    if len(x) > 1:
        with np.errstate(all="ignore"):
            wanted = np.var(x / 2 if one == "large" else x, ddof=1) * (4 if one == "large" else 1)
        assert math.isclose(variance.value, wanted, rel_tol=1e-9, abs_tol=1e-17), wanted
    sound(call("ttest_paired", Test, c.byref(m)), tolerance=1e-6)
    sound(call("ttest_welch", Test, c.byref(m), c.byref(n)))
    for alpha in (1e-300, 1e-9, 0.05, 0.999999, 0.0, 1.0, math.nan):
        for interval in (
            call("ttest_paired_interval", Interval, c.byref(m), alpha),
            call("ttest_welch_interval", Interval, c.byref(m), c.byref(n), alpha),
        ):
            assert math.isfinite(interval.high - interval.low)
            assert interval.low <= interval.high
            if not 0 < alpha < 1:
                assert reason(interval) == "out_of_domain"


COUNTS = (0, 1, 2, 5, 1000, 10**9, 2**53, 2**62)


def test_counts_of_any_size():
    for b, d in itertools.product(COUNTS, COUNTS):
        args = c.c_uint64(b), c.c_uint64(d)
        for name in ("mcnemar_exact", "mcnemar_mid_p"):
            sound(call(name, Test, *args))
        for corrected in (False, True):
            sound(call("mcnemar_chi2", Test, *args, corrected))
        log_e = call("seqmcnemar_log_e", c.c_double, *args)
        log_e_plus = call("seqmcnemar_log_e_plus", c.c_double, *args)
        assert math.isfinite(log_e + log_e_plus)
        assert log_e_plus <= log_e + math.log(2) + 1e-9
        for alpha in (1e-300, 0.05, 0.99):
            ci = call("mcnemar_interval", Interval, *args, c.c_uint64(b + d), alpha)
            assert ci.reason or -1 <= ci.low <= ci.high <= 1


def test_rates_of_any_size():
    for x1, n1, x2, n2 in itertools.product(COUNTS, COUNTS, COUNTS[:5], COUNTS[:5]):
        args = [c.c_uint64(v) for v in (x1, n1, x2, n2)]
        t = call("proportion_two", Test, *args)
        sound(t)
        if x1 > n1 > 0 or (n1 > 0 and x2 > n2 > 0):
            assert reason(t) == "out_of_domain"
        for alpha in (1e-300, 0.05, 0.999):
            wilson = call("proportion_wilson", Interval, *args[:2], alpha)
            ci = call("proportion_newcombe", Interval, *args, alpha)
            assert 0 <= wilson.low <= wilson.high <= 1
            assert -1 - 1e-12 <= ci.low <= ci.high <= 1 + 1e-12


def test_tables_of_any_size():
    counts = (0, 1, 3, 400, 10**7)
    for a, b, d, e in itertools.product(counts, repeat=4):
        t = call("contingency_fisher", Test, *[c.c_uint64(v) for v in (a, b, d, e)])
        small = max(a, b, d, e) <= 400
        sound(t, quietly(stats.fisher_exact, [[a, b], [d, e]]) if small else None)
        for corrected in (False, True):
            table = doubles([[a, b], [d, e]])
            t = call("contingency_chi2", Test, table, c.c_size_t(2), c.c_size_t(2), corrected)
            wanted = None
            if not t.reason:
                w = stats.chi2_contingency([[a, b], [d, e]], correction=corrected)
                wanted = float(w.pvalue)
            sound(t, wanted)


def labels_report(truth, predicted, weights):
    confusion, report = Confusion(), Report()
    lib.confusion_init(c.byref(confusion), 3)
    for row in zip(truth, predicted, weights, strict=True):
        lib.confusion_add(c.byref(confusion), int(row[0]), int(row[1]), c.c_double(row[2]))
    lib.classify_init(c.byref(report), c.byref(confusion))
    got = {k: getattr(report, k) for k in ("accuracy", "mcc", "kappa")}
    got.update({f"macro {k}": getattr(report.macro, k) for k in ("precision", "recall", "f1")})
    got = {k: (v.value, reason(v)) for k, v in got.items()}
    lib.classify_release(c.byref(report))
    lib.confusion_release(c.byref(confusion))
    return got


WEIGHTS = (0.0, 1.0, TINY, 1e-9, 1e12)


def test_labels_of_every_small_table():
    """Tables of two rows and three classes, with weights that are far apart."""
    labels = list(itertools.product(range(3), repeat=2))
    for truth, predicted in itertools.product(((0, 0), (0, 1), (2, 1)), labels):
        for weights in ((0.0, 0.0), (0.0, TINY), (1.0, 0.0), (1e-9, 1.0), (1.0, 1e12)):
            got = labels_report(truth, predicted, weights)
            assert all(math.isfinite(value) for value, _ in got.values())
            if sum(weights) == 0:
                assert {why for _, why in got.values()} == {"no_weight"}
                continue
            wanted = metrics.accuracy_score(truth, predicted, sample_weight=weights)
            assert math.isclose(got["accuracy"][0], wanted, rel_tol=1e-12)
            for name in ("mcc", "kappa"):
                assert -1 - 1e-12 <= got[name][0] <= 1 + 1e-12
            for name, score in (
                ("macro precision", metrics.precision_score),
                ("macro recall", metrics.recall_score),
                ("macro f1", metrics.f1_score),
            ):
                wanted = score(
                    truth, predicted, average="macro", sample_weight=weights, zero_division=0
                )
                assert math.isclose(got[name][0], wanted, rel_tol=1e-12), (name, weights)


def test_auc_of_every_small_ranking():
    scores = (-math.inf, -1e308, -0.0, 0.0, TINY, 0.3, math.inf)
    for n in (0, 1, 2, 3):
        for chosen in itertools.product(scores, repeat=n):
            for truth in itertools.product((0, 1), repeat=n):
                r = Ranking()
                args = doubles(chosen), c.c_size_t(1), bytes_of(truth), None, c.c_size_t(n)
                assert lib.ranking_init(c.byref(r), *args) == 0
                auc = call("auc_of", Value, c.byref(r))
                wins = [
                    (p > q) + (p == q) / 2
                    for p, t in zip(chosen, truth, strict=True)
                    for q, u in zip(chosen, truth, strict=True)
                    if t > u
                ]
                if wins:
                    assert math.isclose(auc.value, np.mean(wins), rel_tol=1e-12)
                else:
                    assert reason(auc) == (
                        "empty" if n == 0 else "no_positives" if not any(truth) else "no_negatives"
                    )
                for name in ("curve_ks", "curve_average_precision"):
                    v = call(name, Value, c.byref(r))
                    assert 0 <= v.value <= 1
                lib.ranking_release(c.byref(r))


@pytest.mark.parametrize("scale", [TINY, 1e-300, 1e-150, 1.0, 1e139])
@pytest.mark.parametrize("offset", [0.0, 1.0, 1e12])
def test_regression_of_every_small_table(scale, offset):
    lib.regression_add.restype = c.c_bool
    values = [scale * v + scale * offset for v in (0.0, 1.0, -1.0)]
    values = [v for v in values if abs(v) <= 1e140]
    names = ("r2", "r2_pearson", "mse", "rmse", "mae", "mape", "me")
    for n in (1, 2, 3):
        rows = itertools.product(itertools.product(values, values, (0.0, 1.0, 1e12)), repeat=n)
        for row in itertools.islice(rows, 0, None, 1 if n < 3 else 41):
            s = Regression()
            for y, p, w in row:
                assert lib.regression_add(c.byref(s), c.c_double(y), c.c_double(p), c.c_double(w))
            got = {k: call(f"regression_{k}", Value, c.byref(s)) for k in names}
            assert all(math.isfinite(v.value) for v in got.values())
            if sum(w for _, _, w in row) == 0:
                assert {reason(v) for v in got.values()} <= {"no_weight", "too_few"}
                continue
            y, p, w = np.array(row).T
            assert math.isclose(
                got["mae"].value, np.average(np.abs(y - p), weights=w), rel_tol=1e-9, abs_tol=TINY
            )
            assert not got["r2"].value > 1
            assert 0 <= got["r2_pearson"].value <= 1


def test_probabilities_at_their_ends():
    lib.proper_add.restype = c.c_bool
    values = (0.0, TINY, 2.0**-53, 0.5, 1 - 2.0**-53, 1.0)
    for p, truth, weight in itertools.product(values, (0, 1, 2), WEIGHTS):
        s = Proper()
        row = doubles([1 - p, p])
        assert lib.proper_add(c.byref(s), row, c.c_size_t(2), c.c_size_t(truth), c.c_double(weight))
        for name in ("proper_log_loss", "proper_brier"):
            v = call(name, Value, c.byref(s))
            if weight == 0:
                assert reason(v) == "no_weight"
            elif weight > TINY:
                assert 0 <= v.value < 37


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_ten_million_tied_rows():
    """From the counts of each value everything follows in whole numbers."""
    half, values = 5_000_000, 7
    rng = np.random.default_rng(1)
    x, y = rng.integers(0, values, half), (rng.random(half) ** 1.0005 * values).astype(int)
    a, b = (np.bincount(v, minlength=values).tolist() for v in (x, y))
    args = pair(x, y)
    ties = sum((k + m) ** 3 - (k + m) for k, m in zip(a, b, strict=True))

    u = sum(a[i] * (2 * sum(b[:i]) + b[i]) for i in range(values)) / 2
    n = 2 * half
    sd = math.sqrt(half * half / 12 * ((n + 1) - ties / (n * (n - 1))))
    t = call("mannwhitney_approximate", Test, *args)
    assert t.statistic == u
    sound(t, 2 * stats.norm.sf((abs(u - half * half / 2) - 0.5) / sd))

    gap = max(abs(sum(a[:i]) - sum(b[:i])) for i in range(values)) / half
    t = call("kstest_limit", Test, *args)
    assert math.isclose(t.statistic, gap, rel_tol=1e-15)
    sound(t, stats.kstwobign.sf(gap * math.sqrt(half / 2)))

    d = doubles(np.concatenate([x + 1.0, -(y + 1.0)]))
    t = call("wilcoxon_approximate", Test, d, c.c_size_t(n), False)
    plus = sum(a[i] * (2 * sum(a[:i]) + 2 * sum(b[:i]) + a[i] + b[i] + 1) for i in range(values))
    assert t.statistic == plus / 2
    sd = math.sqrt((n * (n + 1) * (2 * n + 1) - ties / 2) / 24)
    sound(t, 2 * stats.norm.sf(abs(plus / 2 - n * (n + 1) / 4) / sd))
