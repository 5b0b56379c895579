# Plain output, -J, -p[=COLUMNS] and -e[=COLUMNS]: one core for each processor, no caches.
[ "$kernel" = Linux ] || missing lscpu ""
table= columns= json=
for word; do
    case $word in
    -J | --json) json=yes ;;
    -p | --parse) table=parse ;;
    -p=* | --parse=*) table=parse columns=${word#*=} ;;
    -p*) table=parse columns=${word#-p} ;;
    -e | --extended) table=extended ;;
    -e=* | --extended=*) table=extended columns=${word#*=} ;;
    -e*) table=extended columns=${word#-e} ;;
    -V | --version) echo "lscpu from util-linux"; exit ;;
    esac
done
if [ -n "$table" ]; then
    if [ "$table" = parse ]; then
        columns=${columns:-CPU,Core,Socket,Node,,L1d,L1i,L2,L3}
        echo "# The following is the parsable format, which can be fed to other"
        echo "# programs. Each different item in every column has an unique ID"
        echo "# starting usually from zero."
        echo "# $columns"
        separator=,
    else
        columns=${columns:-CPU,NODE,SOCKET,CORE,ONLINE}
        printf '%s\n' "$columns" | tr , ' '
        separator=' '
    fi
    number=0
    while [ "$number" -lt "$processors" ]; do
        row= rest=$columns,
        while [ -n "$rest" ]; do
            case ${rest%%,*} in
            [Cc][Pp][Uu] | [Cc][Oo][Rr][Ee]) value=$number ;;
            [Ss][Oo][Cc][Kk][Ee][Tt] | [Nn][Oo][Dd][Ee]) value=0 ;;
            [Oo][Nn][Ll][Ii][Nn][Ee]) if [ "$table" = parse ]; then value=Y; else value=yes; fi ;;
            *) value= ;;
            esac
            row=$row$value rest=${rest#*,}
            [ -z "$rest" ] || row=$row$separator
        done
        printf '%s\n' "$row"
        number=$((number + 1))
    done
    exit
fi
fields() {
    last=$((processors - 1))
    if [ "$last" = 0 ]; then online=0; else online=0-$last; fi
    cat <<END
Architecture:        $machine
CPU op-mode(s):      $modes
Byte Order:          $byte_order
CPU(s):              $processors
On-line CPU(s) list: $online
Vendor ID:           $vendor
Model name:          $model
Thread(s) per core:  1
Core(s) per socket:  $processors
Socket(s):           1
Flags:               $flags
END
}
if [ -z "$json" ]; then
    fields
    exit
fi
printf '{\n   "lscpu": ['
comma=
fields | while IFS= read -r line; do
    value=${line#*:}
    while [ "$value" != "${value# }" ]; do value=${value# }; done
    printf '%s\n      {\n         "field": "%s:",\n         "data": "%s"\n      }' "$comma" "${line%%:*}" "$value"
    comma=,
done
printf '\n   ]\n}\n'
