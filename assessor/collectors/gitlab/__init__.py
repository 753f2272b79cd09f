"""Asks GitLab: the projects of a group and how their branches are protected."""
