"""Monitoring of a model in service: sampling, drift, labels, and the alert rules."""
