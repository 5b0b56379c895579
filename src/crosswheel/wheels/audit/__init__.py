"""Static checks of a wheel: every error that can be detected without running it."""

from crosswheel.wheels.audit.audit_wheel import CHECKS, audit_wheel
from crosswheel.wheels.audit.model import AuditFinding, AuditReport, Expectations, Severity

__all__ = ["CHECKS", "AuditFinding", "AuditReport", "Expectations", "Severity", "audit_wheel"]
