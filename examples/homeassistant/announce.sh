#!/bin/sh
# Retains the discovery messages on the home's broker, where Home Assistant finds them. Again with the word "remove"
# they are cleared.
#     sh announce.sh c-42 -h homeassistant.local -u USER -P PASSWORD
set -eu
client=$1
shift
[ "${1:-}" != remove ] || { remove=yes; shift; }
python3 -c '
import json, sys
for topic, config in json.loads(open(sys.argv[1]).read().replace("CLIENT", sys.argv[2])).items():
    print(topic, json.dumps(config))
' "$(dirname "$0")/discovery.json" "$client" | while read -r topic config; do
    [ -z "${remove:-}" ] || config=
    mosquitto_pub "$@" -q 1 -r -t "$topic" -m "$config"
done
