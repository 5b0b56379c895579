// The same check for C++, with an exception.
#include <stdexcept>

extern "C" __attribute__((visibility("default"))) int crosswheel_link_check(int n) {
    try {
        if (n) throw std::runtime_error("thrown");
    } catch (const std::exception &) {
        return 1;
    }
    return 0;
}
