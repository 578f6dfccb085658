"""Evidence that may be looked at at any time, against its definitions."""

import ctypes as c
import math

import numpy as np
import pytest
from crisolstats import Interval, call, doubles, lib

stats = pytest.importorskip("scipy.stats", reason="scipy is not installed")


def near(got, wanted, relative=1e-11, absolute=1e-14):
    assert math.isclose(got, wanted, rel_tol=relative, abs_tol=absolute), (got, wanted)


def size(n):
    return c.c_size_t(n)


def test_sequential_mcnemar_against_its_integral():
    # The mixture is an integral over the chance of a win, uniform on [0, 1] or on [1/2, 1].
    for b, d in ((0, 0), (3, 1), (20, 31), (60, 20)):
        grid = np.linspace(0, 1, 400001)
        likelihood = (2 * grid) ** b * (2 * (1 - grid)) ** d
        args = (c.c_uint64(b), c.c_uint64(d))
        two = np.trapezoid(likelihood, grid)
        near(math.exp(call("seqmcnemar_log_e", c.c_double, *args)), two, 1e-7)
        upper = grid >= 0.5
        one = 2 * np.trapezoid(likelihood[upper], grid[upper])
        near(math.exp(call("seqmcnemar_log_e_plus", c.c_double, *args)), one, 1e-7)


def test_one_sided_confidence_sequence_against_its_integral():
    # A half-normal mixture over the drift of a Brownian motion.
    n, mean, sd, rho2 = 150.0, 0.11, 0.9, 0.01
    t = n * mean / sd
    grid = np.linspace(0, 12 * math.sqrt(rho2), 400001)
    density = 2 * stats.norm.pdf(grid, 0, math.sqrt(rho2))
    e = np.trapezoid(np.exp(grid * t - n * grid**2 / 2) * density, grid)
    near(call("confseq_log_e_plus", c.c_double, n, mean, sd, rho2), math.log(e), 1e-7)


class Bernstein(c.Structure):
    _fields_ = [("alpha", c.c_double), ("rows", c.c_uint64)] + [
        (name, c.c_double) for name in ("sum", "square", "bets", "won", "cost", "low", "high")
    ]


def empirical_bernstein(x, alpha):
    """Theorem 2 of Waudby-Smith & Ramdas with its plug-in bets, array by array: all limits."""
    t = np.arange(1, len(x) + 1)
    mean = (0.5 + np.cumsum(x)) / (t + 1)
    variance = (0.25 + np.cumsum((x - mean) ** 2)) / (t + 1)
    mean_before, variance_before = np.append(0.5, mean[:-1]), np.append(0.25, variance[:-1])
    bets = np.sqrt(2 * np.log(2 / alpha) / (variance_before * t * np.log(1 + t))).clip(max=0.5)
    v, psi = 4 * (x - mean_before) ** 2, (-np.log(1 - bets) - bets) / 4
    centre = np.cumsum(bets * x) / np.cumsum(bets)
    half = (np.log(2 / alpha) + np.cumsum(v * psi)) / np.cumsum(bets)
    low, high = centre - half, centre + half
    log_e = np.cumsum(bets * x) - 0.3 * np.cumsum(bets) - np.cumsum(v * psi)
    return np.maximum.accumulate(low.clip(0)), np.minimum.accumulate(high.clip(max=1)), log_e


@pytest.mark.parametrize("alpha", [0.2, 0.05, 1e-6])
@pytest.mark.parametrize("kind", ["rare", "even", "constant", "ends"])
def test_empirical_bernstein(alpha, kind):
    rng = np.random.default_rng(13)
    x = {
        "rare": (rng.random(500) < 0.03).astype(float),
        "even": rng.random(500),
        "constant": np.full(500, 0.4),
        "ends": np.tile([0.0, 1.0], 250),
    }[kind]
    b = Bernstein()
    lib.bernstein_init(c.byref(b), c.c_double(alpha))
    for value, low, high, log_e in zip(x, *empirical_bernstein(x, alpha), strict=True):
        assert call("bernstein_add", c.c_bool, c.byref(b), float(value))
        ci = call("bernstein_interval", Interval, c.byref(b))
        near(ci.low, low, 1e-10, 1e-12)
        near(ci.high, high, 1e-10, 1e-12)
        near(call("bernstein_log_e", c.c_double, c.byref(b), 0.3), log_e, 1e-9, 1e-11)


@pytest.mark.parametrize("alpha", [0.2, 0.05, 1e-3])
@pytest.mark.parametrize(
    "times", [(1.0,), (0.5, 1.0), (0.1, 0.6, 0.9), (0.3, 0.31, 1.0), (0.25, 0.5, 0.75, 1.0)]
)
def test_group_sequential_boundaries_spend_what_they_should(alpha, times):
    looks = len(times)
    z = doubles(np.zeros(looks))
    code = call("groupseq_boundaries", c.c_int, doubles(times), size(looks), alpha, z)
    assert code == 0
    t = np.array(times)
    correlation = np.sqrt(np.minimum.outer(t, t) / np.maximum.outer(t, t))
    for k in range(1, looks + 1):
        spent = 2 * stats.norm.sf(stats.norm.isf(alpha / 2) / math.sqrt(t[k - 1]))
        near(call("groupseq_spent", c.c_double, float(t[k - 1]), alpha), spent, 1e-10, 1e-300)
        if z.array[k - 1] >= 8:
            continue  # given as 8
        inside = stats.multivariate_normal(np.zeros(k), correlation[:k, :k]).cdf(
            z.array[:k], lower_limit=-z.array[:k], rng=np.random.default_rng(1)
        )
        near(1 - inside, spent, 2e-3, 2e-5)
