ignored=0
for word; do
    case $word in
    --ignore=*) ignored=${word#*=} ;;
    esac
done
count=$((processors - ignored))
[ "$count" -ge 1 ] || count=1
echo "$count"
