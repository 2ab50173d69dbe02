#!/bin/sh
# apply.sh DIGEST [OPTION]...: starts just what plan.sh saved, if it is the plan of this digest.
# Run it in the same clone. Ends as ringg-runner does, with 0 where all is well.
set -eu

environment=${RINGG_ENVIRONMENT:-production}
folder=${RINGG_FOLDER:-$HOME/ringg-runner}
digest=${1:?which plan? plan.sh tells its digest}
shift

${RINGG_UPDATE:-git pull --quiet --ff-only} # what changed since the plan is not started, and a HOLD stops all
code=0
ringg-runner apply --env "$environment" --yes --plan "$folder/plan.json" \
  --expect-digest "$digest" --report "$folder/run.html" "$@" || code=$?

case $code in
  0) ;;
  1) echo "apply.sh: read why each failed, then plan again: what was started is skipped" ;;
  3) echo "apply.sh: nothing was sent; where the plan is used up or out of date, plan again" ;;
  4) echo "apply.sh: a guard or HOLD refused: do what it says, then plan again" ;;
  5) echo "apply.sh: the key was refused: put the present one there, then plan again" ;;
  6) echo "apply.sh: people may be being called; plan and apply again, which settles it first" ;;
  *) echo "apply.sh: what became of it: ringg-runner ledger report --env $environment" ;;
esac >&2
exit "$code"
