"""Settings: `base` holds everything, `dev`, `test` and `prod` only what differs; values come from the environment."""
