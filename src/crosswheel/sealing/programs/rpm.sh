# The architecture among rpm's macros; everything else is asked of the machine's own rpm.
names=" _arch _target_cpu _host_cpu _build_cpu _build_arch _target _host _build _bits __isa_bits "
evaluate=
for word; do
    case $evaluate$word in
    -E | --eval) evaluate=yes; continue ;;
    --eval=*) macro=${word#*=} ;;
    -E*) macro=${word#-E} ;;
    yes*) macro=$word ;;
    *) break ;;
    esac
    evaluate=
    name=${macro#%}; name=${name#\{}; name=${name#\?}; name=${name%\}}
    case $names in
    *" $name "*) ;;
    *) real rpm "$@" ;;
    esac
    missing rpm "$machine"
    case $name in
    _bits | __isa_bits) echo "$pointer_bit" ;;
    _target | _host | _build) printf '%s\n' "$machine-linux" ;;
    *) printf '%s\n' "$machine" ;;
    esac
    answered=yes
done
[ -z "${answered-}" ] || exit 0
real rpm "$@"
