"""Optimizers and schedules: the forms that are tried, each rule's formula by hand, and what differs from Keras."""

import math

from minidl.optimizers import schedules

# class -> its forms; LBFGS has tests of its own, for it does not follow single gradients
OPTIMIZERS = {
    "Adadelta": [{"learning_rate": 1.0}, {"rho": 0.9, "epsilon": 2e-7, "learning_rate": 0.5, "clipnorm": 5.0}],
    "Adafactor": [{}, {"learning_rate": 0.1, "relative_step": False, "clip_threshold": 0.5, "beta_2_decay": -0.5}],
    "Adagrad": [{}, {"learning_rate": 0.1, "initial_accumulator_value": 0.5, "epsilon": 1e-3}],
    "Adam": [
        {},
        {"learning_rate": 0.1, "beta_1": 0.5, "global_clipnorm": 0.5},
        {"epsilon": 0.1, "clipvalue": 0.3},
        {"amsgrad": True, "beta_2": 0.5},
    ],
    "AdamW": [{}, {"weight_decay": 0.1, "amsgrad": True}],
    "Adamax": [{}, {"beta_1": 0.5, "beta_2": 0.8, "epsilon": 0.1}],
    "Ftrl": [
        {"learning_rate": 0.1},
        {
            "learning_rate": 0.1,
            "learning_rate_power": -0.3,
            "l1_regularization_strength": 0.01,
            "l2_regularization_strength": 0.02,
            "l2_shrinkage_regularization_strength": 0.05,
            "beta": 0.1,
        },
    ],
    "LBFGS": [{}, {"history_size": 3, "name": "newton"}],
    "Lamb": [{}, {"beta_1": 0.5, "beta_2": 0.8, "epsilon": 0.1}],
    "Lion": [{"weight_decay": 0.1}, {"beta_1": 0.5, "beta_2": 0.7, "learning_rate": 0.01}],
    "Muon": [{}, {"adam_weight_decay": None, "adam_lr_ratio": 2.0, "nesterov": False, "rms_rate": None, "ns_steps": 3}],
    "Nadam": [{}, {"beta_1": 0.5, "beta_2": 0.8, "epsilon": 0.1}],
    "RMSprop": [{}, {"momentum": 0.7, "rho": 0.5}, {"centered": True, "epsilon": 1e-3}],
    "SGD": [
        {},
        {"momentum": 0.9},
        {"momentum": 0.9, "nesterov": True, "clipnorm": 0.4},
        {"learning_rate": 0.5},
        {"weight_decay": 0.1, "use_ema": True, "ema_momentum": 0.5, "ema_overwrite_frequency": 3},
        {"gradient_accumulation_steps": 3, "momentum": 0.5},
    ],
    "ScheduleFreeAdamW": [{}, {"beta_1": 0.5, "beta_2": 0.8, "warmup_steps": 3}],
}
RULES = [(name, row) for name, rows in OPTIMIZERS.items() for row in rows if name != "LBFGS"]
# name -> the learning rate with which 400 steps lead from (3, -2) to the bottom of a bowl; 0.05 where nothing stands
BOWL = {"Adadelta": 12.0, "Adafactor": 0.3, "Adagrad": 1.0, "Ftrl": 1.0, "ScheduleFreeAdamW": 1.0}


def _moments(gradients, beta_1, beta_2):
    """`t`, `g`, and the running means of `g` and `g * g`, step by step."""
    m = v = 0.0
    for t, g in enumerate(gradients, start=1):
        m, v = beta_1 * m + (1 - beta_1) * g, beta_2 * v + (1 - beta_2) * g**2
        yield t, g, m, v


def adadelta(w, gradients, learning_rate=0.001, rho=0.95, epsilon=1e-7):
    v = d = 0.0
    for g in gradients:
        v = rho * v + (1 - rho) * g**2
        step = math.sqrt(d + epsilon) / math.sqrt(v + epsilon) * g
        d = rho * d + (1 - rho) * step**2
        w -= learning_rate * step
    return w


def adafactor(w, gradients, learning_rate=0.001, beta_2_decay=-0.8, clip_threshold=1.0, relative_step=True):
    v = 0.0
    for t, g in enumerate(gradients, start=1):
        kept = 1 - t**beta_2_decay
        v = kept * v + (1 - kept) * (g**2 + 1e-30)
        u = g / math.sqrt(v)
        u /= max(1.0, abs(u) / clip_threshold)
        rate = min(learning_rate, 1 / math.sqrt(t))
        w -= max(1e-3, abs(w)) * rate * u
    return w


