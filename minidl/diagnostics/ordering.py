"""The order of the findings, causes first, and which ones are dropped because another one explains them."""

from minidl.diagnostics.report import Finding

ORDER = (
    *("nan", "wrong_loss", "unscaled_inputs", "unscaled_targets"),
    *("saturated_units", "dead_units", "vanishing_gradients", "exploding_gradients"),
    *("learning_rate_too_large", "learning_rate_too_small", "initial_loss", "ignores_input"),
    *("constant_features", "cannot_overfit", "sorted_validation", "leaked_rows", "unbalanced_classes", "duplicated_features"),
)
_SIZES = frozenset({"nan", "wrong_loss", "unscaled_inputs", "unscaled_targets"})
EXPLAINED_BY: dict[str, frozenset[str]] = {
    "saturated_units": frozenset({"nan", "unscaled_inputs"}),
    "dead_units": frozenset({"nan", "unscaled_inputs"}),
    "vanishing_gradients": _SIZES | {"saturated_units"},
    "exploding_gradients": (_SIZES - {"nan"}) | {"saturated_units"},
    "learning_rate_too_large": _SIZES | {"exploding_gradients"},
    "learning_rate_too_small": _SIZES | {"saturated_units", "dead_units", "vanishing_gradients"},
    "initial_loss": _SIZES,
    "ignores_input": _SIZES | {"saturated_units", "learning_rate_too_large"},
    "cannot_overfit": frozenset(ORDER[: ORDER.index("constant_features")]),
}


def filtered(findings: list[Finding]) -> list[Finding]:
    """Sort the findings by kind and drop those that another finding explains."""
    kinds = {finding.kind for finding in findings}
    total = {finding.kind for finding in findings if finding.kind == "dead_units" and finding.value > 0.95}
    total |= {finding.kind for finding in findings if finding.kind == "ignores_input" and finding.value == 0}
    kept = [
        finding
        for finding in findings
        if not kinds & EXPLAINED_BY.get(finding.kind, frozenset())
        and not (total and finding.kind == "vanishing_gradients")
        and not (finding.kind == "ignores_input" and "vanishing_gradients" in kinds and finding.value > 0)
    ]
    return sorted(kept, key=lambda finding: ORDER.index(finding.kind))
