"""Special functions and distributions against scipy over wide ranges of parameters."""

import ctypes as c
import math
from fractions import Fraction

import numpy as np
import pytest
from crisolstats import call

special = pytest.importorskip("scipy.special", reason="scipy is not installed")
stats = pytest.importorskip("scipy.stats", reason="scipy is not installed")


def got(name, *args):
    return call(name, c.c_double, *[float(a) for a in args])


def power(rng, low, high):
    return 10 ** rng.uniform(low, high)


def near_the_middle(rng):
    a, b = power(rng, 0, 4), power(rng, 0, 4)
    sd = math.sqrt(a * b / (a + b) ** 2 / (a + b + 1))
    return a, b, float(np.clip(a / (a + b) + 3 * sd * rng.normal(), 0, 1))


CASES = [
    # function, oracle, arguments, relative tolerance
    ("special_log_beta", special.betaln, lambda r: (power(r, -3, 3), power(r, -3, 3)), 1e-11),
    ("special_beta_inc", special.betainc, near_the_middle, 1e-11),
    (
        "special_beta_inc",
        special.betainc,
        lambda r: (power(r, -2, 2), power(r, -2, 2), r.random()),
        1e-11,
    ),
    ("special_gamma_p", special.gammainc, lambda r: (power(r, -2, 3), power(r, -3, 3)), 1e-11),
    ("special_gamma_q", special.gammaincc, lambda r: (power(r, -2, 2), power(r, -3, 2)), 1e-11),
    (
        "special_beta_inc_inverse",
        special.betaincinv,
        lambda r: (power(r, -1, 4), power(r, -1, 4), r.random()),
        1e-10,
    ),
    (
        "special_gamma_p_inverse",
        special.gammaincinv,
        lambda r: (power(r, -1, 4), r.random()),
        1e-11,
    ),
    (
        "special_gamma_q_inverse",
        special.gammainccinv,
        lambda r: (power(r, -1, 4), power(r, -200, 0)),
        1e-11,
    ),
    ("normal_cdf", special.ndtr, lambda r: (r.uniform(-37, 8),), 1e-12),
    ("normal_log_cdf", special.log_ndtr, lambda r: (-power(r, -2, 5),), 1e-12),
    ("normal_quantile", special.ndtri, lambda r: (power(r, -300, 0),), 1e-12),
    ("dist_student_sf", stats.t.sf, lambda r: (5 * r.normal(), power(r, -0.5, 5)), 1e-11),
    ("dist_student_quantile", stats.t.ppf, lambda r: (r.random(), power(r, -0.3, 5)), 1e-10),
    ("dist_student_sf", stats.t.sf, lambda r: (power(r, 0, 60), power(r, -0.3, 2)), 1e-10),
    ("normal_sf", stats.norm.sf, lambda r: (r.uniform(-8, 37),), 1e-12),
    (
        "normal_two_sided",
        lambda z: 2 * stats.norm.sf(abs(z)),
        lambda r: (r.uniform(-37, 37),),
        1e-12,
    ),
    (
        "dist_beta_quantile",
        stats.beta.ppf,
        lambda r: (r.random(), power(r, 0, 3), power(r, 0, 3)),
        1e-10,
    ),
    ("dist_chi2_sf", stats.chi2.sf, lambda r: (power(r, -3, 3), power(r, -0.3, 2)), 1e-10),
    ("dist_chi2_quantile", stats.chi2.ppf, lambda r: (r.random(), power(r, -0.3, 3)), 1e-10),
    ("dist_f_sf", stats.f.sf, lambda r: (power(r, -1, 1), power(r, 0, 2), power(r, 0, 2)), 1e-10),
    (
        "dist_binomial_cdf",
        stats.binom.cdf,
        lambda r: (r.integers(0, 300), 300, r.random()),
        1e-10,
    ),
    (
        "dist_binomial_pmf",
        stats.binom.pmf,
        lambda r: (r.integers(0, 3000), 3000, r.random()),
        1e-10,
    ),
    ("kolmogorov_sf", special.kolmogorov, lambda r: (r.uniform(0, 6),), 1e-12),
]


@pytest.mark.parametrize(("name", "oracle", "arguments", "tolerance"), CASES)
def test_against_scipy(name, oracle, arguments, tolerance):
    rng = np.random.default_rng(7)
    for _ in range(1500):
        args = arguments(rng)
        wanted = float(oracle(*args))
        if abs(wanted) < 1e-290:  # where scipy's own tails give up
            continue
        assert math.isclose(got(name, *args), wanted, rel_tol=tolerance, abs_tol=1e-300), args


def log_of_a_tail(numerators, denominator):
    """ln(sum / denominator) of whole numbers of any size."""
    total = sum(numerators)
    shift = max(0, total.bit_length() - 1000)
    down = max(0, denominator.bit_length() - 1000)
    return math.log(total >> shift) - math.log(denominator >> down) + (shift - down) * math.log(2)


def test_log_beta_far_below_the_smallest_double():
    # For whole parameters I_{1/2}(a, b) is a binomial tail: a sum of whole numbers over 2^n.
    rng = np.random.default_rng(5)
    for a, b in [(2000, 3), (5000, 100), (3, 2000), (1500, 1500), (1, 4000), (4000, 1)] + [
        tuple(int(v) for v in rng.integers(1, 3000, 2)) for _ in range(20)
    ]:
        n = a + b - 1
        wanted = log_of_a_tail((math.comb(n, j) for j in range(a, n + 1)), 2**n)
        log_i = got("special_log_beta_inc", a, b, 0.5)
        assert math.isclose(log_i, wanted, rel_tol=1e-12, abs_tol=1e-12), (a, b)


def test_logarithms_go_on_where_the_doubles_end():
    # ln sf of the normal by its asymptotic series in exact fractions.
    for x in (50, 1000, 10**6):
        series = sum(
            Fraction((-1) ** k * math.prod(range(1, 2 * k, 2)), x ** (2 * k)) for k in range(8)
        )
        wanted = -0.5 * x * x - 0.5 * math.log(2 * math.pi) - math.log(x) + math.log(series)
        assert math.isclose(got("normal_log_cdf", -x), wanted, rel_tol=1e-15)


def test_large_parameters_against_the_normal_limit_of_the_beta():
    # scipy loses digits here; the median of a symmetric beta is a half at any size.
    for a in (1.0, 1e3, 1e5, 1e7):
        assert math.isclose(got("special_beta_inc", a, a, 0.5), 0.5, rel_tol=1e-9)


@pytest.mark.parametrize(("low", "high", "tolerance"), [(1, 140, 1e-9), (141, 499, 1e-4)])
def test_kolmogorov_of_finite_samples(low, high, tolerance):
    rng = np.random.default_rng(3)
    for _ in range(100):
        n = int(rng.integers(low, high))
        d = min(0.999, rng.uniform(0.3, 3) / math.sqrt(n))
        wanted = stats.kstwo.sf(d, n)
        value = call("kolmogorov_finite_sf", c.c_double, c.c_uint64(n), d)
        assert math.isclose(value, wanted, rel_tol=tolerance), (n, d)


def test_kolmogorov_of_large_samples():
    rng = np.random.default_rng(4)
    for _ in range(40):
        n = int(rng.integers(500, 20000))
        d = rng.uniform(0.3, 3) / math.sqrt(n)
        value = call("kolmogorov_finite_sf", c.c_double, c.c_uint64(n), d)
        assert abs(value - stats.kstwo.sf(d, n)) < 3e-5, (n, d)
