"""Running wheels on their target: installed into a fresh environment, imported, their own tests run."""

from crosswheel.testing.model import TestOutcome, TestPlan, TestResult
from crosswheel.testing.test_wheel import test_wheel

__all__ = ["TestOutcome", "TestPlan", "TestResult", "test_wheel"]
