"""Settings: `base` holds everything, `dev`, `test` and `prod` only what differs. What may differ comes from the environment."""
