"""Runs the C program whose path is given, times the same work in Python, prints both."""

import subprocess
import sys
import time
from collections.abc import Callable

import numpy as np
import scipy
import scipy.stats
import sklearn
import sklearn.metrics as metrics

ROWS, SAMPLE, FEW = 1_000_000, 100_000, 40
TARGETS = {  # issue's limits, in the unit of the line
    "add a labelled prediction with three shadows": 1000,
    "merge 200 hours of 50 features x 22 bins": 1,
    "exact AUC of 1 000 000 scores": 150,
    "drift report of 100 features x 22 bins": 2,
}


def drift_in_scipy(reference: np.ndarray, current: np.ndarray) -> None:
    p_values = [
        scipy.stats.chi2_contingency(np.array(pair), correction=False).pvalue
        for pair in zip(reference, current, strict=True)
    ]
    scipy.stats.false_discovery_control(p_values)
    for r, c in zip(reference, current, strict=True):
        p, q = (r + 0.5) / (r.sum() + 11), (c + 0.5) / (c.sum() + 11)
        float(((p - q) * np.log(p / q)).sum())


def work() -> dict[str, Callable[[], object]]:
    rng = np.random.default_rng(1)
    positive = rng.random(ROWS) < 0.1
    x = 1 / (1 + np.exp(1 - positive - rng.normal(size=ROWS)))
    y = x + 0.1 * rng.normal(size=ROWS)
    hours = rng.integers(0, 100, (200, 50, 22))
    reference, current = rng.integers(1, 100, (100, 22)), rng.integers(1, 20, (100, 22))
    a, b = x[:SAMPLE], y[:SAMPLE]
    return {
        "merge 200 hours of 50 features x 22 bins": lambda: hours.sum(axis=0),
        "exact AUC of 1 000 000 scores": lambda: metrics.roc_auc_score(positive, x),
        "labels: confusion, P, R, F1 of 1 000 000 rows": lambda: (
            metrics.confusion_matrix(positive, x >= 0.5),
            metrics.precision_recall_fscore_support(positive, x >= 0.5),
        ),
        "regression: R2 and MAE of 1 000 000 rows": lambda: (
            metrics.r2_score(x, y),
            metrics.mean_absolute_error(x, y),
        ),
        "Kolmogorov-Smirnov, 100 000 against 100 000": lambda: scipy.stats.ks_2samp(
            a, b, method="asymp"
        ),
        "Mann-Whitney, 100 000 against 100 000": lambda: scipy.stats.mannwhitneyu(
            a, b, method="asymptotic"
        ),
        "Cramer-von Mises, exact, 40 against 40": lambda: scipy.stats.cramervonmises_2samp(
            a[:FEW], b[:FEW], method="exact"
        ),
        "Wilcoxon signed rank, 100 000 rows": lambda: scipy.stats.wilcoxon(b, method="asymptotic"),
        "drift report of 100 features x 22 bins": lambda: drift_in_scipy(reference, current),
    }


def best_ms(f: Callable[[], object]) -> float:
    spent = []
    for _ in range(3):
        start = time.perf_counter()
        f()
        spent.append(time.perf_counter() - start)
    return min(spent) * 1e3


def short(figure: float) -> str:
    """Three digits, or the whole number where that is longer."""
    return f"{figure:.3g}" if figure < 1000 else f"{figure:.0f}"


def main() -> None:
    done = subprocess.run([sys.argv[1]], capture_output=True, text=True, check=True)
    peers = {name: best_ms(f) for name, f in work().items()}
    print(
        f"Python: NumPy {np.__version__}, scipy {scipy.__version__}, "
        f"scikit-learn {sklearn.__version__}; best of 3 (C: best of 5)\n"
    )
    print(f"| {'work':48} | {'Crisol':>10} | {'target':>8} | {'Python':>10} | ratio |")
    print(f"|{'-' * 50}|{'-' * 11}:|{'-' * 9}:|{'-' * 11}:|------:|")
    for line in done.stdout.splitlines():
        name, unit, figure = line.split("\t")
        target = f"< {TARGETS[name]} {unit}" if name in TARGETS else ""
        peer, ratio = "", ""
        if name in peers:
            peer = f"{short(peers[name])} ms"
            ratio = short(peers[name] / float(figure))
        print(f"| {name:48} | {figure + ' ' + unit:>10} | {target:>8} | {peer:>10} | {ratio:>5} |")


if __name__ == "__main__":
    main()
