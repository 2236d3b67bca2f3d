"""A local Creditsafe Connect that speaks HTTP: strict on input, as irregular as the real one on output.

Its companies are invented: any likeness of a name or number to a real one is chance.
It shares nothing with the client, so that a common mistake cannot cancel itself out.
"""

from companies.creditsafe.sandbox.box import Sandbox
from companies.creditsafe.sandbox.directory import DEFAULT_COMPANIES, DEFAULT_SEED, GIANT

__all__ = ["DEFAULT_COMPANIES", "DEFAULT_SEED", "GIANT", "Sandbox"]
