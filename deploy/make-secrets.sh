#!/usr/bin/env bash
# Make the secrets of compose.yaml: a password that nobody chose, and the address of the database that holds it.
# Does nothing to secrets that are there.
set -euo pipefail
cd "$(dirname "$0")/.."
umask 077
mkdir -p secrets
if [ -e secrets/database_password ]; then
  echo "secrets/database_password is there already; nothing was changed." >&2
  exit 0
fi
password=$(head -c 32 /dev/urandom | base64 | tr -d '+/=\n')
printf '%s' "$password" >secrets/database_password
printf 'postgresql://mssmap:%s@database:5432/mssmap' "$password" >secrets/database_url
# compose mounts these files as they are; the user of the image (10001) must be able to read its one
if [ "$(id -u)" = 0 ]; then chown 10001 secrets/database_url; else chmod 644 secrets/database_url && chmod 711 secrets; fi
echo "Made secrets/database_password and secrets/database_url."
