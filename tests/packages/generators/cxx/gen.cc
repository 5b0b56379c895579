#include <iostream>
#include <string>
#include "facts.h"
int main(int count, char **words) {
    const std::string prefix = count == 2 ? words[1] : "";
    std::cout << "#define " << prefix << "_FACTS \"" << FACTS << "\"" << std::endl;
    return prefix.empty();
}
