"""Tests for fixed samples against scipy, statsmodels and R."""

import ctypes as c
import itertools
import json
import math
import shutil
import subprocess

import numpy as np
import pytest
from crisolstats import (
    Interval,
    Moments,
    Test,
    Value,
    bytes_of,
    call,
    doubles,
    lib,
    number,
    reason,
    u64,
)

stats = pytest.importorskip("scipy.stats", reason="scipy is not installed")


def near(got, wanted, relative=1e-10, absolute=1e-14):
    assert math.isclose(got, wanted, rel_tol=relative, abs_tol=absolute), (got, wanted)


def size(n):
    return c.c_size_t(n)


def sample(rng, n, kind):
    x = rng.normal(0.2, 1, n)
    if kind == "ties":
        x = np.round(x * 2) / 2
    elif kind == "heavy":
        x = rng.standard_t(1.5, n)
    elif kind == "huge mean":
        x = x + 1e8
    elif kind == "tiny":
        x = x * 1e-120
    return x


KINDS = ["plain", "ties", "heavy", "huge mean", "tiny"]


def moments(x):
    m = Moments()
    lib.moments_add.restype = c.c_bool
    for v in x:
        assert lib.moments_add(c.byref(m), c.c_double(v))
    return m


@pytest.mark.parametrize("kind", KINDS)
def test_student(kind):
    rng = np.random.default_rng(KINDS.index(kind))
    for n, m in ((2, 2), (2, 9), (10, 7), (300, 40)):
        x, y = sample(rng, n, kind), sample(rng, m, kind)
        if np.ptp(x) == 0 or np.ptp(y) == 0:
            continue
        t = call("ttest_paired", Test, c.byref(moments(x)))
        wanted = stats.ttest_1samp(x, 0)
        tolerance = 1e-6 if kind == "huge mean" else 1e-10
        near(t.statistic, wanted.statistic, tolerance)
        near(t.p, wanted.pvalue, max(1e-9, n * tolerance))
        ci = call("ttest_paired_interval", Interval, c.byref(moments(x)), 0.05)
        low, high = wanted.confidence_interval(0.95)
        near(ci.low, low, 1e-8)
        near(ci.high, high, 1e-8)
        t = call("ttest_welch", Test, c.byref(moments(x)), c.byref(moments(y)))
        scale = 1e120 if kind == "tiny" else 1  # scipy's own squares would underflow
        wanted = stats.ttest_ind(x * scale, y * scale, equal_var=False)
        near(t.statistic, wanted.statistic, 1e-6)
        near(t.p, wanted.pvalue, 1e-6)
        near(t.df, wanted.df, 1e-6)


@pytest.mark.parametrize("kind", ["plain", "ties", "heavy"])
def test_wilcoxon(kind):
    rng = np.random.default_rng(11)
    for n in (1, 2, 3, 8, 25, 50, 400):
        d = sample(rng, n, kind)
        if not d.any():
            continue
        t = call("wilcoxon_approximate", Test, doubles(d), size(n), False)
        w = stats.wilcoxon(d, method="asymptotic", zero_method="wilcox")
        ranks = stats.rankdata(np.abs(d[d != 0]))
        near(t.statistic, ranks[d[d != 0] > 0].sum())
        near(t.p, w.pvalue)
        t = call("wilcoxon_approximate", Test, doubles(d), size(n), True)
        w = stats.wilcoxon(d, method="asymptotic", zero_method="wilcox", correction=True)
        near(t.p, w.pvalue)
        if kind != "ties" and n <= 50:
            t = call("wilcoxon_exact", Test, doubles(d), size(n))
            near(t.p, stats.wilcoxon(d, method="exact").pvalue)


