#include "shared.cc"

int main() { return check_cxx() == 6 ? 0 : 1; }
