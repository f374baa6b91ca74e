"""How property-based tests run here: a busy machine is no failure, and there is time to look.

``HYPOTHESIS_EXAMPLES=2000`` looks harder for trouble.
"""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

settings.register_profile(
    "referee",
    deadline=None,
    max_examples=int(os.environ.get("HYPOTHESIS_EXAMPLES", "150")),
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("referee")