def test_wilcoxon_exact_with_ties_is_the_permutation_distribution():
    d = np.array([1.0, 1, -1, 2, 2, -3, 4, 0, 5, 5, -5])
    t = call("wilcoxon_exact", Test, doubles(d), size(len(d)))
    nonzero = d[d != 0]
    ranks = stats.rankdata(np.abs(nonzero))
    signs = (np.arange(2 ** len(nonzero))[:, None] >> np.arange(len(nonzero))) & 1
    sums = signs @ ranks
    w = ranks[nonzero > 0].sum()
    near(t.statistic, w)
    near(t.p, min(1, 2 * min((sums <= w).mean(), (sums >= w).mean())))


@pytest.mark.parametrize("kind", ["plain", "ties", "heavy"])
def test_mann_whitney(kind):
    rng = np.random.default_rng(12)
    for n, m in ((1, 1), (1, 7), (3, 2), (20, 30), (200, 90)):
        x, y = sample(rng, n, kind), sample(rng, m, kind)
        t = call("mannwhitney_approximate", Test, doubles(x), size(n), doubles(y), size(m))
        if len(set(x) | set(y)) == 1:
            assert reason(t) == "constant"
            continue
        w = stats.mannwhitneyu(x, y, method="asymptotic")
        near(t.statistic, w.statistic)
        near(t.p, w.pvalue)
        if kind != "ties" and n * m <= 10000:
            t = call("mannwhitney_exact", Test, doubles(x), size(n), doubles(y), size(m))
            near(t.p, stats.mannwhitneyu(x, y, method="exact").pvalue)


@pytest.mark.parametrize("kind", ["plain", "ties", "heavy"])
def test_kolmogorov_smirnov(kind):
    rng = np.random.default_rng(13)
    for n, m in ((2, 2), (3, 9), (25, 20), (100, 100), (300, 170)):
        x, y = sample(rng, n, kind), sample(rng, m, kind) + 0.3
        args = (doubles(x), size(n), doubles(y), size(m))
        t = call("kstest_exact", Test, *args)
        w = stats.ks_2samp(x, y, method="exact")
        near(t.statistic, w.statistic)
        near(t.p, w.pvalue, 1e-9)
        t = call("kstest_asymptotic", Test, *args)
        near(t.p, stats.ks_2samp(x, y, method="asymp").pvalue, 1e-4)


SIZES = ((2, 2), (2, 3), (9, 3), (12, 12), (20, 19), (20, 20), (6, 18), (30, 15))


@pytest.mark.parametrize("kind", ["plain", "heavy"])
@pytest.mark.parametrize("shift", [0, 0.3, 1.5, 50])
def test_cramer_von_mises_exact(kind, shift):
    rng = np.random.default_rng(31)
    for n, m in SIZES:
        x, y = sample(rng, n, kind), sample(rng, m, kind) + shift
        t = call("cramervonmises_exact", Test, doubles(x), size(n), doubles(y), size(m))
        w = stats.cramervonmises_2samp(x, y, method="exact")
        near(t.statistic, w.statistic)
        near(t.p, w.pvalue)


def cramer_von_mises_u(ranks, first):
    """Anderson's U when the ranks at `first` are those of the first sample."""
    x, y = np.sort(ranks[first]), np.sort(np.delete(ranks, first))
    u = len(x) * ((x - np.arange(1, len(x) + 1)) ** 2).sum()
    return u + len(y) * ((y - np.arange(1, len(y) + 1)) ** 2).sum()


@pytest.mark.parametrize("values", [1, 2, 3, 6, 20])
def test_cramer_von_mises_exact_with_ties_is_the_permutation_distribution(values):
    rng = np.random.default_rng(32)
    for n, m in ((2, 2), (3, 2), (3, 3), (4, 6), (7, 5)):
        x, y = rng.integers(0, values, n) * 1.0, rng.integers(0, values, m) + values // 3 * 1.0
        ranks = stats.rankdata(np.concatenate([x, y]))
        seen = cramer_von_mises_u(ranks, list(range(n)))
        dealt = [
            cramer_von_mises_u(ranks, list(first))
            for first in itertools.combinations(range(n + m), n)
        ]
        t = call("cramervonmises_exact", Test, doubles(x), size(n), doubles(y), size(m))
        near(t.statistic, stats.cramervonmises_2samp(x, y).statistic)
        near(t.p, np.mean(np.array(dealt) >= seen - 1e-9))


