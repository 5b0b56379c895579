names= only_values= quiet= separator=": " status=0
list="hw.activecpu hw.byteorder hw.cpu64bit_capable hw.logicalcpu hw.logicalcpu_max hw.machine hw.ncpu hw.pagesize \
hw.physicalcpu hw.physicalcpu_max kern.osproductversion kern.osrelease kern.ostype machdep.cpu.brand_string $sysctl_names"
value() {
    case $1 in
    hw.activecpu | hw.logicalcpu | hw.logicalcpu_max | hw.ncpu | hw.physicalcpu | hw.physicalcpu_max) echo "$processors" ;;
    hw.byteorder) echo 1234 ;;
    hw.cpu64bit_capable) echo 1 ;;
    hw.machine) printf '%s\n' "$machine" ;;
    hw.pagesize) echo "$page_size" ;;
    kern.osproductversion) printf '%s\n' "$product_version" ;;
    kern.osrelease) printf '%s\n' "$release" ;;
    kern.ostype) printf '%s\n' "$kernel" ;;
    machdep.cpu.brand_string) printf '%s\n' "$model" ;;
    hw.optional.*) case " $sysctl_names " in *" $1 "*) echo 1 ;; *) return 1 ;; esac ;;
    machdep.cpu.features) case " $sysctl_names " in *" $1 "*) printf '%s\n' "$flags" ;; *) return 1 ;; esac ;;
    *) return 1 ;;
    esac
}
for word; do
    case $word in
    -[!-]*)
        case $word in *n*) only_values=yes ;; esac
        case $word in *q*) quiet=yes ;; esac
        case $word in *e*) separator== ;; esac
        case $word in *a*) names=$list quiet=yes ;; esac
        ;;
    *) names="$names $word" ;;
    esac
done
for name in $names; do
    if found=$(value "$name"); then
        if [ -n "$only_values" ]; then printf '%s\n' "$found"; else printf '%s%s%s\n' "$name" "$separator" "$found"; fi
    elif [ -z "$quiet" ]; then
        echo "sysctl: unknown oid '$name'" >&2
        status=1
    else
        status=1
    fi
done
exit $status
