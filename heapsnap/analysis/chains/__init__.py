"""Chains of references in words."""
