"""The usual figures by name, and which way each of them is better.

Owned by the template: do not edit. This is a table without scikit-learn, so that params.yaml can be
read without it; metrics.py works the figures out.
"""

from collections.abc import Iterable, Mapping
from typing import Literal

Direction = Literal["maximize", "minimize"]
# What makes a larger difference of a figure a gain; of one whose direction is unknown none is.
SIGN: Mapping[Direction | None, int] = {"maximize": 1, "minimize": -1, None: 0}

LESS_IS_BETTER = """
    error error_rate loss max_error mae mse rmse mape smape msle rmsle mase
    mean_absolute_error median_absolute_error mean_squared_error root_mean_squared_error
    mean_absolute_percentage_error mean_squared_log_error root_mean_squared_log_error
    log_loss logloss cross_entropy nll brier brier_score brier_loss brier_score_loss
    hinge_loss hamming_loss zero_one_loss pinball_loss mean_pinball_loss quantile_loss crps
    deviance mean_poisson_deviance mean_gamma_deviance mean_tweedie_deviance
    calibration_error expected_calibration_error ece fpr fnr
    false_positive_rate false_negative_rate perplexity
"""
MORE_IS_BETTER = """
    accuracy balanced_accuracy top_k_accuracy auc auroc roc_auc pr_auc auprc
    average_precision mean_average_precision ndcg mrr r2 r2_score explained_variance
    f1 f1_score f1_macro f1_micro f1_weighted f2 fbeta
    precision precision_macro precision_micro precision_weighted
    recall recall_macro recall_micro recall_weighted sensitivity specificity tpr tnr
    jaccard mcc matthews_corrcoef cohen_kappa
"""

# Of two classes, these are of one of them.
OF_ONE_CLASS = """
    average_precision pr_auc auprc precision recall f1 f1_score f2 fbeta
    sensitivity specificity tpr tnr fpr fnr false_positive_rate false_negative_rate
"""


def of_one_class(metrics: Iterable[str]) -> list[str]:
    """Those figures of two classes that are of one of them, each once."""
    known = OF_ONE_CLASS.split()
    return [metric for metric in dict.fromkeys(metrics) if metric.lower() in known]


def usual_direction(metric: str, targets: Iterable[str] = ()) -> Direction | None:
    """Which way a figure is better, `rmse_<target>` of one target too; None for an unknown one."""
    known = metric
    for target in targets:
        known = known.removesuffix(f"_{target}")
    known = known.lower()
    if known in LESS_IS_BETTER.split():
        return "minimize"
    if known in MORE_IS_BETTER.split():
        return "maximize"
    return None
