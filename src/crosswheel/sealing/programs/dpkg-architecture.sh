# The build, host and target machines of a package are all the target.
missing dpkg-architecture "$debian"
list() {
    for kind in BUILD HOST TARGET; do
        cat <<END
DEB_${kind}_ARCH=$debian
DEB_${kind}_ARCH_ABI=$debian_abi
DEB_${kind}_ARCH_BITS=$pointer_bit
DEB_${kind}_ARCH_CPU=$debian_cpu
DEB_${kind}_ARCH_ENDIAN=$endian
DEB_${kind}_ARCH_LIBC=$debian_libc
DEB_${kind}_ARCH_OS=linux
DEB_${kind}_GNU_CPU=$gnu_cpu
DEB_${kind}_GNU_SYSTEM=$gnu_system
DEB_${kind}_GNU_TYPE=$gnu_cpu-$gnu_system
DEB_${kind}_MULTIARCH=$multiarch
END
    done
}
query() {
    value=$(list | while IFS= read -r line; do
        [ "${line%%=*}" != "$1" ] || printf '%s\n' "${line#*=}"
    done)
    if [ -z "$value" ]; then
        echo "dpkg-architecture: error: $1 is not a supported variable name" >&2
        exit 25
    fi
    printf '%s\n' "$value"
    exit
}
while [ $# -gt 0 ]; do
    case $1 in
    -q | --query) query "${2-}" ;;
    -q*) query "${1#-q}" ;;
    --query=*) query "${1#*=}" ;;
    -e | --equal) [ "${2-}" = "$debian" ]; exit ;;
    -e*) [ "${1#-e}" = "$debian" ]; exit ;;
    --equal=*) [ "${1#*=}" = "$debian" ]; exit ;;
    -c | --command) shift; eval "$(list | sed 's/^/export /')"; exec sh -c "$*" ;;
    -L | --list-known | -i* | --is* | -W* | -P* | --match* | --version | --help) real dpkg-architecture "$@" ;;
    esac
    shift
done
list
