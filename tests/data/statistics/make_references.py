"""Prints the references of tests/engine/statistics_test.cpp as C++. Run with scipy 1.17.1, numpy 2.4, scikit-learn 1.9.1."""

import numpy as np
from scipy import stats
from sklearn.metrics import roc_auc_score

for freedom in (1, 2, 4, 9, 29, 1000, 2.5):
    for probability in (0.025, 0.6, 0.95, 0.975, 0.9995):
        print(f"      {{{probability}, {freedom}, {stats.t.ppf(probability, freedom):.15g}}},")
ours, theirs = np.array([0.954, 0.934, 0.942, 0.976, 0.972]), np.array([0.838, 0.914, 0.888, 0.922, 0.944])
for values in (ours, ours - theirs):
    low, high = stats.t.interval(0.95, len(values) - 1, values.mean(), stats.sem(values))
    print(f"mean {values.mean():.15g} low {low:.15g} high {high:.15g}")
scores, positives = [0.1, 0.4, 0.4, 0.4, 0.8, 0.35, 0.4, 0.9], [0, 0, 1, 1, 1, 1, 0, 1]
print(f"auc {roc_auc_score(positives, scores):.15g}")
numbers = np.sort([3.0, 1.0, 4.0, 1.5, 9.0])
print("quantiles", [float(np.quantile(numbers, q)) for q in (0.0, 0.025, 0.3, 0.5, 0.975, 1.0)])
