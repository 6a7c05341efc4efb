#!/bin/sh
# submit.sh OSS-FUZZ-CHECKOUT REPOSITORY CONTACT [HOMEPAGE]: writes projects/sonde into a checkout of
# OSS-Fuzz, complete. REPOSITORY: an https address that git can clone. CONTACT: the Google account
# that is told of findings. HOMEPAGE: REPOSITORY without .git when it is not given.
set -eu

if [ $# -lt 3 ] || [ $# -gt 4 ]; then
  sed -n '2,4s/^# //p' "$0" >&2
  exit 2
fi
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P)
project=$1/projects/sonde
repository=$2
contact=$3
homepage=${4:-${repository%.git}}

if [ ! -d "$1/projects" ]; then
  echo "submit: there is no folder $1/projects" >&2
  exit 1
fi
for word in "$repository" "$contact" "$homepage"; do
  # What sed or YAML would read as something else is in no such address.
  case $word in *[!A-Za-z0-9:/.@_~+%=?-]*)
    echo "submit: '$word' is no address" >&2
    exit 1
    ;;
  esac
done
case $repository in https://?*) ;; *)
  echo "submit: '$repository' does not begin with https://" >&2
  exit 1
  ;;
esac
case $contact in ?*@?*.?*) ;; *)
  echo "submit: '$contact' is no mail address" >&2
  exit 1
  ;;
esac

mkdir -p "$project"
for template in project.yaml Dockerfile; do
  sed -e "s|@REPOSITORY@|$repository|g" -e "s|@CONTACT@|$contact|g" -e "s|@HOMEPAGE@|$homepage|g" \
    "$here/$template.in" >"$project/$template"
done
cp "$here/build.sh" "$project/"
printf 'submit: wrote %s; now git add, commit and open a pull request there\n' "$project"
