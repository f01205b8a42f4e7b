"""The companion command of the goldenpath template for machine-learning repositories."""
