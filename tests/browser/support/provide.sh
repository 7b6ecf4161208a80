# What browser tests need: to be read by bash, in tests/browser. `provide` installs what is missing, or says what it is.

missing_packages() {
    command -v node >/dev/null || printf 'nodejs '
    command -v npm >/dev/null || printf 'npm '
    [ -x "${CHROMIUM:-/usr/bin/chromium}" ] || printf 'chromium '
}

provide() {
    local packages
    packages=$(missing_packages)
    if [ -n "$packages" ] && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        export DEBIAN_FRONTEND=noninteractive
        apt-get update -q >/dev/null
        # Unquoted: the list is words.
        # shellcheck disable=SC2086
        apt-get install -q -y --no-install-recommends $packages >/dev/null || true
        packages=$(missing_packages)
    fi
    if [ -n "$packages" ]; then
        echo "browser tests: missing here: ${packages% }. As root: apt-get install ${packages% }" >&2
        return 1
    fi
    if ! node -e 'process.exit(Number(process.versions.node.split(".")[0]) >= 20 ? 0 : 1)'; then
        echo "browser tests: Node.js $(node --version) is too old; version 20 or newer is needed" >&2
        return 1
    fi
    # The copy that npm leaves of what it installed is as new as the installation.
    if [ ! node_modules/.package-lock.json -nt package-lock.json ]; then
        export PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1 PUPPETEER_SKIP_DOWNLOAD=1
        npm ci --no-audit --no-fund --loglevel=error >&2 || {
            echo "browser tests: npm could not install what package-lock.json names" >&2
            return 1
        }
        touch node_modules/.package-lock.json
    fi
}
