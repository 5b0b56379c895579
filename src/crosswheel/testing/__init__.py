"""Testing wheels on their target: installation into a fresh environment, imports, test commands."""

from crosswheel.testing.model import TestOutcome, TestPlan, TestResult
from crosswheel.testing.test_wheel import test_wheel

__all__ = ["TestOutcome", "TestPlan", "TestResult", "test_wheel"]
