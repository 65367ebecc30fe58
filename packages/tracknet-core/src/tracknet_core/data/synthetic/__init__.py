"""Rendered clips of ball sports with exact labels."""
