#include <pybind11/pybind11.h>
#include <stdexcept>
#include <string>

static std::string caught(const std::string &word) {
    try {
        throw std::runtime_error(word);
    } catch (const std::exception &error) {
        return std::string(PROCESSOR) + " caught " + error.what();
    }
}

PYBIND11_MODULE(cmakish, m) { m.def("caught", &caught); }