@pytest.mark.parametrize("kind", ["plain", "ties", "heavy"])
def test_cramer_von_mises_asymptotic(kind):
    rng = np.random.default_rng(13)
    for n, m in ((2, 2), (3, 9), (25, 20), (100, 100), (300, 170)):
        x, y = sample(rng, n, kind), sample(rng, m, kind) + 0.3
        t = call("cramervonmises_asymptotic", Test, doubles(x), size(n), doubles(y), size(m))
        w = stats.cramervonmises_2samp(x, y, method="asymptotic")
        near(t.statistic, w.statistic)
        near(t.p, w.pvalue, 1e-7, 1e-9)


def test_mcnemar():
    contingency = pytest.importorskip(
        "statsmodels.stats.contingency_tables", reason="statsmodels is not installed"
    )
    rng = np.random.default_rng(14)
    for _ in range(300):
        b, d = (int(v) for v in rng.integers(0, 60, 2))
        table = [[50, b], [d, 40]]
        t = call("mcnemar_exact", Test, c.c_uint64(b), c.c_uint64(d))
        near(t.p, float(contingency.mcnemar(table, exact=True).pvalue))
        if b + d == 0:
            continue
        for corrected in (False, True):
            t = call("mcnemar_chi2", Test, c.c_uint64(b), c.c_uint64(d), corrected)
            if corrected and b == d:
                near(t.p, 1)  # statsmodels lets (|b-c|-1)^2 grow below a difference of 1
                continue
            w = contingency.mcnemar(table, exact=False, correction=corrected)
            near(t.statistic, w.statistic)
            near(t.p, w.pvalue)


def test_mcnemar_score_interval():
    """The limits are where the score statistic of the definition reaches its quantile."""
    for b, d, n in ((12, 2, 100), (0, 0, 20), (5, 0, 30), (300, 250, 10000)):
        args = (c.c_uint64(b), c.c_uint64(d), c.c_uint64(n))
        ci = call("mcnemar_interval", Interval, *args, 0.05)
        assert -1 <= ci.low <= (b - d) / n <= ci.high <= 1
        for limit in (ci.low, ci.high):
            linear = -b - d + (2 * n - b + d) * limit
            p = (math.sqrt(linear**2 + 8 * n * d * limit * (1 - limit)) - linear) / (4 * n)
            z = (b - d - n * limit) / math.sqrt(n * (2 * p + limit * (1 - limit)))
            near(abs(z), 1.959963984540054, 1e-6)


def test_contingency_and_fisher():
    rng = np.random.default_rng(15)
    for _ in range(200):
        shape = rng.integers(2, 6, 2)
        table = rng.integers(0, 40, shape) + 1
        t = call("contingency_chi2", Test, doubles(table), size(shape[0]), size(shape[1]), False)
        w = stats.chi2_contingency(table, correction=False)
        near(t.statistic, w.statistic)
        near(t.p, w.pvalue)
        two = rng.integers(0, 30, (2, 2))
        t = call("contingency_fisher", Test, *[c.c_uint64(int(v)) for v in two.ravel()])
        near(t.p, stats.fisher_exact(two)[1] if two.sum() else 1, 1e-8)
        if two.sum(axis=0).all() and two.sum(axis=1).all():
            t = call("contingency_chi2", Test, doubles(two), size(2), size(2), True)
            w = stats.chi2_contingency(two, correction=True)
            near(t.p, w.pvalue)


