case ${1-} in
-productName | --productName) echo macOS ;;
-productVersion | --productVersion) printf '%s\n' "$product_version" ;;
-buildVersion | --buildVersion) printf '%s\n' "$build_version" ;;
*) printf 'ProductName:\t\tmacOS\nProductVersion:\t\t%s\nBuildVersion:\t\t%s\n' "$product_version" "$build_version" ;;
esac
