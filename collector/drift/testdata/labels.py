"""Computes with scikit-learn and scipy what the tests compare the package with.

Reads {"scored": [[scores, outcomes], ...], "ranked": [[x, y], ...],
"waited": [[ages, came], ...]} on stdin and writes, under the same keys, [ROC AUC
or null, Brier score], the rank correlations or null, and the product-limit
estimates [ages, shares] on stdout.
"""

import json
import sys
import warnings

import numpy as np
import scipy.stats as st
from sklearn.metrics import brier_score_loss, roc_auc_score

warnings.simplefilter("ignore")  # of constant samples
asked = json.load(sys.stdin)


def scored(scores, outcomes):
    both = len(set(outcomes)) == 2
    return [roc_auc_score(outcomes, scores) if both else None, brier_score_loss(outcomes, scores, pos_label=1)]


def ranked(x, y):
    rho = st.spearmanr(x, y).statistic
    return None if np.isnan(rho) else rho


def waited(ages, came):
    ages, came = np.array(ages), np.array(came, dtype=bool)
    f = st.ecdf(st.CensoredData(uncensored=ages[came], right=ages[~came])).cdf
    return [f.quantiles.tolist(), f.probabilities.tolist()]


json.dump({name: [globals()[name](*case) for case in asked[name]] for name in ("scored", "ranked", "waited")}, sys.stdout)