def test_proportions():
    proportion = pytest.importorskip(
        "statsmodels.stats.proportion", reason="statsmodels is not installed"
    )
    rng = np.random.default_rng(16)
    for _ in range(200):
        n1, n2 = (int(v) for v in rng.integers(1, 2000, 2))
        x1, x2 = int(rng.integers(0, n1 + 1)), int(rng.integers(0, n2 + 1))
        alpha = float(rng.uniform(0.001, 0.3))
        args = [c.c_uint64(v) for v in (x1, n1, x2, n2)]
        ci = call("proportion_wilson", Interval, args[0], args[1], alpha)
        low, high = proportion.proportion_confint(x1, n1, alpha, method="wilson")
        near(ci.low, max(low, 0), 1e-9, 1e-12)
        near(ci.high, min(high, 1), 1e-9, 1e-12)
        ci = call("proportion_newcombe", Interval, *args, alpha)
        low, high = proportion.confint_proportions_2indep(
            x1, n1, x2, n2, method="newcomb", compare="diff", alpha=alpha
        )
        near(ci.low, low, 1e-8, 1e-11)
        near(ci.high, high, 1e-8, 1e-11)
        if 0 < x1 + x2 < n1 + n2:
            t = call("proportion_two", Test, *args)
            z, p = proportion.proportions_ztest([x1, x2], [n1, n2])
            near(t.statistic, z, 1e-9, 1e-12)
            near(t.p, p, 1e-9)


def test_allocation():
    rng = np.random.default_rng(17)
    for _ in range(100):
        k = int(rng.integers(2, 6))
        shares = rng.dirichlet(np.ones(k)) + 0.01
        units = rng.multinomial(1000, shares / shares.sum())
        t = call("proportion_allocation", Test, u64(units), doubles(shares), size(k))
        w = stats.chisquare(units, 1000 * shares / shares.sum())
        near(t.statistic, w.statistic)
        near(t.p, w.pvalue)
        log_e = call("proportion_allocation_log_e", Value, u64(units), doubles(shares), size(k))
        wanted = stats.dirichlet_multinomial.logpmf(units, np.ones(k), 1000) - (
            stats.multinomial.logpmf(units, 1000, shares / shares.sum())
        )
        near(number(log_e), wanted, 1e-9, 1e-9)


def test_holm_and_benjamini_hochberg():
    multitest = pytest.importorskip(
        "statsmodels.stats.multitest", reason="statsmodels is not installed"
    )
    rng = np.random.default_rng(18)
    for n in (1, 2, 5, 100):
        p = np.round(rng.random(n) ** 3, 2)
        for name, method in (
            ("multiple_holm", "holm"),
            ("multiple_benjamini_hochberg", "fdr_bh"),
        ):
            adjusted = np.zeros(n)
            call(name, None, doubles(p), size(n), doubles(adjusted))
            np.testing.assert_allclose(
                adjusted, multitest.multipletests(p, method=method)[1], rtol=1e-12
            )


class Delong(c.Structure):
    _fields_ = [
        ("auc_a", Value),
        ("auc_b", Value),
        ("difference", c.c_double),
        ("variance_a", c.c_double),
        ("variance_b", c.c_double),
        ("covariance", c.c_double),
        ("variance", c.c_double),
        ("test", Test),
    ]


def delong_by_definition(a, b, positive):
    """All pairs: the formula of the paper, without ranks."""
    rows = []
    for scores in (a, b):
        x, z = scores[positive == 1], scores[positive == 0]
        psi = (x[:, None] > z) + 0.5 * (x[:, None] == z)
        rows.append((psi.mean(axis=1), psi.mean(axis=0)))
    v10, v01 = np.array([r[0] for r in rows]), np.array([r[1] for r in rows])
    s = np.cov(v10) / v10.shape[1] + np.cov(v01) / v01.shape[1]
    return v10.mean(axis=1), s


