"""The container image, built and run without a Docker engine; slow, in the tox environment `image`."""
