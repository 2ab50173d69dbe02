#!/bin/sh
# nightly.sh: how each campaign stands, whether the ledger is whole, and a copy of it.
set -eu

environment=${RINGG_ENVIRONMENT:-production}
folder=${RINGG_FOLDER:-$HOME/ringg-runner}

mkdir -p "$folder"
${RINGG_UPDATE:-git pull --quiet --ff-only}
ringg-runner status --env "$environment"
ringg-runner ledger verify --env "$environment"
ringg-runner ledger export --env "$environment" > "$folder/ledger-$(date -u +%F).json"
