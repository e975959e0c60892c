#!/bin/sh
# Makes an authority of your own and a certificate that it signed, to try TLS with: own-ca.sh FOLDER NAME…
#   FOLDER/ca.crt   what clients are told to trust
#   FOLDER/tls.crt, FOLDER/tls.key   what the server shows, for the names and IPv4 addresses given
set -eu
[ $# -ge 2 ] || { echo "usage: own-ca.sh FOLDER NAME…" >&2; exit 2; }
folder=$1
shift
names=
for name; do
    case $name in *[!0-9.]*) kind=DNS ;; *) kind=IP ;; esac
    names=$names${names:+,}$kind:$name
done
umask 077
mkdir -p "$folder"
chmod 700 "$folder" # keys in it are for you alone, though a container that is given one file may read it
cd "$folder"
make() { openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -days 365 "$@" 2>openssl.log || { cat openssl.log >&2; exit 1; }; }
make -subj "/CN=An authority of one's own" -keyout ca.key -out ca.crt \
    -addext basicConstraints=critical,CA:TRUE,pathlen:0 -addext keyUsage=critical,keyCertSign,cRLSign
make -CA ca.crt -CAkey ca.key -subj "/CN=$1" -keyout tls.key -out tls.crt \
    -addext "subjectAltName=$names" -addext basicConstraints=critical,CA:FALSE \
    -addext keyUsage=critical,digitalSignature -addext extendedKeyUsage=serverAuth
rm -f openssl.log
chmod 644 ca.crt tls.crt tls.key
