"""Judges and runners of other people that prove our CI files and images: linters, act, gitlab-ci-local, buildah, podman."""
