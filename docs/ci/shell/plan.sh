#!/bin/sh
# plan.sh [OPTION]...: takes the newest commit, finds every mistake, and saves a plan for apply.sh.
# Run it in a clone of the repository, from cron, from Jenkins or by hand.
# Ends with 0 where nothing would start, 2 where something would, else with what went wrong.
set -eu

environment=${RINGG_ENVIRONMENT:-production}
folder=${RINGG_FOLDER:-$HOME/ringg-runner} # plan.json, and the pages that people read

mkdir -p "$folder"
rm -f "$folder/plan.json"
${RINGG_UPDATE:-git pull --quiet --ff-only}
ringg-runner validate --env "$environment"
code=0
ringg-runner plan --env "$environment" --output "$folder/plan.json" --detailed-exitcode \
  --report "$folder/plan.html" --report "$folder/plan.env" "$@" || code=$?

if [ "$code" -eq 2 ]; then
  digest=$(sed -n 's/^RINGG_DIGEST=//p' "$folder/plan.env")
  echo "Read $folder/plan.html; then, within a day: apply.sh $digest" >&2
fi
exit "$code"
