"""Makes the helpers beside it importable: ``from numerical import ...``."""
