#!/bin/sh
# apply.sh DIGEST: starts just what plan.sh saved, if it is the plan of this digest.
# Run it in the same clone. Ends as ringg-runner does, with 0 where all is well.
set -eu

environment=${RINGG_ENVIRONMENT:-production}
folder=${RINGG_FOLDER:-$HOME/ringg-runner}
digest=${1:?which plan? plan.sh tells its digest}

rm -f "$folder/run.html"
git pull --quiet --ff-only # what changed since the plan is not started, and a HOLD stops all
code=0
ringg-runner apply --env "$environment" --yes --plan "$folder/plan.json" \
  --expect-digest "$digest" --report "$folder/run.html" || code=$?

case $code in
  0) ;;
  1) advice="read why each failed; then plan again: what was started is skipped" ;;
  3) advice="nothing was sent; if the plan is used up or out of date, plan again" ;;
  4) advice="a guard or HOLD refused: do what it says, then plan again" ;;
  5) advice="the key was refused: put the present one there, then plan again" ;;
  6) advice="people may be being called; plan and apply again, which settles it first" ;;
  *) advice="what became of it: ringg-runner ledger report --env $environment" ;;
esac
if [ "$code" -ne 0 ]; then
  echo "apply.sh: exit code $code: $advice" >&2
  # Also where it was killed before it could say so itself.
  [ -e "$folder/run.html" ] || ringg-runner ledger report --env "$environment" >&2 || :
fi
exit "$code"
