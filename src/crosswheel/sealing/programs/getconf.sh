# What depends on the target is answered here; everything else is asked of the machine's own getconf.
answer() {
    case $1 in
    LONG_BIT | ULONG_BIT) echo "$long_bit" ;;
    WORD_BIT | INT_BIT) echo 32 ;;
    _NPROCESSORS_ONLN | _NPROCESSORS_CONF | NPROCESSORS_ONLN | NPROCESSORS_CONF) echo "$processors" ;;
    PAGESIZE | PAGE_SIZE | _SC_PAGESIZE) echo "$page_size" ;;
    ARG_MAX) echo "$arg_max" ;;
    LONG_MAX) if [ "$long_bit" = 64 ]; then echo 9223372036854775807; else echo 2147483647; fi ;;
    LONG_MIN) if [ "$long_bit" = 64 ]; then echo -9223372036854775808; else echo -2147483648; fi ;;
    ULONG_MAX) if [ "$long_bit" = 64 ]; then echo 18446744073709551615; else echo 4294967295; fi ;;
    SSIZE_MAX) if [ "$pointer_bit" = 64 ]; then echo 9223372036854775807; else echo 2147483647; fi ;;
    CHAR_MIN) echo "$char_min" ;;
    CHAR_MAX) echo $((char_min + 255)) ;;
    GNU_LIBC_VERSION)
        if [ -z "$libc" ]; then
            echo "getconf: GNU_LIBC_VERSION: unknown variable" >&2
            exit 1
        fi
        printf '%s\n' "$libc"
        ;;
    LEVEL[1-4]_*CACHE_LINESIZE) echo 64 ;;
    LEVEL[1-4]_*CACHE_*) echo 0 ;;
    *) return 1 ;;
    esac
}
if [ "${1-}" = -v ]; then
    shift 2
    set -- "${1-}"
fi
case ${1-} in
"" | -a) ;;
*)
    if [ $# -eq 1 ]; then
        answer "$1" && exit
    fi
    real getconf "$@"
    ;;
esac
real getconf -a | while IFS= read -r line; do
    name=${line%%[ 	]*}
    if value=$(answer "$name" 2>/dev/null); then
        printf '%-34s %s\n' "$name" "$value"
    elif [ "$name" != GNU_LIBC_VERSION ]; then
        printf '%s\n' "$line"
    fi
done
