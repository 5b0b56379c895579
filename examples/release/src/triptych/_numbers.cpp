// Parse numbers and words; C++ exceptions become Python exceptions.

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <algorithm>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

long number(const std::string &word)
{
    std::size_t read = 0;
    long value = std::stol(word, &read);  // throws std::invalid_argument, std::out_of_range
    if (read != word.size()) {
        throw std::invalid_argument("not a number: " + word);
    }
    return value;
}

std::vector<std::string> words_of(const std::string &text)
{
    std::istringstream stream(text);
    std::vector<std::string> words;
    for (std::string word; stream >> word;) {
        words.push_back(word);
    }
    return words;
}

template <typename Make>
PyObject *listed(const std::vector<std::string> &words, Make make)
{
    PyObject *list = PyList_New(0);
    for (const std::string &word : words) {
        PyObject *item = nullptr;
        try {
            item = make(word);
        } catch (const std::out_of_range &) {
            PyErr_SetString(PyExc_OverflowError, ("too large: " + word).c_str());
        } catch (const std::invalid_argument &error) {
            PyErr_SetString(PyExc_ValueError, error.what());
        }
        if (item == nullptr || PyList_Append(list, item) < 0) {
            Py_XDECREF(item);
            Py_DECREF(list);
            return nullptr;
        }
        Py_DECREF(item);
    }
    return list;
}

PyObject *parse(PyObject *, PyObject *argument)
{
    const char *text = PyUnicode_AsUTF8(argument);
    return text ? listed(words_of(text), [](const std::string &word) { return PyLong_FromLong(number(word)); }) : nullptr;
}

PyObject *sorted_words(PyObject *, PyObject *argument)
{
    const char *text = PyUnicode_AsUTF8(argument);
    if (text == nullptr) {
        return nullptr;
    }
    std::vector<std::string> words = words_of(text);
    std::sort(words.begin(), words.end());
    return listed(words, [](const std::string &word) { return PyUnicode_FromString(word.c_str()); });
}

PyMethodDef methods[] = {
    {"parse", parse, METH_O, "Return the integers in a string that are separated by whitespace."},
    {"sorted_words", sorted_words, METH_O, "Return the words of a string, sorted by their UTF-8 bytes."},
    {nullptr, nullptr, 0, nullptr},
};

PyModuleDef module = {PyModuleDef_HEAD_INIT, "_numbers", nullptr, 0, methods, nullptr, nullptr, nullptr, nullptr};

}  // namespace

PyMODINIT_FUNC PyInit__numbers(void)
{
    return PyModuleDef_Init(&module);
}