@pytest.mark.parametrize("rounding", [12, 1])
def test_delong(rounding):
    rng = np.random.default_rng(19)
    for n in (14, 40, 500):
        positive = (rng.random(n) < 0.4).astype(np.uint8)
        positive[:4] = [0, 0, 1, 1]
        a = np.round(rng.normal(positive, 1), rounding)
        b = np.round(a + rng.normal(0, 1, n), rounding)
        d = call("delong_paired", Delong, doubles(a), doubles(b), bytes_of(positive), size(n))
        auc, s = delong_by_definition(a, b, positive)
        near(number(d.auc_a), auc[0])
        near(d.difference, auc[0] - auc[1], 1e-9, 1e-12)
        near(d.variance_a, s[0, 0])
        near(d.covariance, s[0, 1], 1e-9, 1e-12)
        near(d.variance, s[0, 0] + s[1, 1] - 2 * s[0, 1], 1e-9, 1e-12)
        z = (auc[0] - auc[1]) / math.sqrt(s[0, 0] + s[1, 1] - 2 * s[0, 1])
        near(d.test.p, 2 * stats.norm.sf(abs(z)), 1e-8)


def test_diebold_mariano():
    rng = np.random.default_rng(20)
    for n, h in ((30, 1), (100, 2), (400, 5)):
        d = np.convolve(rng.normal(0.1, 1, n + h), np.ones(h), "valid")[:n]
        t = call("diebold_mariano", Test, doubles(d), size(n), size(h))
        centred = d - d.mean()
        gamma = [centred[k:] @ centred[: n - k] / n for k in range(h)]
        dm = d.mean() / math.sqrt((gamma[0] + 2 * sum(gamma[1:])) / n)
        dm *= math.sqrt((n + 1 - 2 * h + h * (h - 1) / n) / n)
        near(t.statistic, dm)
        near(t.p, 2 * stats.t.sf(abs(dm), n - 1))


R_SCRIPT = """
x <- c(%s); y <- c(%s); d <- c(%s)
q <- function(v) sprintf("%%.17g", v)
cat(sprintf('{"ks": %%s, "w": %%s, "v": %%s, "t": %%s, "welch": %%s, "mw": %%s, "fisher": %%s,
  "mcnemar": %%s, "prop": %%s}',
  q(ks.test(x, y, exact = TRUE)$p.value), q(wilcox.test(d, exact = TRUE)$p.value),
  q(wilcox.test(d, exact = FALSE)$p.value), q(t.test(d)$p.value), q(t.test(x, y)$p.value),
  q(wilcox.test(x, y, exact = TRUE)$p.value),
  q(fisher.test(matrix(c(12, 5, 7, 30), 2))$p.value),
  q(mcnemar.test(matrix(c(50, 5, 15, 40), 2))$p.value),
  q(prop.test(c(120, 150), c(1000, 1000))$p.value)))
"""


@pytest.mark.skipif(shutil.which("Rscript") is None, reason="R is not installed")
def test_r():
    rng = np.random.default_rng(21)
    x, y, d = rng.normal(0, 1, 17), rng.normal(0.5, 1, 23), rng.normal(0.3, 1, 31)
    script = R_SCRIPT % tuple(",".join(repr(float(v)) for v in s) for s in (x, y, d))
    r = json.loads(
        subprocess.run(["Rscript", "-e", script], capture_output=True, check=True).stdout
    )
    pair = (doubles(x), size(17), doubles(y), size(23))
    near(call("kstest_exact", Test, *pair).p, r["ks"])
    near(call("wilcoxon_exact", Test, doubles(d), size(31)).p, r["w"])
    near(call("wilcoxon_approximate", Test, doubles(d), size(31), True).p, r["v"])
    near(call("ttest_paired", Test, c.byref(moments(d))).p, r["t"])
    near(call("ttest_welch", Test, c.byref(moments(x)), c.byref(moments(y))).p, r["welch"])
    near(call("mannwhitney_exact", Test, *pair).p, r["mw"])
    fisher = call("contingency_fisher", Test, *[c.c_uint64(v) for v in (12, 7, 5, 30)])
    near(fisher.p, r["fisher"], 1e-8)
    near(call("mcnemar_chi2", Test, c.c_uint64(15), c.c_uint64(5), True).p, r["mcnemar"])
    table = doubles([[120, 880], [150, 850]])
    near(call("contingency_chi2", Test, table, size(2), size(2), True).p, r["prop"])
