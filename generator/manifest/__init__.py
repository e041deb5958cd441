"""What a manifest may say, what it implies, and how it is loaded."""

from generator.manifest.environment import Manifest
from generator.manifest.loading import load

__all__ = ["Manifest", "load"]
