// Reads XML with the classes that xsdcxx made and writes it back: `binder FOLDER NUMBER...`. For each N.xml there is N.out
// afterwards, or N.err with the reason. HEADER and ROOT(name) ... are defined by who compiles it.
#include <exception>
#include <fstream>
#include <iostream>
#include <string>
#include HEADER

int main(int count, char** words) {
    const std::string folder(words[1]);
    for (int at = 2; at + 1 < count; at += 2) {
        const std::string stem = folder + "/" + words[at], root = words[at + 1];
        std::ofstream out;
        try {
            std::ifstream in(stem + ".xml");
            xml_schema::namespace_infomap names;
#define ROOT(name, function)                                              \
    if (root == name) {                                                   \
        auto bound = function(in, xml_schema::flags::dont_validate);      \
        out.open(stem + ".out");                                          \
        function(out, *bound, names);                                     \
    } else
            ROOTS { std::ofstream(stem + ".err") << "there is no function for the element " << root; }
        } catch (const xml_schema::exception& error) {
            std::ofstream(stem + ".err") << error;
        } catch (const std::exception& error) {
            std::ofstream(stem + ".err") << error.what();
        }
    }
}
