# Options of coreutils' uname; -a leaves nothing out.
s= n= r= v= m= p= i= o= none=1
usage() { echo "uname: $1" >&2; exit 1; }
for word; do
    case $word in
    --all) s=1 n=1 r=1 v=1 m=1 p=1 i=1 o=1 ;;
    --kernel-name | --sysname) s=1 ;;
    --nodename) n=1 ;;
    --kernel-release | --release) r=1 ;;
    --kernel-version) v=1 ;;
    --machine) m=1 ;;
    --processor) p=1 ;;
    --hardware-platform) i=1 ;;
    --operating-system) o=1 ;;
    --version) echo "uname ($kernel)"; exit ;;
    --help) echo "Usage: uname [-asnrvmpio]"; exit ;;
    --) continue ;;
    --* | - | [!-]*) usage "unrecognized argument '$word'" ;;
    -*)
        letters=${word#-}
        while [ -n "$letters" ]; do
            rest=${letters#?}
            case ${letters%"$rest"} in
            a) s=1 n=1 r=1 v=1 m=1 p=1 i=1 o=1 ;;
            s) s=1 ;; n) n=1 ;; r) r=1 ;; v) v=1 ;; m) m=1 ;; p) p=1 ;; i) i=1 ;; o) o=1 ;;
            *) usage "invalid option -- '${letters%"$rest"}'" ;;
            esac
            letters=$rest
        done
        ;;
    esac
    none=
done
line=
add() { line=${line:+$line }$1; }
[ -z "$s$none" ] || add "$kernel"
[ -z "$n" ] || add "$node"
[ -z "$r" ] || add "$release"
[ -z "$v" ] || add "$version"
[ -z "$m" ] || add "$machine"
[ -z "$p" ] || add "$processor"
[ -z "$i" ] || add "$platform"
[ -z "$o" ] || add "$operating_system"
printf '%s\n' "$line"
