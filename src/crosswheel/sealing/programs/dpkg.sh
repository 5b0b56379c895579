for word; do
    case $word in
    --print-architecture) missing dpkg "$debian"; printf '%s\n' "$debian"; exit ;;
    --print-foreign-architectures) missing dpkg "$debian"; exit ;;
    -*) ;;
    *) break ;;
    esac
done
real dpkg "$@"