def adagrad(w, gradients, learning_rate=0.001, initial_accumulator_value=0.1, epsilon=1e-7):
    total = initial_accumulator_value
    for g in gradients:
        total += g**2
        w -= learning_rate * g / math.sqrt(total + epsilon)
    return w


def adam(w, gradients, learning_rate=0.001, beta_1=0.9, beta_2=0.999, epsilon=1e-7, amsgrad=False, weight_decay=0.0):
    top = 0.0
    for t, _, m, v in _moments(gradients, beta_1, beta_2):
        top = max(top, v)
        w -= w * weight_decay * learning_rate
        alpha = learning_rate * math.sqrt(1 - beta_2**t) / (1 - beta_1**t)
        w -= alpha * m / (math.sqrt(top if amsgrad else v) + epsilon)
    return w


def adamw(w, gradients, weight_decay=0.004, **arguments):
    return adam(w, gradients, weight_decay=weight_decay, **arguments)


def adamax(w, gradients, learning_rate=0.001, beta_1=0.9, beta_2=0.999, epsilon=1e-7):
    u = 0.0
    for t, g, m, _ in _moments(gradients, beta_1, 0.0):
        u = max(beta_2 * u, abs(g))
        w -= learning_rate / (1 - beta_1**t) * m / (u + epsilon)
    return w


def ftrl(
    w,
    gradients,
    learning_rate=0.001,
    learning_rate_power=-0.5,
    l1_regularization_strength=0.0,
    l2_regularization_strength=0.0,
    l2_shrinkage_regularization_strength=0.0,
    beta=0.0,
):
    n, z = 0.1, 0.0
    for g in gradients:
        after = n + g**2
        sigma = (after**-learning_rate_power - n**-learning_rate_power) / learning_rate
        z += g + 2 * l2_shrinkage_regularization_strength * w - sigma * w
        n = after
        curvature = n**-learning_rate_power / learning_rate + 2 * l2_regularization_strength + beta / learning_rate
        l1 = l1_regularization_strength
        w = 0.0 if abs(z) <= l1 else -(z - math.copysign(l1, z)) / curvature
    return w


def lamb(w, gradients, learning_rate=0.001, beta_1=0.9, beta_2=0.999, epsilon=1e-7):
    for t, _, m, v in _moments(gradients, beta_1, beta_2):
        u = m / (1 - beta_1**t) / (math.sqrt(v / (1 - beta_2**t)) + epsilon)
        w -= learning_rate * abs(w) * math.copysign(1.0, u)
    return w


def lion(w, gradients, learning_rate=0.001, beta_1=0.9, beta_2=0.99, weight_decay=0.0):
    m = 0.0
    for g in gradients:
        w -= w * weight_decay * learning_rate
        w -= learning_rate * math.copysign(1.0, beta_1 * m + (1 - beta_1) * g)
        m = beta_2 * m + (1 - beta_2) * g
    return w


def muon(w, gradients, learning_rate=0.001, adam_weight_decay=0.004, adam_lr_ratio=1.0, **for_matrices):
    """A vector, which learns by AdamW."""
    for t, _, m, v in _moments(gradients, 0.9, 0.999):
        w -= w * (adam_weight_decay or 0.0) * learning_rate
        w -= adam_lr_ratio * learning_rate * math.sqrt(1 - 0.999**t) / (1 - 0.9**t) * m / (math.sqrt(v) + 1e-7)
    return w


def nadam(w, gradients, learning_rate=0.001, beta_1=0.9, beta_2=0.999, epsilon=1e-7):
    def share(t):
        return beta_1 * (1 - 0.5 * 0.96**t)

    for t, g, m, v in _moments(gradients, beta_1, beta_2):
        shares = [share(s) for s in range(1, t + 1)]
        ahead = share(t + 1) * m / (1 - math.prod(shares) * share(t + 1)) + (1 - share(t)) * g / (1 - math.prod(shares))
        w -= learning_rate * ahead / (math.sqrt(v / (1 - beta_2**t)) + epsilon)
    return w


def rmsprop(w, gradients, learning_rate=0.001, rho=0.9, momentum=0.0, epsilon=1e-7, centered=False):
    step = 0.0
    for _, g, mean, v in _moments(gradients, rho, rho):
        step = momentum * step + learning_rate * g / math.sqrt(v - (mean**2 if centered else 0.0) + epsilon)
        w -= step
    return w


