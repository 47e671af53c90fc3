#!/bin/sh
# Creates the five jobs, or brings them up to date, on the batch scheduler that AGORA_BATCH names (default: http://127.0.0.1:4400).
#
#   FOLDER   a folder that all nodes share                   (default: /srv/nightly)
#   SOURCE   where the orders come from                      (default: http://127.0.0.1:8000/orders.csv)
#   WEBHOOK  where the report goes                           (default: http://127.0.0.1:8000/report)
#   AGORA    the program                                     (default: agora)
set -eu
cd "$(dirname "$0")"

# Parents first: a job whose parents aren't there is refused.
for job in extract transform load report notify; do
    sed -e "s|/srv/nightly|${FOLDER:-/srv/nightly}|" \
        -e "s|http://127.0.0.1:8000/orders.csv|${SOURCE:-http://127.0.0.1:8000/orders.csv}|" \
        -e "s|http://127.0.0.1:8000/report|${WEBHOOK:-http://127.0.0.1:8000/report}|" "$job.json" |
        "${AGORA:-agora}" job create -
done
