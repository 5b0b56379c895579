# Replaces this process by the machine's own program, which is elsewhere if this one is mounted over it.
real() {
    name=$1
    shift
    for directory in $real_programs /usr/bin /bin /usr/sbin /sbin; do
        if [ -x "$directory/$name" ] && ! [ "$directory/$name" -ef "$0" ]; then
            exec "$directory/$name" "$@"
        fi
    done
    missing "$name" ""
}
# Ends this program as a shell does if there is none, unless the target has one.
missing() {
    if [ -z "$2" ]; then
        echo "sh: $1: not found" >&2
        exit 127
    fi
}
