"""Made-up companies and people: the demo company, and large synthetic ones for measuring."""
