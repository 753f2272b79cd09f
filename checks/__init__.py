"""The built-in checks: a package per step, a handful of related checks per module."""
