#error "this does not compile"
