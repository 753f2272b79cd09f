"""Asks GitHub: the repositories of an organization and how their branches are protected."""
