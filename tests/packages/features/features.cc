// What C++ and C rest on beyond single functions: each feature is tried, and told by what it gives.
#include <Python.h>

#include <cstdint>
#include <functional>
#include <iostream>
#include <map>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

extern "C" int jumped(void);

namespace {

struct Base {
    virtual ~Base() = default;
    virtual std::string name() const { return "base"; }
};

struct Derived : Base {
    std::string name() const override { return "derived"; }
};

struct Other : Base {};

struct Counted {
    static int alive;
    Counted() { alive++; }
    ~Counted() { alive--; }
};
int Counted::alive = 0;

std::map<std::string, int> made_before_main = {{"one", 1}, {"two", 2}};

std::string thrown_by_the_library() {
    Counted counted;
    try {
        std::vector<int> numbers(3);
        return std::to_string(numbers.at(7));
    } catch (const std::out_of_range &) {
        return "out_of_range";
    }
}

std::string thrown_here_and_caught_as_a_base() {
    try {
        Counted counted;
        throw std::invalid_argument("mine");
    } catch (const std::logic_error &error) {
        return error.what();
    }
}

std::string rethrown() {
    try {
        try {
            throw 7;
        } catch (...) {
            throw;
        }
    } catch (int number) {
        return std::to_string(number);
    }
}

std::string cast() {
    std::unique_ptr<Base> one = std::make_unique<Derived>(), other = std::make_unique<Other>();
    bool is = dynamic_cast<Derived *>(one.get()) != nullptr, is_not = dynamic_cast<Derived *>(other.get()) == nullptr;
    return is && is_not ? one->name() : "wrong";
}

std::string streamed() {
    std::ostringstream text;
    text.precision(20);
    text << 1.5 << ' ' << std::hex << 255 << ' ' << std::boolalpha << true << ' ' << static_cast<long double>(0.25L);
    std::cout << "to standard output" << std::endl;
    return text.str();
}

std::int64_t wide(std::int64_t number) { return number * 3 / 7 + (number << 2) % 1000003; }

long double precise() {
    volatile long double third = 1.0L;
    third /= 3.0L;
    return third * 3.0L - 1.0L;
}

PyObject *all(PyObject *, PyObject *argument) {
    std::int64_t number = PyLong_AsLongLong(argument);
    if (number == -1 && PyErr_Occurred()) return nullptr;
    std::function<int(int)> twice = [](int n) { return 2 * n; };
    std::string thrown = thrown_by_the_library(), base = thrown_here_and_caught_as_a_base(), again = rethrown();
    return Py_BuildValue("{s:s, s:s, s:s, s:s, s:s, s:L, s:i, s:i, s:i, s:i, s:O}", "library", thrown.c_str(), "base",
                         base.c_str(), "again", again.c_str(), "cast", cast().c_str(), "streamed", streamed().c_str(),
                         "wide", static_cast<long long>(wide(number)), "jumped", jumped(), "alive", Counted::alive,
                         "global", made_before_main.at("two"), "called", twice(21), "precise",
                         precise() < 1e-15L && precise() > -1e-15L ? Py_True : Py_False);
}

PyMethodDef methods[] = {{"all", all, METH_O, nullptr}, {nullptr, nullptr, 0, nullptr}};
PyModuleDef definition = {PyModuleDef_HEAD_INIT, "features", nullptr, -1, methods, nullptr, nullptr, nullptr, nullptr};

}  // namespace

PyMODINIT_FUNC PyInit_features() { return PyModule_Create(&definition); }
