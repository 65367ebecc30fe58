"""From YAML to a Plan, without torch."""
