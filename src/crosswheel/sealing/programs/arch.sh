# With arguments it is macOS's arch, which runs a program: those of this machine run as they are.
case ${1-} in
--version | --help | "") printf '%s\n' "$arch" ;;
-*) shift; exec "$@" ;;
*) exec "$@" ;;
esac
