#!/bin/sh
# Prints the pipeline that a job starts, as GitLab reads it. Owned by the template: do not edit; its jobs are in
# ci/train.yml and ci/deliver.yml, what you add to them goes into the Makefile.
#
# sh ci/child.sh models < names   the jobs of each model, one line of jobs a model: no model waits for another
# sh ci/child.sh release          approval, where reports/release.verdict asks for it, and production
# sh ci/child.sh nothing          a pipeline with nothing to do
set -eu

image=${GOLDENPATH_IMAGE:-$(cat build/image.digest 2> /dev/null || :)}
version=${VERSION:-} release=""
case $1 in
  models) names=$(cat) && [ -n "$names" ] || release=nothing ;;
  release)
    names="" release=$(cat reports/release.verdict) version=$(cat reports/release.version) # the version that was accepted
    ;;
  nothing) names="" release=nothing ;;
esac

# Other characters could end the text that a value stands in, and begin a job.
case "${MODEL:-}$version${STRATEGY:-}${GOLDENPATH_REASON:-}$image$release" in
  *[!A-Za-z0-9._:/@-]*)
    echo "ci/child.sh: a setting has characters other than letters, digits and . _ : / @ -" >&2
    exit 1
    ;;
esac

cat << END
include: [{local: ci/train.yml}, {local: ci/deliver.yml}]
variables:
  MODEL: "${MODEL:-}"
  VERSION: "$version"
  STRATEGY: "${STRATEGY:-}"
  RELEASE: "$release"
  GOLDENPATH_REASON: "${GOLDENPATH_REASON:-}"
  GOLDENPATH_IMAGE: "$image"
  GOLDENPATH_AUDIENCE: "${GOLDENPATH_AUDIENCE:-}"
END

for name in $names; do
  if [ "$FLOW" != deliver ]; then
    cat << END

"train-$name":
  extends: .train
  variables: {MODEL: "$name"}
END
  fi
  if [ -n "${GOLDENPATH_STORE:-}${STORE_KEPT:-}" ]; then
    cat << END

"staging-$name":
  extends: .staging
  needs: [{job: "train-$name", optional: true}]
  variables: {MODEL: "$name"}

"release-$name":
  extends: .release
  needs: ["staging-$name"]
  trigger:
    strategy: depend
    include: [{job: "staging-$name", artifact: child.yml}]
END
  fi
done