def sgd(
    w,
    gradients,
    learning_rate=0.01,
    momentum=0.0,
    nesterov=False,
    weight_decay=0.0,
    use_ema=False,
    ema_momentum=0.99,
    ema_overwrite_frequency=None,
    gradient_accumulation_steps=1,
):
    m, mean, waiting = 0.0, None, []
    for count, gradient in enumerate(gradients, start=1):
        waiting.append(gradient)
        if len(waiting) == gradient_accumulation_steps:
            g, waiting = sum(waiting) / len(waiting), []
            w -= w * weight_decay * learning_rate
            m = momentum * m - learning_rate * g
            w = w + momentum * m - learning_rate * g if nesterov else w + m
        if use_ema:
            mean = w if mean is None else ema_momentum * mean + (1 - ema_momentum) * w
            if ema_overwrite_frequency and count % ema_overwrite_frequency == 0:
                w = mean
    return w


def schedule_free_adamw(w, gradients, learning_rate=0.0025, beta_1=0.9, beta_2=0.999, epsilon=1e-8, warmup_steps=0):
    path, z = [], w
    for t, g, _, v in _moments(gradients, 0.0, beta_2):
        rate = learning_rate * (min(1.0, t / warmup_steps) if warmup_steps else 1.0)
        z -= rate * g / (math.sqrt(v / (1 - beta_2**t)) + epsilon)
        path.append(z)
        w = (1 - beta_1) * z + beta_1 * sum(path) / len(path)
    return w


FORMULAS = {
    "Adadelta": adadelta,
    "Adafactor": adafactor,
    "Adagrad": adagrad,
    "Adam": adam,
    "AdamW": adamw,
    "Adamax": adamax,
    "Ftrl": ftrl,
    "Lamb": lamb,
    "Lion": lion,
    "Muon": muon,
    "Nadam": nadam,
    "RMSprop": rmsprop,
    "SGD": sgd,
    "ScheduleFreeAdamW": schedule_free_adamw,
}

# class -> its forms, each argument with two values
SCHEDULES = {
    "CosineDecay": [
        {"initial_learning_rate": 0.1, "decay_steps": 20},
        {"initial_learning_rate": 0.1, "decay_steps": 7, "alpha": 0.2, "warmup_target": 0.3, "warmup_steps": 5, "name": "mine"},
        {"initial_learning_rate": 0.2, "decay_steps": 7, "warmup_target": 0.3},
        {"initial_learning_rate": 0.1, "decay_steps": 7, "warmup_steps": 3},
    ],
    "CosineDecayRestarts": [
        {"initial_learning_rate": 0.1, "first_decay_steps": 7},
        {"initial_learning_rate": 0.2, "first_decay_steps": 5, "t_mul": 1.5, "m_mul": 0.8, "alpha": 0.1, "name": "mine"},
        {"initial_learning_rate": 0.1, "first_decay_steps": 7, "t_mul": 1.0, "m_mul": 0.8},
    ],
    "ExponentialDecay": [
        {"initial_learning_rate": 0.1, "decay_steps": 7, "decay_rate": 0.6},
        {"initial_learning_rate": 0.2, "decay_steps": 5, "decay_rate": 0.9, "staircase": True, "name": "mine"},
    ],
    "InverseTimeDecay": [
        {"initial_learning_rate": 0.1, "decay_steps": 7, "decay_rate": 0.6},
        {"initial_learning_rate": 0.2, "decay_steps": 5, "decay_rate": 0.9, "staircase": True, "name": "mine"},
    ],
    "OneCycle": [
        {"max_learning_rate": 0.1, "total_steps": 50},
        {"max_learning_rate": 0.1, "total_steps": 50, "warmup_share": 0.5, "start_factor": 10.0, "end_factor": 100.0},
    ],
    "PiecewiseConstantDecay": [
        {"boundaries": [3, 10], "values": [0.3, 0.2, 0.1]},
        {"boundaries": [5], "values": [0.3, 0.1], "name": "mine"},
    ],
    "PolynomialDecay": [
        {"initial_learning_rate": 0.1, "decay_steps": 7},
        {"initial_learning_rate": 0.2, "decay_steps": 5, "end_learning_rate": 0.02, "power": 2.0, "name": "mine"},
        {"initial_learning_rate": 0.1, "decay_steps": 7, "end_learning_rate": 0.02, "power": 0.5, "cycle": True},
    ],
}
MADE_SCHEDULES = {
    name: [lambda name=name, row=row: getattr(schedules, name)(**row) for row in rows] for name, rows in SCHEDULES.items()
}

NOT_IN_KERAS = {
    ("optimizers", "LBFGS"): "on small data, on a processor, the one to take; SciPy's searches",
    ("optimizers.schedules", "OneCycle"): "the schedule that fastai and PyTorch's users look for",
}
OTHER_ORDER = {
    ("optimizers", "Muon"): "Keras puts the arguments that all optimizers share in the middle; they go by name",
}
