# Begins every script here: $here is this folder, $python has the modules in $needs, or the test is skipped (77); the
# script goes on in a scratch folder that is removed in the end. The programs are on the PATH.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
python=/usr/bin/python3
for module in ${needs:-sys}; do
    if ! $python -c "import $module" 2>/dev/null; then
        echo "skipped: no $python with $module"
        exit 77
    fi
done
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"
