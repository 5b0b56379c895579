// A C++ module: exceptions, streams, threads, strings, run-time types.
#include <iostream>
#include <map>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <typeinfo>

struct Base { virtual ~Base() = default; virtual int id() const { return 1; } };
struct Derived : Base { int id() const override { return 2; } };
struct Other : Base {};

static int deep(int n) {
    std::string keeps_a_destructor(static_cast<size_t>(n) + 40, 'x');
    if (n == 0) throw std::runtime_error("thrown " + std::to_string(keeps_a_destructor.size()));
    return deep(n - 1) + static_cast<int>(keeps_a_destructor.size());
}

extern "C" __attribute__((visibility("default"))) int check_cxx() {
    int good = 0;
    try { deep(20); } catch (const std::exception &error) { good += std::string(error.what()) == "thrown 40"; }
    Derived derived;
    Base *base = &derived;
    good += dynamic_cast<Derived *>(base) != nullptr && dynamic_cast<Other *>(base) == nullptr;
    try { (void)dynamic_cast<Other &>(*base); } catch (const std::bad_cast &) { good++; }
    int from_thread = 0;
    std::thread([&] { try { throw 7; } catch (int n) { from_thread = n; } }).join();
    good += from_thread == 7;
    std::ostringstream text;
    text << 1.5 << ' ' << 42 << ' ' << std::hex << 255;
    good += text.str() == "1.5 42 ff";
    std::map<std::string, int> map{{"a", 1}};
    try { (void)map.at("b"); } catch (const std::out_of_range &) { good++; }
    std::cout << "c++ " << good << std::endl;
    return good;
}
