"""Measurements that docs/performance.md tells: ratios side by side in one run."""
