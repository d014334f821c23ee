"""``python -m tests.fidelity``: write docs/fidelity.md and say what does not come out."""
import sys

from .form import all_facts
from .page import PAGE, write

faults = [f"{facts.name} {vector.id}: {row.fault()}" for facts in all_facts() for vector in facts.vectors
          for row in vector.rows() if row.fault()]
print("\n".join(faults) or f"{PAGE.name}: {'written' if write() else 'was fresh'}")
sys.exit(bool(faults))
