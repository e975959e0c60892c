# Makes of deploy/nginx.conf and deploy/tls what wattline-proxy.service runs: rooms on this machine, the journal for a log.
s|server web:3001;|server 127.0.0.1:3000;|
s|server broker:9001;|server 127.0.0.1:9001;|
s|access_log /dev/stdout|access_log syslog:server=unix:/dev/log,nohostname|
s|server broker:1883;|server 127.0.0.1:1883;|
s|listen 8443 ssl;|listen 443 ssl;|
s|/run/secrets/|/run/credentials/wattline-proxy.service/|
