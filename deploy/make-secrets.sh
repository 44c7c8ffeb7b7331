#!/usr/bin/env bash
# Make the secrets of compose.yaml: a password that nobody chose, the address of the database that holds it, and what
# signs the sign-in cookies. The provider's secret for this app has to be put into secrets/oidc_client_secret by hand.
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
head -c 32 /dev/urandom | base64 | tr -d '\n' >secrets/cookie_secret
touch secrets/oidc_client_secret
# compose mounts these files as they are; the user of the image (10001) must be able to read its one
read_by_server=(secrets/database_url secrets/cookie_secret secrets/oidc_client_secret)
if [ "$(id -u)" = 0 ]; then chown 10001 "${read_by_server[@]}"; else chmod 644 "${read_by_server[@]}" && chmod 711 secrets; fi
echo "Made secrets/database_password, secrets/database_url and secrets/cookie_secret."
echo "Put the provider's secret for this app into secrets/oidc_client_secret."
