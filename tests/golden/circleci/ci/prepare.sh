#!/bin/sh
# Installs make and git, and the programs named as arguments, where the image of a CI job lacks them.
# Owned by the template: do not edit.
set -eu

missing=""
for program in make git "$@"; do
  command -v "$program" > /dev/null || missing="$missing $program"
done
if [ -z "$missing" ]; then
  exit 0
fi

echo "ci/prepare.sh: installing$missing"
export DEBIAN_FRONTEND=noninteractive
# The names of the packages are the words of $missing.
# shellcheck disable=SC2086
if command -v apt-get > /dev/null; then
  apt-get update -qq
  apt-get install -qq --yes --no-install-recommends $missing
elif command -v apk > /dev/null; then
  apk add --no-cache $missing
elif command -v microdnf > /dev/null; then
  microdnf install -y $missing
elif command -v dnf > /dev/null; then
  dnf install -y $missing
else
  echo "ci/prepare.sh: no apt-get, apk, microdnf or dnf here: choose a base_image that has$missing" >&2
  exit 1
fi
