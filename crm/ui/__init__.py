"""How things look: formats, charts, form widgets, template tags, navigation. No models."""
