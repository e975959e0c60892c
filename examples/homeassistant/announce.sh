#!/bin/sh
# Retains the discovery messages on the home's broker, where Home Assistant finds them; with a meter's name, those of its
# energy and power too. Again with the word "remove" they are cleared.
#     sh announce.sh c-42 m-42 -h homeassistant.local -u USER -P PASSWORD
set -eu
client=$1
shift
while case "${1:-}" in remove | [a-z0-9]*) true ;; *) false ;; esac; do
    [ "$1" = remove ] && remove=yes || meter=$1
    shift
done
python3 -c '
import json, sys
client, meter = sys.argv[2:]
for topic, config in json.loads(open(sys.argv[1]).read().replace("CLIENT", client)).items():
    if meter or "METER" not in topic:
        print(topic.replace("METER", meter), json.dumps(config).replace("METER", meter))
' "$(dirname "$0")/discovery.json" "$client" "${meter:-}" | while read -r topic config; do
    [ -z "${remove:-}" ] || config=
    mosquitto_pub "$@" -q 1 -r -t "$topic" -m "$config"
done
