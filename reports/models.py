"""Reports keep nothing of their own: every figure is computed from the records."""
